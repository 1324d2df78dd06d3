// F18 through a whole pipeline: lines are split, read in pieces and told.
#include <set>

#include "engine/event/json_scan.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/event/json_accepted.h"
#include "tests/unit/engine/event/json_either.h"
#include "tests/unit/engine/event/json_refused.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin {
namespace {

using testing::kAcceptedJson;
using testing::kEitherJson;
using testing::kRefusedJson;

constexpr const char* kRules = R"(
use t
schema t {
  time at as epoch_ms
  identity id
  fields { at int  id string?  body any? }
}
rule good { where id startswith "good" then every alert "{id}" }
rule value { where exists(body.v) then every alert "{id}" }
)";

std::string Event(const std::string& id, std::string_view value) {
  return "{\"at\":1700000000000,\"id\":\"" + id +
         "\",\"body\":{\"v\":" + std::string(value) + "}}\n";
}

// Each text as a line and in an event, between events that are good.
struct Suite {
  std::string input;
  std::vector<std::string> good, inside;
  std::vector<std::uint64_t> lines;  // Where the texts stand as lines, from 1.
  std::uint64_t count = 0;

  explicit Suite(std::span<const std::string_view> texts) {
    for (const std::string_view text : texts) {
      Good();
      lines.push_back(count + 1);
      Add(std::string(text) + "\n");
      Good();
      inside.push_back("in" + std::to_string(inside.size()));
      Add(Event(inside.back(), text));
    }
    Good();
  }
  void Good() {
    good.push_back("good" + std::to_string(good.size()));
    Add("{\"at\":1700000000000,\"id\":\"" + good.back() + "\"}\n");
  }
  void Add(const std::string& text) {
    input += text;
    count +=
        static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

struct Told {
  std::vector<std::string> good, value;
  std::map<std::uint64_t, std::string> letters;  // Reasons by line.
  InputCounts counts;
};

Told Run(const Suite& suite, std::uint64_t split_seed) {
  const testing::CheckedText checked = testing::CheckText(kRules);
  EXPECT_TRUE(checked.ok()) << checked.Errors();
  Told told;
  testing::MemorySource source({suite.input}, split_seed);
  const testing::Ran ran = testing::RunPipeline(
      dsl::Compile(checked.rules), {&source}, testing::WithClosed(),
      [&](Pipeline* pipeline) {
        pipeline->OnDeadLetter([&](const DeadLetter& letter) {
          told.letters.emplace(letter.line, letter.reason);
        });
      });
  EXPECT_TRUE(ran.status.ok()) << ran.status;
  for (const Alert& alert : ran.list) {
    (alert.rule == "good" ? told.good : told.value).push_back(alert.summary);
  }
  told.counts = ran.counts.input;
  EXPECT_EQ(told.counts.lines, suite.count);
  EXPECT_EQ(told.good, suite.good) << "a neighbour is lost";
  return told;
}

// Read as it comes, and in pieces.
class JsonSuitePipelineTest : public ::testing::TestWithParam<int> {
 protected:
  Told Run(const Suite& suite) {
    return tocsin::Run(suite, static_cast<std::uint64_t>(GetParam()));
  }
};

INSTANTIATE_TEST_SUITE_P(Splits, JsonSuitePipelineTest, ::testing::Range(0, 4));

TEST_P(JsonSuitePipelineTest, WhatIsJsonIsRead) {
  const Suite suite(kAcceptedJson);
  const Told told = Run(suite);
  EXPECT_EQ(told.value, suite.inside);
  EXPECT_EQ(told.counts.malformed, 0u);
  EXPECT_EQ(told.counts.bad_bodies, 0u);
  for (std::size_t i = 0; i < std::size(kAcceptedJson); ++i) {
    const std::string_view text = TrimJsonBlanks(kAcceptedJson[i]);
    EXPECT_EQ(told.letters.count(suite.lines[i]), text[0] == '{' ? 0u : 1u)
        << ::testing::PrintToString(std::string(text));
  }
}

TEST_P(JsonSuitePipelineTest, WhatIsNoJsonIsCountedAndGivesNothing) {
  const Suite suite(kRefusedJson);
  const Told told = Run(suite);
  EXPECT_EQ(told.value, std::vector<std::string>{});
  std::uint64_t lines = 0;
  for (std::size_t i = 0; i < std::size(kRefusedJson); ++i) {
    const std::string text(kRefusedJson[i]);
    const std::uint64_t letters = told.letters.count(suite.lines[i]);
    lines += letters;
    if (text[0] != '{') {
      EXPECT_EQ(letters, 1u) << ::testing::PrintToString(text);
    }
  }
  // Inside an event each is a letter or a body that could not be read.
  EXPECT_EQ(told.letters.size() - lines + told.counts.bad_bodies,
            std::size(kRefusedJson));
}

TEST_P(JsonSuitePipelineTest, WhatMayBeEitherLosesNoNeighbour) {
  Run(Suite(kEitherJson));
}

}  // namespace
}  // namespace tocsin
