// Rules from text and events in memory through a whole pipeline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "dsl/compile/compile.h"
#include "engine/base/check.h"
#include "engine/match/match.h"
#include "engine/pipeline/pipeline.h"
#include "tests/testing/memory_source.h"
#include "tests/testing/random.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {

inline constexpr std::int64_t kSecond = 1'000'000;

inline constexpr std::string_view kSchema = R"(
use door.events
schema door.events {
  time      at as epoch_ms
  identity  id
  fields { at int  id string?  who string?  door string?  ok bool? }
}
)";

inline std::shared_ptr<const RuleSet> RulesOf(const std::string& rules) {
  CheckedText checked = CheckText(std::string(kSchema) + rules);
  if (!checked.ok()) {
    std::fprintf(stderr, "%s", checked.Errors().c_str());
    TOCSIN_CHECK(checked.ok());
  }
  return dsl::Compile(checked.rules);
}

// Some of every kind of state: windows, holds, distinct values, collected ones.
inline const char* const kManyRules = R"(
rule burst { where not ok by who when count() >= 3 within 20s then once per 30s
  collect door up to 3 as seen alert "{count} {folded} {total} by {who} at {seen}" }
rule every_burst { where not ok by door when count() >= 4 within 10s then every }
rule three_doors { by who when distinct(door) >= 3 within 15s then once per 20s keys <= 4 }
rule joined { by who when count() >= 4 and distinct(door) >= 2 within 12s }
rule filter { where door == "d7" and ok show who as visitor }
rule filter_once { where door == "d3" by who then once per 25s }
rule many { by who, door when count() >= 2 within 8s keys <= 5_000_000 }
)";

// The same, and rules over what they tell.
inline std::string WithRulesOverAlerts() {
  return std::string(kManyRules) + R"(
signal two_failures { where not ok by who when count() >= 2 within 20s then every }
rule bursts_again { from burst by who when count() >= 2 within 5m then once per 1m
  collect seen up to 5 as doors alert "{who} again at {doors}" }
rule loud { from alert by rule as which when count() >= 3 within 30s then once per 30s
  alert "{which} {folded}" }
rule failing_hard { from two_failures by who when count() >= 4 within 30s then once per 1m }
rule unanswered { by who event a = not ok event b = ok when a then not b within 10s }
rule unanswered_again { from unanswered by who when count() >= 2 within 1m then once per 1m }
rule answered_late { event lost from unanswered by who = exists(id)
  event back from door.events by who = ok
  when lost then back within 30s alert "{who} {lost.rule} {back.door}" }
rule over_all { from bursts_again where count >= 2 show total as alerts }
)";
}

// Events with some disorder, duplicates and broken lines; seconds apart.
inline std::string RandomLines(std::uint64_t seed, int lines) {
  Random random(seed);
  std::string out, previous;
  std::int64_t ms = 1'700'000'000'000;
  for (int i = 0; i < lines; ++i) {
    ms += random.Between(0, 1'500);
    if (random.Chance(1)) ms += 120'000;
    const std::int64_t at = ms - (random.Chance(20) ? random.Below(6'000) : 0);
    std::string line = absl::StrFormat(
        R"({"at":%d,"id":"e%d","who":"u%d","door":"d%d","ok":%s})", at, i,
        random.Below(7), random.Below(9), random.Chance(30) ? "true" : "false");
    if (random.Chance(3)) line = previous.empty() ? line : previous;
    if (random.Chance(2)) line = "{broken";
    if (random.Chance(1)) line = "";
    previous = line;
    out += line + "\n";
  }
  return out;
}

struct Ran {
  absl::Status status;
  std::string alerts;  // Lines of JSON.
  std::vector<Alert> list;
  PipelineCounts counts;
};

using Prepare = std::function<void(Pipeline*)>;

inline Ran RunPipeline(std::shared_ptr<const RuleSet> rules,
                       std::vector<Source*> sources,
                       const PipelineOptions& options,
                       const Prepare& prepare = nullptr) {
  Ran ran;
  Pipeline pipeline(options, std::move(rules), std::move(sources),
                    [&ran](std::span<const Alert> alerts) {
                      for (const Alert& alert : alerts) {
                        AppendJson(alert, &ran.alerts);
                        ran.list.push_back(alert);
                      }
                      return absl::OkStatus();
                    });
  if (prepare) prepare(&pipeline);
  ran.status = pipeline.Run();
  ran.counts = pipeline.Counts();
  return ran;
}

inline PipelineOptions WithClosed() {
  PipelineOptions options;
  options.key_seed = kReplayKeySeed;
  options.closed = true;
  return options;
}

inline Ran RunText(std::shared_ptr<const RuleSet> rules,
                   const std::string& lines,
                   const PipelineOptions& options = WithClosed(),
                   std::uint64_t split_seed = 0) {
  MemorySource source({lines}, split_seed);
  return RunPipeline(std::move(rules), {&source}, options);
}

}  // namespace tocsin::testing
