// What a rule keeps, and who decides how much: keys without end, thresholds
// that one client reaches by itself.
#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "dsl/check/k8s_audit.h"
#include "dsl/check/lint_rules.h"
#include "dsl/check/truth.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

// ---- keys ----

CheckedExpr PathTo(std::initializer_list<std::string_view> keys) {
  CheckedExpr expr;
  expr.op = ExprOp::kPath;
  for (const std::string_view key : keys) {
    expr.path.push_back({PathSegment::Kind::kKey, std::string(key), 0});
  }
  return expr;
}

// Fields of k8s.audit that a client fills as it likes.
bool IsEndlessField(const FieldPath& path) {
  static const std::array<FieldPath, 4> kFields = {
      PathTo({"auditID"}).path, PathTo({"requestURI"}).path,
      PathTo({"userAgent"}).path, PathTo({"objectRef", "name"}).path};
  return std::find(kFields.begin(), kFields.end(), path) != kFields.end();
}

// Functions that give about as many values as they take.
bool KeepsValues(Function function) {
  switch (function) {
    case Function::kLower:
    case Function::kUpper:
    case Function::kTrim:
    case Function::kReplace:
    case Function::kUrlDecode:
    case Function::kCoalesce:
    case Function::kText:
    case Function::kBasename:
    case Function::kDirname:
      return true;
    default:
      return false;
  }
}

// The field of which there is no end, if the key's values are its values.
const CheckedExpr* EndlessPart(const CheckedSchema& schema,
                               const CheckedExpr& expr) {
  if (expr.op == ExprOp::kPath && expr.children.empty()) {
    const bool audit =
        schema.name == kAuditSchemaName && IsEndlessField(expr.path);
    return audit || expr.type.kind == TypeKind::kAny ? &expr : nullptr;
  }
  const bool through = expr.op == ExprOp::kCoalesce ||
                       (expr.op == ExprOp::kCall && KeepsValues(expr.function));
  if (!through) return nullptr;
  for (const CheckedExpr& child : expr.children) {
    const CheckedExpr* found = EndlessPart(schema, child);
    if (found != nullptr) return found;
  }
  return nullptr;
}

void LintKeyParts(const CheckedSchema& schema,
                  const std::vector<CheckedKey>& by, Context* context) {
  for (const CheckedKey& key : by) {
    if (key.among.has_value()) continue;
    const CheckedExpr* found = EndlessPart(schema, key.expr);
    if (found == nullptr) continue;
    context->report
        .Emit(Kind::kEndlessKey, key.expr.span,
              absl::StrFormat("a key without end: whoever sends the events "
                              "can give `%s` a new value each time",
                              FormatPath(found->path)))
        .help =
        "group by who acts (client, user.username) and count these with "
        "distinct(..); or say how many are kept: keys <= N";
  }
}

// ---- retries ----

// rest.Request of client-go: maxRetries, and the request itself.
constexpr std::uint64_t kRequestsOfOneCall = 11;
// It waits for what Retry-After says, a whole number of seconds.
constexpr std::int64_t kLeastWaitUs = 1'000'000;

bool MayHaveCode(const CheckedRule& rule, const CheckedAggregate& aggregate,
                 const CheckedSchema& schema, std::int64_t code) {
  const TruthFinder finder(&schema);
  Facts facts;
  facts.domains[SubjectKey(PathTo({"responseStatus", "code"}))].in = {
      Constant{code}};
  for (const CheckedFilter& filter : rule.filters) {
    const bool exception =
        filter.origin == CheckedFilter::Origin::kUnless ||
        filter.origin == CheckedFilter::Origin::kDefaultsUnless ||
        filter.origin == CheckedFilter::Origin::kTuneUnless;
    const Truth truth = finder.Decide(filter.expr, facts);
    if (truth == (exception ? Truth::kTrue : Truth::kFalse)) return false;
  }
  return !aggregate.filter.has_value() ||
         finder.Decide(*aggregate.filter, facts) != Truth::kFalse;
}

bool CountsRetries(const CheckedRule& rule, const CheckedAggregate& aggregate,
                   const CheckedSchema& schema, std::int64_t window_us) {
  const std::uint64_t n = aggregate.threshold;
  if (aggregate.kind != CheckedAggregate::Kind::kCount || n < 2 ||
      n > kRequestsOfOneCall || aggregate.event != kNoEvent) {
    return false;
  }
  if (static_cast<std::int64_t>(n - 1) * kLeastWaitUs > window_us) return false;
  // One that counts what went well, too, counts requests and means it.
  if (MayHaveCode(rule, aggregate, schema, 200) ||
      MayHaveCode(rule, aggregate, schema, 201)) {
    return false;
  }
  for (const std::int64_t code : {429, 500, 502, 503, 504}) {
    if (MayHaveCode(rule, aggregate, schema, code)) return true;
  }
  return false;
}

}  // namespace

void LintKeys(const CheckedRules& rules, const CheckedRule& rule,
              Context* context) {
  const bool keeps = rule.condition.kind != CheckedCondition::Kind::kFilter;
  if (!rule.enabled || !keeps || rule.keys != limits::kKeysDefault) return;
  if (rule.events.empty()) {
    LintKeyParts(rules.schemas[rule.schema], rule.by, context);
  }
  for (const CheckedEvent& event : rule.events) {
    LintKeyParts(rules.schemas[event.schema], event.by, context);
  }
}

void LintRetries(const CheckedRules& rules, const CheckedRule& rule,
                 Context* context) {
  const CheckedSchema& schema = rules.schemas[rule.schema];
  const CheckedCondition& when = rule.condition;
  if (!rule.enabled || !rule.events.empty() ||
      when.kind != CheckedCondition::Kind::kAggregates ||
      when.test.has_value() || schema.name != kAuditSchemaName) {
    return;
  }
  const bool all = std::all_of(when.aggregates.begin(), when.aggregates.end(),
                               [&](const CheckedAggregate& aggregate) {
                                 return CountsRetries(rule, aggregate, schema,
                                                      when.window.length_us);
                               });
  if (!all || when.aggregates.empty()) return;
  context->report
      .Emit(Kind::kRetriesSuffice, when.span,
            absl::StrFormat("one call of one client reaches %d: client-go "
                            "sends a request again up to 10 times when the "
                            "answer is 429 or 5xx with Retry-After",
                            when.aggregates[0].threshold))
      .help = absl::StrFormat(
      "count() >= %d or more, or leave these answers out: "
      "responseStatus.code in [401, 403]",
      kRequestsOfOneCall + 1);
}

}  // namespace tocsin::dsl
