#include "app/profile/profile.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/inputs.h"
#include "app/profile/advice.h"
#include "app/profile/exceptions.h"
#include "app/profile/sample.h"
#include "app/profile/test_costs.h"
#include "dsl/compile/compile.h"
#include "dsl/explain/print_expr.h"
#include "engine/base/clock.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

// Rules are looked at for advice from the dearest on.
constexpr std::size_t kAdvised = 10;

// What a rule's filter tests, one conjunct each, with its text.
struct Conjunct {
  const dsl::CheckedExpr* expr = nullptr;
  bool negated = false;
};

std::vector<Conjunct> ConjunctsOf(const dsl::CheckedRule& rule) {
  using Origin = dsl::CheckedFilter::Origin;
  std::vector<Conjunct> conjuncts;
  for (const dsl::CheckedFilter& filter : rule.filters) {
    const bool negated = filter.origin == Origin::kDefaultsUnless ||
                         filter.origin == Origin::kUnless ||
                         filter.origin == Origin::kTuneUnless;
    if (!negated && filter.expr.op == dsl::ExprOp::kAnd) {
      for (const dsl::CheckedExpr& child : filter.expr.children) {
        conjuncts.push_back({&child, false});
      }
    } else {
      conjuncts.push_back({&filter.expr, negated});
    }
  }
  return conjuncts;
}

// The rules, and beside each what it tests as values that it shows: equal
// expressions are one node, so the tests of the matcher have texts.
class NamedTests {
 public:
  explicit NamedTests(const dsl::CheckedRules& rules) : rules_(rules) {
    dsl::CheckedRules beside = rules;
    for (const dsl::CheckedRule& rule : rules.rules) {
      if (!rule.enabled || !rule.events.empty()) continue;
      dsl::CheckedRule probe;
      probe.name = ProbeName(rule);
      probe.schema = rule.schema;
      // Never tried: its filter does not hold of anything.
      dsl::CheckedFilter never;
      never.expr.op = dsl::ExprOp::kConst;
      never.expr.type.kind = TypeKind::kBool;
      never.expr.constant.value = false;
      probe.filters.push_back(std::move(never));
      for (const Conjunct& conjunct : ConjunctsOf(rule)) {
        probe.shows.push_back({"test", Whole(conjunct)});
      }
      beside.rules.push_back(std::move(probe));
    }
    set_ = dsl::Compile(beside);
  }

  const RuleSet& set() const { return *set_; }

  std::map<ExprId, std::string> TextsOf(const dsl::CheckedRule& rule) const {
    std::map<ExprId, std::string> texts;
    const std::string name = ProbeName(rule);
    const auto found =
        std::find_if(set_->rules.begin(), set_->rules.end(),
                     [&](const RuleProgram& r) { return r.name == name; });
    if (found == set_->rules.end()) return texts;
    std::size_t at = found->schema_shows;
    for (const Conjunct& conjunct : ConjunctsOf(rule)) {
      texts[found->shows[at++].expr] =
          dsl::PrintExpr(rules_, rules_.schemas[rule.schema], Whole(conjunct));
    }
    return texts;
  }

 private:
  static std::string ProbeName(const dsl::CheckedRule& rule) {
    return absl::StrCat("<tests of ", rule.name, ">");
  }
  static dsl::CheckedExpr Whole(const Conjunct& conjunct) {
    if (!conjunct.negated) return *conjunct.expr;
    dsl::CheckedExpr whole;
    whole.op = dsl::ExprOp::kNot;
    whole.type.kind = TypeKind::kBool;
    whole.children.push_back(*conjunct.expr);
    return whole;
  }

  const dsl::CheckedRules& rules_;
  std::shared_ptr<const RuleSet> set_;
};

class Profiler {
 public:
  Profiler(const LoadedRules& loaded, const ProfileOptions& options)
      : loaded_(loaded), options_(options) {}

