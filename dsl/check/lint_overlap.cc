// Rules that fire only where another fires, too. Each rule is looked for among
// those that ask for one of the values it asks for, so that the work grows
// with the rules and not with their pairs.
#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "dsl/check/const_test.h"
#include "dsl/check/constants.h"
#include "dsl/check/lint_rules.h"
#include "dsl/check/rule_shape.h"
#include "dsl/check/truth.h"

namespace tocsin::dsl {
namespace {

// Pairs that are looked at, for each rule on average.
constexpr std::size_t kPairsOfRule = 32;
// Past this many a rarer way to find them is looked for.
constexpr std::size_t kManyCandidates = 64;
// Past this many a rule is not compared.
constexpr std::size_t kMostCandidates = 2'000;

Hash128 Mixed(const Hash128& rest, const Hash128& subject,
              std::string_view value) {
  std::string bytes;
  AppendHash(rest, &bytes);
  AppendHash(subject, &bytes);
  bytes += value;
  return HashWide(bytes);
}

class Overlaps {
 public:
  Overlaps(const CheckedRules& rules, Context* context)
      : rules_(rules), context_(*context) {
    shapes_.reserve(rules.rules.size());
    for (const CheckedRule& rule : rules.rules) {
      RuleShape shape;
      if (ShapeOf(rule, &shape)) shapes_.push_back(std::move(shape));
    }
    budget_ = kPairsOfRule * (shapes_.size() + 100);
    for (std::uint32_t i = 0; i < shapes_.size(); ++i) Post(i);
  }

  void Run() {
    for (std::uint32_t i = 0; i < shapes_.size() && budget_ > 0; ++i) {
      for (const std::uint32_t narrower : Candidates(i)) {
        if (narrower == i || budget_ == 0) continue;
        --budget_;
        if (Covers(i, narrower)) Tell(i, narrower);
      }
    }
  }

 private:
  // Where a rule is found by: each of its tests, each value that it asks for.
  void Post(std::uint32_t index) {
    const RuleShape& shape = shapes_[index];
    all_[Mixed(shape.rest, {}, "")].push_back(index);
    for (const ShapeTest& test : shape.tests) {
      postings_[Mixed(shape.rest, test.token, test.holds ? "+" : "-")]
          .push_back(index);
      if (test.values == nullptr) continue;
      for (const Constant& value : ValuesOf(*test.values)) {
        postings_[Mixed(shape.rest, test.subject, FormatConstant(value))]
            .push_back(index);
      }
    }
  }

  // The rules that may be narrower: those that ask for a value of the rule's
  // rarest; where that is too many, those that have its rarest test as it is.
  std::vector<std::uint32_t> Candidates(std::uint32_t index) const {
    const RuleShape& shape = shapes_[index];
    std::vector<std::uint32_t> best = all_.at(Mixed(shape.rest, {}, ""));
    for (const ShapeTest& test : shape.tests) {
      if (test.values == nullptr) continue;
      std::vector<std::uint32_t> found;
      for (const Constant& value : ValuesOf(*test.values)) {
        const std::vector<std::uint32_t>& of =
            Find(Mixed(shape.rest, test.subject, FormatConstant(value)));
        if (found.size() + of.size() >= best.size()) {
          found = best;
          break;
        }
        found.insert(found.end(), of.begin(), of.end());
      }
      best = std::move(found);
    }
    if (best.size() > kManyCandidates) {
      for (const ShapeTest& test : shape.tests) {
        const std::vector<std::uint32_t>& of =
            Find(Mixed(shape.rest, test.token, test.holds ? "+" : "-"));
        if (of.size() < best.size()) best = of;
      }
    }
    if (best.size() > kMostCandidates) best.clear();
    std::sort(best.begin(), best.end());
    best.erase(std::unique(best.begin(), best.end()), best.end());
    return best;
  }
  const std::vector<std::uint32_t>& Find(const Hash128& key) const {
    static const std::vector<std::uint32_t> none;
    const auto found = postings_.find(key);
    return found == postings_.end() ? none : found->second;
  }

