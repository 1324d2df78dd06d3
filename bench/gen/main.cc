// tocsin_bench_gen --shape realistic|metadata|bodies|shuffled|hostile
//                  --bytes N --seed S
// Writes whole lines of an audit log to stdout until N bytes are reached.
// Exit status 0, 1 when stdout fails, 2 on wrong arguments.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/gen/generator.h"

namespace {

int Usage() {
  std::fputs(
      "usage: tocsin_bench_gen [--shape realistic|metadata|bodies|shuffled|"
      "hostile]\n                        --bytes N [--seed S]\n",
      stderr);
  return 2;
}

bool ParseNumber(const char* text, std::uint64_t* number) {
  char* end = nullptr;
  *number = std::strtoull(text, &end, 10);
  return *text != '\0' && *text != '-' && *end == '\0';
}

}  // namespace

int main(int argc, char** argv) {
  tocsin::bench::Shape shape = tocsin::bench::Shape::kRealistic;
  std::uint64_t bytes = 0;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* const value = argv[i + 1];
    const bool ok = name == "--shape"   ? ParseShape(value, &shape)
                    : name == "--bytes" ? ParseNumber(value, &bytes)
                    : name == "--seed"  ? ParseNumber(value, &seed)
                                        : false;
    if (!ok) return Usage();
  }
  if (argc % 2 == 0 || bytes == 0) return Usage();

  tocsin::bench::AuditGenerator generator(shape, seed);
  std::string block;
  std::uint64_t written = 0;
  while (written < bytes) {
    block.clear();
    while (block.size() < (1u << 20) && written + block.size() < bytes) {
      generator.AppendLine(&block);
    }
    if (std::fwrite(block.data(), 1, block.size(), stdout) != block.size()) {
      std::perror("tocsin_bench_gen: stdout");
      return 1;
    }
    written += block.size();
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
