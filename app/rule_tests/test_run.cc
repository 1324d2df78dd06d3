#include "app/rule_tests/test_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/rule_tests/test_script.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/match/match.h"
#include "engine/pipeline/pipeline.h"
#include "engine/state/state_store.h"

namespace tocsin {
namespace {

using dsl::TestStep;

PipelineOptions OptionsFor(const dsl::CheckedTest& test, const Clock* clock,
                           StateStore* store) {
  PipelineOptions options;
  options.lateness_us = test.lateness_us;
  options.key_seed = kReplayKeySeed;
  options.clock = clock;
  options.store = store;
  options.checkpoint_chunks = UINT64_MAX;  // At the end, and so at `restart`.
  return options;
}

}  // namespace

TestOutcome RunTest(const dsl::CheckedTest& test,
                    const dsl::CheckedRules& checked,
                    std::shared_ptr<const RuleSet> rules,
                    const TestWorld& world) {
  TestOutcome outcome;
  TestScript script(test, checked, std::move(rules), world, &outcome);
  const bool restarts = std::any_of(
      test.steps.begin(), test.steps.end(), [](const TestStep& step) {
        return step.kind == TestStep::Kind::kRestart;
      });
  const ManualClock clock;
  MemoryStateStore store;
  const PipelineOptions options =
      OptionsFor(test, &clock, restarts ? &store : nullptr);
  do {
    Pipeline pipeline(options, script.rules(), {&script},
                      [&](std::span<const Alert> alerts) {
                        script.Told(alerts);
                        return absl::OkStatus();
                      });
    script.Attach(&pipeline);
    if (const absl::Status status = pipeline.Run(); !status.ok()) {
      script.Fail(test.span, absl::StrFormat("  %s\n", Message(status)));
      break;
    }
    store.Crash();  // What was not made durable is gone.
  } while (script.TakeRestart());
  return outcome;
}

}  // namespace tocsin