  // Whether each event that passes `narrow` passes `wide`.
  bool Covers(std::uint32_t wide_index, std::uint32_t narrow_index) {
    const RuleShape& wide = shapes_[wide_index];
    const RuleShape& narrow = shapes_[narrow_index];
    if (wide.rest != narrow.rest) return false;
    std::vector<const ShapeTest*> open;
    for (const ShapeTest& test : wide.tests) {
      bool met = false;
      bool same_subject = false;
      for (const ShapeTest& other : narrow.tests) {
        met = met || (other.token == test.token && other.holds == test.holds);
        if (test.values == nullptr || other.values == nullptr ||
            !(other.subject == test.subject)) {
          continue;
        }
        same_subject = true;
        met = met || Within(*other.values, *test.values);
      }
      if (met) continue;
      if (test.values != nullptr && !same_subject) return false;
      open.push_back(&test);
    }
    return open.empty() || Follows(narrow_index, open);
  }

  static bool Within(const CheckedExpr& few, const CheckedExpr& many) {
    const std::vector<Constant> all = ValuesOf(many);
    for (const Constant& value : ValuesOf(few)) {
      const bool found =
          std::any_of(all.begin(), all.end(), [&](const Constant& other) {
            return ConstantsEqual(value, other, false);
          });
      if (!found) return false;
    }
    return true;
  }

  bool Follows(std::uint32_t narrow_index,
               const std::vector<const ShapeTest*>& tests) {
    const RuleShape& narrow = shapes_[narrow_index];
    const TruthFinder finder(&rules_.schemas[narrow.rule->schema]);
    // Many wider rules ask the same of it.
    const auto [known, fresh] = facts_.try_emplace(narrow_index);
    Facts& facts = known->second;
    for (const ShapeTest& test : narrow.tests) {
      if (fresh) finder.Assume(*test.expr, test.holds, &facts);
    }
    if (facts.contradiction) return false;
    return std::all_of(tests.begin(), tests.end(), [&](const ShapeTest* test) {
      return finder.Decide(*test->expr, facts) ==
             (test->holds ? Truth::kTrue : Truth::kFalse);
    });
  }

  static bool StandsBefore(const CheckedRule& a, const CheckedRule& b) {
    return a.name_span.file != b.name_span.file
               ? a.name_span.file < b.name_span.file
               : a.name_span.begin < b.name_span.begin;
  }

  void Tell(std::uint32_t wide_index, std::uint32_t narrow_index) {
    const CheckedRule& wide = *shapes_[wide_index].rule;
    const CheckedRule& narrow = *shapes_[narrow_index].rule;
    // The narrower one is there to be more urgent.
    if (narrow.severity > wide.severity || !narrow.severity_arms.empty() ||
        !wide.severity_arms.empty()) {
      return;
    }
    const bool equal = Covers(narrow_index, wide_index);
    if (equal &&
        (StandsBefore(narrow, wide) || narrow.severity != wide.severity)) {
      return;
    }
    if (!told_.insert(narrow_index).second) return;
    Diagnostic& d = context_.report.Emit(
        Kind::kSubsumed, narrow.name_span,
        equal ? absl::StrFormat("rule `%s` fires where `%s` fires and nowhere "
                                "else",
                                narrow.name, wide.name)
              : absl::StrFormat("wherever rule `%s` fires, `%s` fires, too",
                                narrow.name, wide.name));
    d.help = equal ? "keep one of them"
                   : "take it out, give it a higher severity than the wider "
                     "rule, or leave its events out there with `unless`";
    d.notes.push_back({wide.name_span, "the wider rule"});
    if (equal) d.notes.back().message = "the other rule";
  }

  const CheckedRules& rules_;
  Context& context_;
  std::vector<RuleShape> shapes_;
  absl::flat_hash_map<Hash128, std::vector<std::uint32_t>> all_, postings_;
  absl::flat_hash_set<std::uint32_t> told_;
  absl::flat_hash_map<std::uint32_t, Facts> facts_;  // Of rules, by shape.
  std::size_t budget_ = 0;
};

}  // namespace

void LintSubsumed(const CheckedRules& rules, Context* context) {
  Overlaps(rules, context).Run();
}

}  // namespace tocsin::dsl