  absl::StatusOr<Profile> Run() {
    TOCSIN_RETURN_IF_ERROR(Whole());
    TOCSIN_RETURN_IF_ERROR(CountExcused(loaded_, options_, &profile_.rules));
    if (profile_.counts.events == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "nothing to measure: no event in ",
          options_.files.size() == 1 ? options_.files.front() : "the files"));
    }
    TOCSIN_ASSIGN_OR_RETURN(Sample sample,
                            Sample::Read(paths_, options_.sample_bytes));
    const Sample::Cost cost = sample.Alone(*loaded_.rules);
    NamedTests named(loaded_.checked);
    TestCosts costs(&named.set());
    costs.Measure(sample);
    const double events =
        static_cast<double>(std::max<std::uint64_t>(1, costs.events()));
    profile_.sample_events = costs.events();
    profile_.extract_ns = cost.extract_ns / events;
    profile_.match_ns = cost.match_ns / events;
    for (RuleProfile& rule : profile_.rules) Tests(named, costs, &rule);
    std::stable_sort(profile_.rules.begin(), profile_.rules.end(),
                     [](const RuleProfile& a, const RuleProfile& b) {
                       return a.ns_event > b.ns_event;
                     });
    TOCSIN_RETURN_IF_ERROR(Windows(sample));
    const Adviser adviser(loaded_.checked, sample);
    for (std::size_t i = 0; i < std::min(kAdvised, profile_.rules.size());
         ++i) {
      RuleProfile& rule = profile_.rules[i];
      rule.advice = adviser.For(*Find(rule.name), rule.tried, costs.events());
    }
    return std::move(profile_);
  }

 private:
  const dsl::CheckedRule* Find(const std::string& name) const {
    for (const dsl::CheckedRule& rule : loaded_.checked.rules) {
      if (rule.name == name) return &rule;
    }
    return nullptr;
  }

  // All of the input, once.
  absl::Status Whole() {
    TOCSIN_ASSIGN_OR_RETURN(Inputs inputs,
                            OpenInputs(options_.files, *loaded_.rules,
                                       {options_.pipeline.merge, false}));
    paths_ = inputs.paths;
    std::vector<Source*> sources;
    for (const auto& source : inputs.sources) sources.push_back(source.get());
    PipelineOptions once = options_.pipeline;
    once.workers = 1;
    once.key_seed = kReplayKeySeed;
    Pipeline pipeline(once, loaded_.rules, sources,
                      [](std::span<const Alert>) { return absl::OkStatus(); });
    const std::int64_t start = RealClock()->SteadyMicros();
    TOCSIN_RETURN_IF_ERROR(pipeline.Run());
    TOCSIN_RETURN_IF_ERROR(inputs.status());
    profile_.seconds =
        1e-6 * static_cast<double>(RealClock()->SteadyMicros() - start);
    const PipelineCounts counts = pipeline.Counts();
    profile_.counts = counts.input;
    for (const RuleTotals& totals : counts.rules) {
      RuleProfile rule;
      rule.name = totals.name;
      rule.totals = totals;
      profile_.rules.push_back(std::move(rule));
    }
    return absl::OkStatus();
  }

  void Tests(const NamedTests& named, const TestCosts& costs,
             RuleProfile* profile) const {
    const dsl::CheckedRule* rule = Find(profile->name);
    if (rule == nullptr) return;
    const std::map<ExprId, std::string> texts = named.TextsOf(*rule);
    const RuleSet& set = named.set();
    double ns = 0;
    for (std::size_t feed = 0; feed < set.feeds.size(); ++feed) {
      if (set.rules[set.feeds[feed].rule].name != profile->name) continue;
      profile->tried += costs.tried(feed);
      for (const auto& [test, count] : costs.tests(feed)) {
        ns += costs.share(test) * static_cast<double>(count.evaluated);
        const auto text = texts.find(test);
        profile->tests.push_back(
            {text == texts.end() ? "(a part of its filter)" : text->second,
             count.evaluated, count.passed, costs.ns(test)});
      }
    }
    const auto dear = [](const TestProfile& test) {
      return test.ns * static_cast<double>(test.evaluated);
    };
    std::sort(profile->tests.begin(), profile->tests.end(),
              [&](const TestProfile& a, const TestProfile& b) {
                return dear(a) != dear(b) ? dear(a) > dear(b) : a.text < b.text;
              });
    profile->ns_event =
        ns / static_cast<double>(std::max<std::uint64_t>(1, costs.events()));
  }

  // Rules that keep state, alone: what the pipeline takes beyond their tests.
  absl::Status Windows(const Sample& sample) {
    std::vector<RuleProfile*> stateful;
    for (RuleProfile& rule : profile_.rules) {
      const dsl::CheckedRule* checked = Find(rule.name);
      const bool alone =
          checked != nullptr && rule.totals.matches > 0 &&
          rules().schemas[checked->schema].alerts_of.empty() &&
          (checked->condition.kind != dsl::CheckedCondition::Kind::kFilter ||
           checked->then.kind != dsl::CheckedThen::Kind::kEvery);
      if (alone) stateful.push_back(&rule);
    }
    std::stable_sort(stateful.begin(), stateful.end(),
                     [](const RuleProfile* a, const RuleProfile* b) {
                       return a->totals.matches > b->totals.matches;
                     });
    if (stateful.size() > options_.alone) stateful.resize(options_.alone);
    if (stateful.empty()) return absl::OkStatus();
    dsl::CheckedRules none = Only(rules(), dsl::CheckedRule());
    none.rules.clear();
    double beside = 0;
    std::uint64_t bytes = 0;
    TOCSIN_RETURN_IF_ERROR(Beyond(none, sample, &beside, &bytes));
    for (RuleProfile* rule : stateful) {
      double ns = 0;
      std::uint64_t kept = 0;
      TOCSIN_RETURN_IF_ERROR(
          Beyond(Only(rules(), *Find(rule->name)), sample, &ns, &kept));
      const std::uint64_t matches =
          MatchesIn(Only(rules(), *Find(rule->name)), sample);
      if (matches == 0) continue;
      rule->alone = true;
      rule->ns_match =
          std::max(0.0, ns - beside) / static_cast<double>(matches);
      rule->state_bytes = kept - std::min(kept, bytes);
    }
    return absl::OkStatus();
  }

  // What the pipeline takes beyond decoding and matching.
  absl::Status Beyond(const dsl::CheckedRules& rules, const Sample& sample,
                      double* ns, std::uint64_t* bytes) const {
    const std::shared_ptr<const RuleSet> set = dsl::Compile(rules);
    const Sample::Cost cost = sample.Alone(*set);
    TOCSIN_ASSIGN_OR_RETURN(const Sample::Run run,
                            sample.ThroughPipeline(set, options_.pipeline));
    *ns = run.ns - cost.extract_ns - cost.match_ns;
    *bytes = run.state_bytes;
    return absl::OkStatus();
  }

  static std::uint64_t MatchesIn(const dsl::CheckedRules& rules,
                                 const Sample& sample) {
    const std::shared_ptr<const RuleSet> set = dsl::Compile(rules);
    SymbolTables symbols(set->projection);
    Matcher matcher(set.get(), &symbols, kReplayKeySeed);
    const auto extractor = MakeSimdjsonExtractor();
    EventBatch batch;
    MatchResult result;
    std::uint64_t matches = 0;
    for (const std::string& chunk : sample.chunks()) {
      ExtractChunk(chunk, *set, &symbols, extractor.get(), &batch);
      matcher.Match(&batch, &result);
      for (const RuleCounts& counts : result.counts) matches += counts.matches;
    }
    return matches;
  }

  const dsl::CheckedRules& rules() const { return loaded_.checked; }

  const LoadedRules& loaded_;
  const ProfileOptions& options_;
  std::vector<std::string> paths_;
  Profile profile_;
};

}  // namespace

absl::StatusOr<Profile> MeasureProfile(const LoadedRules& loaded,
                                       const ProfileOptions& options) {
  return Profiler(loaded, options).Run();
}

}  // namespace tocsin
