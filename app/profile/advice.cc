#include "app/profile/advice.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/plain_pattern.h"
#include "dsl/compile/compile.h"
#include "dsl/explain/print_expr.h"
#include "engine/match/evaluator.h"
#include "engine/match/match.h"

namespace tocsin {
namespace {

using dsl::CheckedExpr;
using dsl::CheckedRule;
using dsl::ExprOp;

// Less than this is noise, or not worth a change.
constexpr double kLeastRatio = 1.2;
// A rule that the index leaves fewer events than this part has an anchor.
constexpr double kWithoutAnchor = 0.5;
constexpr std::size_t kMostValues = 4;
constexpr std::size_t kLeastMatches = 5;

CheckedExpr Make(ExprOp op, TypeKind kind, std::vector<CheckedExpr> children) {
  CheckedExpr expr;
  expr.op = op;
  expr.type.kind = kind;
  expr.children = std::move(children);
  return expr;
}

CheckedExpr Texts(const std::vector<std::string>& texts) {
  CheckedExpr expr = Make(ExprOp::kConst, TypeKind::kString, {});
  if (texts.size() == 1) {
    expr.constant.value = texts[0];
    return expr;
  }
  ConstantList list;
  for (const std::string& text : texts) list.push_back({text});
  expr.constant.value = std::move(list);
  return expr;
}

// The plain test for a pattern, in its place; false when there is none.
bool MakePlain(CheckedExpr* test) {
  const auto* pattern =
      std::get_if<std::string>(&test->children[1].constant.value);
  if (test->children[1].op != ExprOp::kConst || pattern == nullptr) {
    return false;
  }
  const auto plain = dsl::PlainOf(*pattern);
  if (!plain.has_value()) return false;
  static const std::map<std::string_view, ExprOp> kOps = {
      {"startswith", ExprOp::kStartsWith},
      {"endswith", ExprOp::kEndsWith},
      {"contains", ExprOp::kContains}};
  const auto op = kOps.find(plain->op);
  test->op = op != kOps.end()           ? op->second
             : plain->texts.size() == 1 ? ExprOp::kEq
                                        : ExprOp::kIn;
  test->children[1] = Texts(plain->texts);
  test->nocase = test->nocase || plain->nocase;
  return true;
}

void Visit(CheckedExpr* expr, const std::function<void(CheckedExpr*)>& visit) {
  visit(expr);
  for (CheckedExpr& child : expr->children) Visit(&child, visit);
}

// Fields of k8s.audit that tell kinds of requests apart, and are indexed.
std::vector<CheckedExpr> AnchorFields() {
  std::vector<CheckedExpr> fields;
  for (const std::vector<std::string>& keys : {std::vector<std::string>{"verb"},
                                               {"objectRef", "resource"},
                                               {"objectRef", "subresource"}}) {
    CheckedExpr path = Make(ExprOp::kPath, TypeKind::kString, {});
    for (const std::string& key : keys) {
      path.path.push_back({PathSegment::Kind::kKey, key, 0});
    }
    fields.push_back(std::move(path));
  }
  return fields;
}

bool Reads(const CheckedExpr& expr, const FieldPath& path) {
  if (expr.op == ExprOp::kPath && expr.path == path) return true;
  return std::any_of(expr.children.begin(), expr.children.end(),
                     [&](const CheckedExpr& c) { return Reads(c, path); });
}

}  // namespace

dsl::CheckedRules Only(const dsl::CheckedRules& rules,
                       const CheckedRule& rule) {
  dsl::CheckedRules only;
  only.schemas = rules.schemas;
  only.lists = rules.lists;
  only.tables = rules.tables;
  only.rules.push_back(rule);
  only.rules.back().enabled = true;
  only.ok = true;
  return only;
}

Adviser::Adviser(const dsl::CheckedRules& rules, const Sample& sample)
    : rules_(rules), sample_(sample) {
  dsl::CheckedRules none = Only(rules, CheckedRule());
  none.rules.clear();
  const Sample::Cost cost = sample.Alone(*dsl::Compile(none));
  nothing_ = cost.extract_ns + cost.match_ns;
}

// Of the sample: decoding what the rule reads, and its tests.
double Adviser::Cost(const CheckedRule& rule) const {
  const Sample::Cost cost = sample_.Alone(*dsl::Compile(Only(rules_, rule)));
  return std::max(1.0, cost.extract_ns + cost.match_ns - nothing_);
}

void Adviser::Try(const CheckedRule& rule, const CheckedRule& other,
                  const std::string& text, std::vector<Advice>* advice) const {
  const double ratio = Cost(rule) / Cost(other);
  if (ratio >= kLeastRatio) advice->push_back({text, ratio});
}

void Adviser::Patterns(const CheckedRule& rule,
                       std::vector<Advice>* advice) const {
  CheckedRule plain = rule;
  std::string texts;
  for (dsl::CheckedFilter& filter : plain.filters) {
    Visit(&filter.expr, [&](CheckedExpr* test) {
      if (test->op != ExprOp::kMatches) return;
      const dsl::CheckedSchema& schema = rules_.schemas[rule.schema];
      const std::string before = dsl::PrintExpr(rules_, schema, *test);
      if (!MakePlain(test)) return;
      texts += absl::StrFormat("%s`%s` for `%s`", texts.empty() ? "" : ", ",
                               dsl::PrintExpr(rules_, schema, *test), before);
    });
  }
  if (!texts.empty()) {
    Try(rule, plain, "a plain test: " + texts, advice);
  }
}

// The values that a field had in all matches, as a test of an indexed field.
void Adviser::Anchor(const CheckedRule& rule,
                     std::vector<Advice>* advice) const {
  for (const CheckedExpr& field : AnchorFields()) {
    const bool read = std::any_of(
        rule.filters.begin(), rule.filters.end(),
        [&](const dsl::CheckedFilter& filter) {
          return filter.origin != dsl::CheckedFilter::Origin::kSchemaDefault &&
                 Reads(filter.expr, field.path);
        });
    if (read) continue;
    CheckedRule shown = rule;
    shown.shows.push_back({"anchor", field});
    const auto set = dsl::Compile(Only(rules_, shown));
    const ExprId probe = set->rules[0].shows.back().expr;
    SymbolTables symbols(set->projection);
    Matcher matcher(set.get(), &symbols, kReplayKeySeed);
    Evaluator evaluator(set.get());
    const auto extractor = MakeSimdjsonExtractor();
    EventBatch batch;
    MatchResult result;
    std::set<std::string> values;
    std::size_t matches = 0;
    for (const std::string& chunk : sample_.chunks()) {
      ExtractChunk(chunk, *set, &symbols, extractor.get(), &batch);
      matcher.Match(&batch, &result);
      for (const MatchedEvent& event : result.events) {
        evaluator.Begin(&batch, event.row);
        const Value value = evaluator.Eval(probe);
        ++matches;
        values.insert(value.is(ValueKind::kText) ? std::string(value.view())
                                                 : std::string());
      }
      if (values.size() > kMostValues || values.contains("")) break;
    }
    if (matches < kLeastMatches || values.size() > kMostValues ||
        values.contains("")) {
      continue;
    }
    const std::vector<std::string> texts(values.begin(), values.end());
    CheckedRule other = rule;
    dsl::CheckedFilter anchor;
    anchor.expr = Make(texts.size() == 1 ? ExprOp::kEq : ExprOp::kIn,
                       TypeKind::kBool, {field, Texts(texts)});
    other.filters.push_back(anchor);
    Try(rule, other,
        absl::StrFormat(
            "all %d matches had it, and it is indexed: and %s, if "
            "that is what is meant",
            matches,
            dsl::PrintExpr(rules_, rules_.schemas[rule.schema], anchor.expr)),
        advice);
  }
}

std::vector<Advice> Adviser::For(const CheckedRule& rule, std::uint64_t tried,
                                 std::uint64_t events) const {
  std::vector<Advice> advice;
  const dsl::CheckedSchema& schema = rules_.schemas[rule.schema];
  if (!rule.events.empty() || !schema.alerts_of.empty()) return advice;
  Patterns(rule, &advice);
  const bool everywhere =
      static_cast<double>(tried) > kWithoutAnchor * static_cast<double>(events);
  if (schema.built_in && everywhere) Anchor(rule, &advice);
  return advice;
}

}  // namespace tocsin
