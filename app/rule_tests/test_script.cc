#include "app/rule_tests/test_script.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/rule_tests/expectation.h"
#include "engine/base/status.h"

namespace tocsin {

using dsl::TestStep;

namespace {

constexpr ReadOutcome kNothingNow{ReadKind::kNothing, 0, 0};

}  // namespace

void TestScript::Told(std::span<const Alert> alerts) {
  for (const Alert& alert : alerts) {
    if (std::find(test_.rules.begin(), test_.rules.end(), alert.rule) ==
        test_.rules.end()) {
      outcome_.others.insert(alert.rule);
      continue;
    }
    told_.push_back(alert);
    outcome_.alerts.push_back(alert);
  }
}

absl::StatusOr<ReadOutcome> TestScript::Read(char* into, std::size_t capacity) {
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

// A line that is none would be passed over, and `expect nothing` hold for the
// wrong reason.
bool TestScript::AllWereEvents(const InputCounts& counts) {
  std::vector<std::string> reasons;
  const auto add = [&](std::uint64_t lines, std::string_view reason) {
    if (lines > 0) reasons.push_back(absl::StrFormat("%d %s", lines, reason));
  };
  add(counts.malformed - before_file_.malformed, "malformed");
  add(counts.too_long - before_file_.too_long, "too long");
  add(counts.too_deep - before_file_.too_deep, "too deep");
  add(counts.not_an_object - before_file_.not_an_object, "not an object");
  if (reasons.empty()) return true;
  Fail(file_->span, absl::StrFormat("  %s: lines that are no events: %s\n",
                                    file_->path, absl::StrJoin(reasons, ", ")));
  return false;
}

// The times of a file's events are known when the pipeline has read them.
void TestScript::BehindFile() {
  if (file_ == nullptr) return;
  const InputCounts counts = pipeline_->Counts().input;
  const bool good = AllWereEvents(counts);
  file_ = nullptr;
  if (!good) return;
  if (counts.first_us == 0 && counts.last_us == 0) return;
  if (!begun_) zero_us_ = counts.first_us;
  begun_ = true;
  clock_us_ = std::max(clock_us_, counts.last_us - zero_us_);
}

ReadOutcome TestScript::Show(std::int64_t shown_us) {
  shown_us_ = shown_us;
  begun_ = true;
  return {ReadKind::kShown, 0, shown_us};
}

bool TestScript::MoveTo(const TestStep& step) {
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
ReadOutcome TestScript::Play() {
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

ReadOutcome TestScript::Send(const TestStep& step) {
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

ReadOutcome TestScript::SendFile(const TestStep& step) {
  absl::StatusOr<std::string> bytes = world_.read_file(step.path);
  if (!bytes.ok()) {
    Fail(step.span, absl::StrFormat("  %s\n", Message(bytes.status())), true);
    return kNothingNow;
  }
  if (bytes->find_first_not_of(" \t\r\n") == std::string::npos) {
    Fail(step.span, absl::StrFormat("  %s holds no event\n", step.path));
    return kNothingNow;
  }
  if (bytes->back() != '\n') *bytes += '\n';
  for (std::size_t at = 0; at < bytes->size();) {
    const std::size_t end = bytes->find('\n', at);
    if (end > at) outcome_.events.push_back(bytes->substr(at, end - at));
    at = end + 1;
  }
  pending_ = *std::move(bytes);
  given_ = 0;
  file_ = &step;
  before_file_ = pipeline_->Counts().input;
  ++step_;
  return kNothingNow;
}

ReadOutcome TestScript::Reload(const TestStep& step) {
  absl::StatusOr<std::shared_ptr<const RuleSet>> rules =
      world_.reload(step.path);
  if (!rules.ok()) {
    Fail(step.span, absl::StrFormat("  %s\n", Message(rules.status())),
         !absl::IsAborted(rules.status()));
    return kNothingNow;
  }
  rules_ = *std::move(rules);
  pipeline_->Publish(rules_);
  ++step_;
  return kNothingNow;
}

void TestScript::Expect(std::span<const dsl::TestExpected> expected,
                        dsl::Span span) {
  for (const Mismatch& mismatch : Compare(expected, told_, zero_us_)) {
    const bool missing = mismatch.kind == Mismatch::Kind::kMissing;
    outcome_.failures.push_back({missing ? mismatch.expected->span : span,
                                 Describe(mismatch, zero_us_), missing});
  }
  told_.clear();
}

// What nobody has looked at must not have come.
ReadOutcome TestScript::End() {
  Expect({}, test_.span);
  pipeline_->Stop();
  return kNothingNow;
}

}  // namespace tocsin
