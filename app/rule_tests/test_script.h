// The statements of a test as a source of events.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/rule_tests/event_maker.h"
#include "app/rule_tests/test_run.h"
#include "engine/pipeline/pipeline.h"
#include "engine/ports/source.h"

namespace tocsin {

// Plays the statements; one for the whole test, whatever pipelines come and go.
class TestScript : public Source {
 public:
  TestScript(const dsl::CheckedTest& test, const dsl::CheckedRules& checked,
             std::shared_ptr<const RuleSet> rules, const TestWorld& world,
             TestOutcome* outcome)
      : test_(test),
        world_(world),
        rules_(std::move(rules)),
        maker_(&checked),
        outcome_(*outcome) {}

  // The pipeline that reads from now on.
  void Attach(Pipeline* pipeline) { pipeline_ = pipeline; }
  // The pipeline ended for a restart; the test is not over.
  bool TakeRestart() { return std::exchange(restart_, false); }
  // Those that hold now: the test's, or what was loaded since.
  const std::shared_ptr<const RuleSet>& rules() const { return rules_; }
  void Told(std::span<const Alert> alerts);
  void Fail(dsl::Span span, std::string message, bool unread = false) {
    outcome_.failures.push_back({span, std::move(message), false, unread});
    step_ = test_.steps.size();
    told_.clear();
  }

  std::string_view name() const override { return "test"; }
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int) override {}
  SourcePosition position() const override { return ""; }
  absl::Status Resume(const SourcePosition&) override {
    return absl::OkStatus();
  }

 private:
  ReadOutcome Play();
  ReadOutcome Show(std::int64_t shown_us);
  ReadOutcome Send(const dsl::TestStep& step);
  ReadOutcome SendFile(const dsl::TestStep& step);
  ReadOutcome Reload(const dsl::TestStep& step);
  ReadOutcome End();
  bool MoveTo(const dsl::TestStep& step);
  void BehindFile();
  bool AllWereEvents(const InputCounts& counts);
  void Expect(std::span<const dsl::TestExpected> expected, dsl::Span span);
  std::int64_t now_us() const { return zero_us_ + clock_us_; }

  const dsl::CheckedTest& test_;
  const TestWorld& world_;
  std::shared_ptr<const RuleSet> rules_;
  EventMaker maker_;
  TestOutcome& outcome_;
  Pipeline* pipeline_ = nullptr;
  std::size_t step_ = 0;
  std::uint64_t sent_ = 0;  // Of the `send` that is under way.
  std::int64_t zero_us_ = kTestZero, clock_us_ = 0;
  std::int64_t shown_us_ = INT64_MIN;    // Last shown to the pipeline.
  bool begun_ = false;                   // Something took place at zero_us_.
  const dsl::TestStep* file_ = nullptr;  // That was sent last; then null.
  InputCounts before_file_;
  bool restart_ = false;
  std::string pending_;  // Bytes of events, and how far they are given.
  std::size_t given_ = 0;
  std::vector<Alert> told_;  // Since the last `expect`.
};

}  // namespace tocsin
