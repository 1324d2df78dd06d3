// Any bytes are taken apart into lines, and an item that is whole is found
// behind them. webhook_replay_test.cc runs the corpus without a fuzzer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/webhook/split_body.h"
#include "engine/base/check.h"

namespace tocsin {
namespace {

constexpr std::string_view kWhole =
    R"({"level":"Metadata","auditID":"whole","stage":"Panic"})";

std::string Split(std::string_view body, webhook::SplitCounts* counts) {
  std::string lines;
  webhook::BodySplitter().Split(body, &lines, counts);
  return lines;
}

void Check(std::string_view input) {
  webhook::SplitCounts counts;
  const std::string lines = Split(input, &counts);
  TOCSIN_CHECK(lines.empty() || lines.back() == '\n');
  TOCSIN_CHECK(static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(),
                                                     '\n')) == counts.lines);
  TOCSIN_CHECK(counts.broken <= counts.lines);
  webhook::SplitCounts again;
  TOCSIN_CHECK(Split(input, &again) == lines);
}

// As a broken item of a list: those before it stand, whatever it is.
void CheckAsItem(std::string_view input) {
  std::string body = R"({"kind":"EventList","items":[)";
  body.append(kWhole).append(",").append(input).append("]}");
  webhook::SplitCounts counts;
  const std::string lines = Split(body, &counts);
  TOCSIN_CHECK(lines.substr(0, lines.find('\n'))
                   .ends_with(std::string(",").append(kWhole.substr(1))));
}

}  // namespace
}  // namespace tocsin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  tocsin::Check(input);
  tocsin::CheckAsItem(input);
  return 0;
}
