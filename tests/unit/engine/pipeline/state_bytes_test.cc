// What the state budget counts, against what the heap gives for it: neither may
// run away from the other, whatever a rule keeps.
#include "gtest/gtest.h"
#include "tests/testing/count_allocations.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using testing::CheckText;
using testing::MemorySource;

// Without an identity: what remembers those is not in the budget.
constexpr char kAnonymous[] = R"(
use door.events
schema door.events {
  time at as epoch_ms
  fields { at int  who string?  door string?  ok bool? }
}
)";

struct Shape {
  const char* name;
  const char* rule;
  int keys;
  int events_a_key;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.name;
}

std::string Lines(const Shape& shape) {
  std::string lines;
  for (int round = 0; round < shape.events_a_key; ++round) {
    for (int key = 0; key < shape.keys; ++key) {
      lines += absl::StrFormat(
          R"({"at":%d,"who":"user-%d","door":"door-%d","ok":false})"
          "\n",
          round * shape.keys + key + 1, key, round);
    }
  }
  return lines;
}

// A rule that lives whole: of the samples that each shard remembers, which are
// not in the budget either, it has one shard's.
class StateBytesTest : public ::testing::TestWithParam<Shape> {};

TEST_P(StateBytesTest, AreWhatTheHeapGives) {
  const Shape& shape = GetParam();
  const auto checked = CheckText(absl::StrFormat(
      "%srule kept { %s\nkeys <= 50_000 }", kAnonymous, shape.rule));
  ASSERT_TRUE(checked.ok()) << checked.Errors();
  // What an engine has before it keeps anything.
  const Shape few{"", shape.rule, 1, shape.events_a_key};
  std::uint64_t used[2] = {0, 0};
  std::uint64_t counted = 0;
  for (const Shape* const one : {&few, &shape}) {
    MemorySource source({Lines(*one)});
    PipelineOptions options = testing::WithClosed();
    options.state_bytes = 1ull << 40;  // Never reached; counted all the same.
    const std::uint64_t before = testing::LiveBytes();
    Pipeline pipeline(options, dsl::Compile(checked.rules), {&source},
                      [](std::span<const Alert>) { return absl::OkStatus(); });
    ASSERT_TRUE(pipeline.Run().ok());
    used[one == &shape] = testing::LiveBytes() - before;
    counted = pipeline.Counts().rules[0].bytes;
  }
  const double part =
      static_cast<double>(counted) / static_cast<double>(used[1] - used[0]);
  RecordProperty("counted_a_key", std::to_string(counted / shape.keys));
  RecordProperty("part", std::to_string(part));
  EXPECT_GT(part, 0.6);
  EXPECT_LT(part, 1.5);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, StateBytesTest,
    ::testing::Values(
        Shape{"count", "by who when count() >= 10 within 5h", 50'000, 1},
        Shape{"counts", "by who when count() >= 10 within 5h", 30'000, 6},
        Shape{"distinct", "by who when distinct(door) >= 10 within 5h", 30'000,
              6},
        Shape{"hold", "by who then once per 5h", 50'000, 1},
        Shape{"collect",
              "by who when count() >= 2 within 5h then once per 5h\n"
              "collect door up to 5 as doors alert \"{doors}\"",
              30'000, 3},
        Shape{"new", "by who when new(door) within 5h learn 1h", 50'000, 1},
        Shape{"sum", "by who when sum(at) >= 1_000_000_000 within 5h", 30'000,
              4},
        Shape{"general", "by who when count() >= 10 and avg(at) < 0 within 5h",
              30'000, 4},
        Shape{"sequence",
              "by who event a = not ok event b = ok when a then b within 5h",
              30'000, 2},
        Shape{"absence",
              "by who event a = not ok event b = ok\n"
              "when a then not b within 5h",
              30'000, 1}));

}  // namespace
}  // namespace tocsin
