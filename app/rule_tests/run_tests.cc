#include "app/rule_tests/run_tests.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/event_probe.h"
#include "app/rule_tests/rule_sets.h"
#include "dsl/compile/compile.h"
#include "dsl/diag/render.h"
#include "dsl/explain/print_parts.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

using dsl::CheckedTest;

absl::StatusOr<std::string> ReadEvents(const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(std::string bytes,
                          ReadWholeFile(path, limits::kListFileBytes));
  if (bytes.size() > limits::kListFileBytes) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "%s is larger than %d bytes", path, limits::kListFileBytes));
  }
  return bytes;
}

class Runner {
 public:
  Runner(const LoadedRules& loaded,
         const std::vector<const CheckedTest*>& tests,
         const RunTestsOptions& options)
      : loaded_(loaded),
        tests_(tests),
        options_(options),
        sets_(&loaded.checked, options.coverage),
        lets_(loaded.sources, loaded.files),
        reports_(tests.size()),
        done_(tests.size(), 0) {}

  std::vector<TestReport> Run(
      const std::function<void(const TestReport&)>& on_report);

 private:
  void Work();
  TestReport RunOne(const CheckedTest& test);
  std::string Why(const CheckedTest& test, const TestOutcome& outcome);
  absl::StatusOr<std::shared_ptr<const RuleSet>> Reload(
      const CheckedTest& test, const std::string& path);

  const LoadedRules& loaded_;
  const std::vector<const CheckedTest*>& tests_;
  const RunTestsOptions& options_;
  RuleSets sets_;
  const dsl::LetNames lets_;
  std::atomic<std::size_t> next_{0};
  Mutex mutex_;
  CondVar changed_;
  std::vector<TestReport> reports_;
  std::vector<char> done_ TOCSIN_GUARDED_BY(mutex_);
};

absl::StatusOr<std::shared_ptr<const RuleSet>> Runner::Reload(
    const CheckedTest& test, const std::string& path) {
  if (path.empty()) return dsl::Compile(CutRules(loaded_.checked, test.rules));
  LoadOptions options;
  options.lint = false;
  options.compile = false;
  options.replaced = loaded_.sources.file(test.span.file).path();
  options.by = BesideFile(options.replaced, path);
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<LoadedRules> again,
                          LoadRules(options_.paths, options));
  if (!again->checked.ok) {
    // Aborted: it was read, and is wrong.
    return absl::AbortedError(absl::StrFormat(
        "with %s in place of the test's file:\n%s", options.by,
        dsl::Render(again->diagnostics.diagnostics(), again->sources,
                    dsl::Format::kText, false)));
  }
  return dsl::Compile(CutRules(again->checked, test.rules));
}

// For each rule under test, and those below: what the last event lacks.
std::string Runner::Why(const CheckedTest& test, const TestOutcome& outcome) {
  if (outcome.events.empty()) return "  no event was sent\n";
  std::string why;
  // Of a rule over alerts it is the rule below that the event concerns.
  const dsl::CheckedRules& checked = sets_.Of(test.rules).checked;
  for (const dsl::CheckedRule& rule : loaded_.checked.rules) {
    const bool here = std::any_of(
        checked.rules.begin(), checked.rules.end(),
        [&](const dsl::CheckedRule& r) { return r.name == rule.name; });
    const bool over_alerts =
        rule.events.empty() &&
        !loaded_.checked.schemas[rule.schema].alerts_of.empty();
    if (!here || over_alerts) continue;
    EventProbe probe(loaded_.checked, rule, lets_);
    const auto found = probe.Look(outcome.events.back());
    if (!found.ok()) continue;
    why +=
        absl::StrFormat("  the last event sent %s the filter of %s\n",
                        found->matches ? "passes" : "does not pass", rule.name);
    for (const std::string& reason : dsl::Reasons(*found)) {
      why += "    " + reason + "\n";
    }
  }
  return why;
}

TestReport Runner::RunOne(const CheckedTest& test) {
  const std::int64_t begin_us = RealClock()->SteadyMicros();
  TestReport report;
  report.test = &test;
  const std::string& file = loaded_.sources.file(test.span.file).path();
  TestWorld world;
  world.read_file = [&](const std::string& path) {
    return ReadEvents(BesideFile(file, path));
  };
  world.reload = [&](const std::string& path) { return Reload(test, path); };
  const RuleSets::Cut& cut = sets_.Of(test.rules);
  report.outcome = RunTest(test, cut.checked, cut.rules, world);
  for (const TestFailure& failure : report.outcome.failures) {
    if (!failure.missing) continue;
    report.why = Why(test, report.outcome);
    break;
  }
  report.duration_us = RealClock()->SteadyMicros() - begin_us;
  return report;
}

void Runner::Work() {
  for (;;) {
    const std::size_t at = next_++;
    if (at >= tests_.size()) return;
    reports_[at] = RunOne(*tests_[at]);
    MutexLock lock(&mutex_);
    done_[at] = 1;
    changed_.NotifyAll();
  }
}

std::vector<TestReport> Runner::Run(
    const std::function<void(const TestReport&)>& on_report) {
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(options_.workers));
  for (int i = 0; i < options_.workers; ++i) {
    threads.emplace_back([this] { Work(); });
  }
  for (std::size_t at = 0; at < tests_.size(); ++at) {
    {
      MutexLock lock(&mutex_);
      while (done_[at] == 0) changed_.Wait(&mutex_);
    }
    on_report(reports_[at]);
  }
  for (std::thread& thread : threads) thread.join();
  return std::move(reports_);
}

}  // namespace

std::string BesideFile(const std::string& file, const std::string& path) {
  return (std::filesystem::path(file).parent_path() / path).string();
}

std::vector<TestReport> RunTests(
    const LoadedRules& loaded, const std::vector<const CheckedTest*>& tests,
    const RunTestsOptions& options,
    const std::function<void(const TestReport&)>& on_report) {
  return Runner(loaded, tests, options).Run(on_report);
}

}  // namespace tocsin
