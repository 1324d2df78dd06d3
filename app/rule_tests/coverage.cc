// Each rule is held against the events of the tests that name it, part by part
// (app/event_probe.h). A test within a let is one point however many rules use
// the let: where it stands and what it says, its parameters put in, is what it
// is.
#include "app/rule_tests/coverage.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "app/event_probe.h"
#include "app/rule_tests/branches.h"
#include "app/rule_tests/rule_points.h"
#include "app/rule_tests/rule_sets.h"

namespace tocsin {
namespace {

using Kind = CoveragePoint::Kind;

// As written, every run of blanks one.
std::string OnOneLine(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

struct RuleCoverage {
  std::vector<RulePoint> points;
  SeenParts seen;
  bool tested = false, fired = false, silent = false;
  std::set<std::string> told;  // All rules that told something in its tests.
};

class Measure {
 public:
  Measure(const LoadedRules& loaded, const std::vector<TestReport>& reports)
      : loaded_(loaded),
        lets_(loaded.sources, loaded.files),
        rules_(loaded.checked.rules.size()),
        reports_(rules_.size()) {
    for (const TestReport& report : reports) Assign(report);
  }

  Coverage Run(int workers);

 private:
  // A test counts for the rules it names and for what these read.
  void Assign(const TestReport& report) {
    const dsl::CheckedRules cut = CutRules(loaded_.checked, report.test->rules);
    std::set<std::string> names;
    for (const dsl::CheckedRule& rule : cut.rules) names.insert(rule.name);
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (names.contains(loaded_.checked.rules[i].name)) {
        reports_[i].push_back(&report);
      }
    }
  }

  void Work() {
    for (;;) {
      const std::size_t at = next_++;
      if (at >= rules_.size()) return;
      MeasureRule(loaded_.checked.rules[at], reports_[at], &rules_[at]);
    }
  }

  void MeasureRule(const dsl::CheckedRule& rule,
                   const std::vector<const TestReport*>& reports,
                   RuleCoverage* out) const {
    out->points =
        PointsOf(loaded_.checked, dsl::PartsOf(loaded_.checked, rule, lets_));
    if (reports.empty()) return;
    EventProbe probe(loaded_.checked, rule, lets_);
    std::set<std::string_view> events;
    for (const TestReport* report : reports) {
      const std::vector<Alert>& alerts = report->outcome.alerts;
      const bool told = std::any_of(
          alerts.begin(), alerts.end(),
          [&](const Alert& alert) { return alert.rule == rule.name; });
      const auto& names = report->test->rules;
      out->tested |=
          std::find(names.begin(), names.end(), rule.name) != names.end();
      out->fired |= told;
      out->told.insert(report->outcome.others.begin(),
                       report->outcome.others.end());
      out->silent |= !told;
      events.insert(report->outcome.events.begin(),
                    report->outcome.events.end());
    }
    for (const std::string_view event : events) {
      const auto found = probe.Look(event);
      if (found.ok()) NoteParts(found->parts, &out->seen);
    }
  }

  void Merge(std::size_t at, Coverage* coverage);

  using Place = std::tuple<dsl::FileId, std::uint32_t, std::uint32_t, Kind,
                           std::string, std::string>;

  const LoadedRules& loaded_;
  const dsl::LetNames lets_;
  std::vector<RuleCoverage> rules_;                      // By rule,
  std::vector<std::vector<const TestReport*>> reports_;  // likewise.
  std::atomic<std::size_t> next_{0};
  std::map<Place, CoveragePoint> points_;
};

void Measure::Merge(std::size_t at, Coverage* coverage) {
  const dsl::CheckedRule& rule = loaded_.checked.rules[at];
  const RuleCoverage& of = rules_[at];
  for (const RulePoint& point : of.points) {
    const dsl::Span span = point.expr->span;
    const bool whole =
        point.kind != Kind::kTest && point.kind != Kind::kElements;
    // A clause is its rule's; a test is its place's.
    const Place place{span.file,  span.begin,
                      span.end,   point.kind,
                      point.text, whole ? rule.name : std::string()};
    CoveragePoint& merged = points_[place];
    if (merged.rule.empty()) {
      merged.kind = point.kind;
      merged.rule = rule.name;
      merged.span = span;
      merged.text = point.text;
    }
    const auto seen = of.seen.find({point.kind, point.expr});
    if (seen == of.seen.end()) continue;
    merged.seen_true |= seen->second.held;
    merged.seen_false |= seen->second.failed;
  }
  if (!of.tested && !rule.signal) {
    coverage->untested.push_back(rule.name);
  }
  if (rule.signal) return;
  const dsl::Span name = rule.name_span;
  CoveragePoint& fires =
      points_[{name.file, name.begin, name.end, Kind::kFires, "", rule.name}];
  fires.kind = Kind::kFires;
  fires.rule = rule.name;
  fires.span = name;
  fires.text = rule.name;
  fires.seen_true = of.fired;
  fires.seen_false = of.silent;
  for (const Branch& branch : BranchesOf(rule)) {
    const Place place{branch.span.file, branch.span.begin, branch.span.end,
                      Kind::kBranch,    branch.rule.name,  rule.name};
    CoveragePoint& point = points_[place];
    point.kind = Kind::kBranch;
    point.rule = rule.name;
    point.span = branch.span;
    point.text = OnOneLine(loaded_.sources.Text(branch.span));
    point.seen_true = of.told.contains(branch.rule.name);
    point.seen_false = of.tested;
  }
}

Coverage Measure::Run(int workers) {
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i) threads.emplace_back([this] { Work(); });
  for (std::thread& thread : threads) thread.join();
  Coverage coverage;
  coverage.rules = rules_.size();
  for (std::size_t i = 0; i < rules_.size(); ++i) Merge(i, &coverage);
  for (auto& [place, point] : points_) {
    coverage.points.push_back(std::move(point));
  }
  return coverage;
}

}  // namespace

std::size_t Coverage::Seen() const {
  std::size_t seen = 0;
  for (const CoveragePoint& point : points) {
    seen += point.seen_true;
    seen += point.seen_false;
  }
  return seen;
}

int Coverage::Percent() const {
  return points.empty() ? 100 : static_cast<int>(100 * Seen() / Outcomes());
}

Coverage MeasureCoverage(const LoadedRules& loaded,
                         const std::vector<TestReport>& reports, int workers) {
  return Measure(loaded, reports).Run(workers);
}

}  // namespace tocsin
