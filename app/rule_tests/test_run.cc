#include "app/rule_tests/test_run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/rule_tests/event_maker.h"
#include "app/rule_tests/expectation.h"
#include "engine/base/status.h"
#include "engine/match/match.h"
#include "engine/pipeline/pipeline.h"
#include "engine/state/state_store.h"

namespace tocsin {
namespace {

using dsl::TestStep;

// Plays the statements; one for the whole test, whatever pipelines come and go.
class Script : public Source {
 public:
  Script(const dsl::CheckedTest& test, const dsl::CheckedRules& checked,
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
  void Fail(dsl::Span span, std::string message) {
    outcome_.failures.push_back({span, std::move(message), false});
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
  ReadOutcome Send(const TestStep& step);
  ReadOutcome SendFile(const TestStep& step);
  ReadOutcome Reload(const TestStep& step);
  ReadOutcome End();
  bool MoveTo(const TestStep& step);
  void BehindFile();
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
  std::int64_t shown_us_ = INT64_MIN;  // Last shown to the pipeline.
  bool begun_ = false;                 // Something took place at zero_us_.
  bool behind_file_ = false;
  bool restart_ = false;
  std::string pending_;  // Bytes of events, and how far they are given.
  std::size_t given_ = 0;
  std::vector<Alert> told_;  // Since the last `expect`.
};

constexpr ReadOutcome kNothingNow{ReadKind::kNothing, 0, 0};

void Script::Told(std::span<const Alert> alerts) {
  for (const Alert& alert : alerts) {
    if (std::find(test_.rules.begin(), test_.rules.end(), alert.rule) ==
        test_.rules.end()) {
      continue;
    }
    told_.push_back(alert);
    outcome_.alerts.push_back(alert);
  }
}

absl::StatusOr<ReadOutcome> Script::Read(char* into, std::size_t capacity) {
  if (given_ == pending_.size()) {
    if (!pending_.empty()) {  // To be decided before anything else is done.
      pending_.clear();
      given_ = 0;
      return kNothingNow;
    }
    const ReadOutcome outcome = Play();
    if (pending_.empty()) return outcome;
  }
  const std::size_t size = std::min(capacity, pending_.size() - given_);
  std::memcpy(into, pending_.data() + given_, size);
  given_ += size;
  return ReadOutcome{ReadKind::kData, size, 0};
}

// The times of a file's events are known when the pipeline has read them.
void Script::BehindFile() {
  if (!std::exchange(behind_file_, false)) return;
  const InputCounts counts = pipeline_->Counts().input;
  if (counts.first_us == 0 && counts.last_us == 0) return;
  if (!begun_) zero_us_ = counts.first_us;
  begun_ = true;
  clock_us_ = std::max(clock_us_, counts.last_us - zero_us_);
}

ReadOutcome Script::Show(std::int64_t shown_us) {
  shown_us_ = shown_us;
  begun_ = true;
  return {ReadKind::kShown, 0, shown_us};
}

bool Script::MoveTo(const TestStep& step) {
  if (step.at_us < clock_us_) {
    Fail(step.span, absl::StrFormat("  the test's clock stands at %s already, "
                                    "behind the file that was sent\n",
                                    FormatDuration(clock_us_)));
    return false;
  }
  clock_us_ = step.at_us;
  return true;
}

// One thing a call: bytes into pending_, a time, a pause.
ReadOutcome Script::Play() {
  BehindFile();
  while (step_ < test_.steps.size()) {
    const TestStep& step = test_.steps[step_];
    switch (step.kind) {
      case TestStep::Kind::kAt:
        if (!MoveTo(step)) return kNothingNow;
        ++step_;
        return Show(now_us());
      case TestStep::Kind::kSend:
        return Send(step);
      case TestStep::Kind::kSendFile:
        return SendFile(step);
      case TestStep::Kind::kRestart:
        ++step_;
        restart_ = true;
        pipeline_->Stop();
        return kNothingNow;
      case TestStep::Kind::kReload:
        return Reload(step);
      case TestStep::Kind::kExpect:
        // All that is due up to now, this moment included.
        if (shown_us_ <= now_us()) return Show(now_us() + 1);
        ++step_;
        Expect(step.expected, step.span);
        break;
    }
  }
  return End();
}

ReadOutcome Script::Send(const TestStep& step) {
  if (shown_us_ < now_us()) return Show(now_us());
  const std::int64_t ts = now_us() - step.send.late_us;
  std::string line, error;
  if (!maker_.Make(step.send, sent_, ts, &line, &error)) {
    Fail(step.span, "  " + error + "\n");
    return kNothingNow;
  }
  pending_ = line;
  given_ = 0;
  line.pop_back();
  outcome_.events.push_back(std::move(line));
  if (++sent_ == step.send.times) {
    sent_ = 0;
    ++step_;
  } else {
    clock_us_ += step.send.every_us;
  }
  return kNothingNow;
}

ReadOutcome Script::SendFile(const TestStep& step) {
  absl::StatusOr<std::string> bytes = world_.read_file(step.path);
  if (!bytes.ok()) {
    Fail(step.span, absl::StrFormat("  %s\n", Message(bytes.status())));
    return kNothingNow;
  }
  if (!bytes->empty() && bytes->back() != '\n') *bytes += '\n';
  for (std::size_t at = 0; at < bytes->size();) {
    const std::size_t end = bytes->find('\n', at);
    if (end > at) outcome_.events.push_back(bytes->substr(at, end - at));
    at = end + 1;
  }
  pending_ = *std::move(bytes);
  given_ = 0;
  behind_file_ = true;
  ++step_;
  return kNothingNow;
}

ReadOutcome Script::Reload(const TestStep& step) {
  absl::StatusOr<std::shared_ptr<const RuleSet>> rules =
      world_.reload(step.path);
  if (!rules.ok()) {
    Fail(step.span, absl::StrFormat("  %s\n", Message(rules.status())));
    return kNothingNow;
  }
  rules_ = *std::move(rules);
  pipeline_->Publish(rules_);
  ++step_;
  return kNothingNow;
}

void Script::Expect(std::span<const dsl::TestExpected> expected,
                    dsl::Span span) {
  for (const Mismatch& mismatch : Compare(expected, told_, zero_us_)) {
    const bool missing = mismatch.kind == Mismatch::Kind::kMissing;
    outcome_.failures.push_back({missing ? mismatch.expected->span : span,
                                 Describe(mismatch, zero_us_), missing});
  }
  told_.clear();
}

// What nobody has looked at must not have come.
ReadOutcome Script::End() {
  Expect({}, test_.span);
  pipeline_->Stop();
  return kNothingNow;
}

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
  Script script(test, checked, std::move(rules), world, &outcome);
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
