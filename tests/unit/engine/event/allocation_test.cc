// The hot read allocates nothing once its buffers have grown.
#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/event/extract.h"
#include "engine/event/identity.h"
#include "gtest/gtest.h"

#if defined(__GNUC__) && !defined(__clang__)
// g++ sees free() inlined where it expects operator delete.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace tocsin {
namespace {

TEST(ExtractAllocationTest, AllocatesNothingInTheSteadyState) {
  const Projection projection({{{"verb"}, kWantScalar | kWantSymbol},
                               {{"user", "groups"}, kWantElements},
                               {{"body"}, kWantSlice}},
                              {"items"});
  std::string input;
  for (int i = 0; i < 200; ++i) {
    input +=
        R"({"verb":"g\u0065t","user":{"groups":["a","b\u0026"]},"body":{}})"
        "\n\n{\"verb\":\"\xff\",\"v\\u0065rb\":\"x\"}\n{\"broken\":\n"
        R"({"items":[{"verb":"list"},{"verb":1e999}]})"
        "\n";
  }
  SymbolTables symbols(projection);
  const auto extractor = MakeSimdjsonExtractor();
  EventBatch batch;
  std::size_t before = 0;
  for (int round = 0; round < 10; ++round) {
    if (round == 3) before = allocations;
    batch.Clear();
    batch.Reserve(input.size());
    std::copy(input.begin(), input.end(), batch.bytes.begin());
    batch.input_size = input.size();
    extractor->Extract(projection, &symbols, &batch);
    for (std::size_t row = 0; row < batch.rows.size(); ++row) {
      batch.Text(batch.MutableAt(0, row));
    }
    for (Cell& element : batch.elements) batch.Text(&element);
    for (const Row& row : batch.rows) {
      ContentHash(batch.Raw(row), {});
    }
  }
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(batch.rows.size(), 1000u);
}

}  // namespace
}  // namespace tocsin
