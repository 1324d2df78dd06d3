// What is true of kube-apiserver and easily got wrong in a rule.
#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_format.h"
#include "dsl/check/const_test.h"
#include "dsl/check/lint.h"

namespace tocsin::dsl {
namespace {

CheckedExpr PathTo(std::initializer_list<std::string_view> names) {
  CheckedExpr expr;
  expr.op = ExprOp::kPath;
  for (const std::string_view name : names) {
    PathSegment segment;
    segment.key = std::string(name);
    expr.path.push_back(std::move(segment));
  }
  return expr;
}

const std::vector<Constant>* ValuesOf(const Facts& facts,
                                      const CheckedExpr& path) {
  const auto found = facts.domains.find(SubjectKey(path));
  if (found == facts.domains.end() || !found->second.in.has_value()) {
    return nullptr;
  }
  return &*found->second.in;
}

bool Has(const std::vector<Constant>& values, const Constant& value) {
  for (const Constant& item : values) {
    if (ConstantsEqual(item, value, false)) return true;
  }
  return false;
}

Constant TextOf(std::string_view text) {
  Constant constant;
  constant.value = std::string(text);
  return constant;
}

// The first test of this path in the clause, as the place to underline.
const CheckedExpr* FindTest(const CheckedExpr& expr, const FieldPath& path,
                            Span within) {
  if (!expr.children.empty() && expr.children[0].op == ExprOp::kPath &&
      expr.children[0].path == path && expr.span.file == within.file &&
      expr.span.begin >= within.begin && expr.span.end <= within.end) {
    return &expr;
  }
  for (const CheckedExpr& child : expr.children) {
    if (const CheckedExpr* test = FindTest(child, path, within)) return test;
  }
  return nullptr;
}

// Whether the filter itself reads the path; what a derived field reads does not
// count. Cheaper by far than to ask what the filter leaves of it.
bool Mentions(const CheckedExpr& expr, const FieldPath& path) {
  if (expr.op == ExprOp::kPath && expr.path == path) return true;
  return std::any_of(
      expr.children.begin(), expr.children.end(),
      [&](const CheckedExpr& child) { return Mentions(child, path); });
}

void LintUnauthorized(const CheckedExpr& filter, Span where,
                      const TruthFinder& finder, Context* context) {
  const CheckedExpr stage = PathTo({"stage"});
  const CheckedExpr code = PathTo({"responseStatus", "code"});
  if (!Mentions(filter, stage.path)) return;
  Constant unauthorized;
  unauthorized.value = std::int64_t{401};
  bool found = false;
  finder.VisitConjunctions(filter, Facts{}, [&](const Facts& facts) {
    const auto* stages = ValuesOf(facts, stage);
    const auto* codes = ValuesOf(facts, code);
    if (stages == nullptr || codes == nullptr) return;
    found = found || (!Has(*stages, TextOf("ResponseStarted")) &&
                      Has(*codes, unauthorized));
  });
  if (!found) return;
  const CheckedExpr* test = FindTest(filter, stage.path, where);
  context->report
      .Emit(Kind::kUnauthorizedAtComplete, test != nullptr ? test->span : where,
            "a 401 is recorded at ResponseStarted only, never at another stage")
      .help =
      "leave the stage out: k8s.audit gives each request once, when "
      "its outcome is known";
}

void LintExec(const CheckedExpr& filter, Span where, const TruthFinder& finder,
              Context* context) {
  constexpr std::array<std::string_view, 3> kUpgraded = {"exec", "attach",
                                                         "portforward"};
  const CheckedExpr verb = PathTo({"verb"});
  const CheckedExpr sub = PathTo({"objectRef", "subresource"});
  if (!Mentions(filter, sub.path)) return;
  std::string_view found;
  finder.VisitConjunctions(filter, Facts{}, [&](const Facts& facts) {
    const auto* verbs = ValuesOf(facts, verb);
    const auto* subs = ValuesOf(facts, sub);
    if (verbs == nullptr || subs == nullptr || !found.empty()) return;
    if (!Has(*verbs, TextOf("create")) || Has(*verbs, TextOf("get"))) return;
    for (const std::string_view name : kUpgraded) {
      if (!Has(*subs, TextOf(name))) continue;
      // Another alternative may take the get.
      Facts get;
      get.domains[SubjectKey(verb)].in = {TextOf("get")};
      get.domains[SubjectKey(sub)].in = {TextOf(name)};
      if (finder.Decide(filter, get) == Truth::kFalse) found = name;
    }
  });
  if (found.empty()) return;
  const CheckedExpr* test = FindTest(filter, verb.path, where);
  Diagnostic& d = context->report.Emit(
      Kind::kExecWithoutGet, test != nullptr ? test->span : where,
      absl::StrFormat("`create` alone misses pods/%s over WebSocket, which is "
                      "a `get`",
                      found));
  d.help =
      "kubectl since 1.30 opens them with get: verb in [\"create\", "
      "\"get\"]";
  if (test != nullptr && test->op == ExprOp::kEq) {
    d.fix = Fix{test->span, "verb in [\"create\", \"get\"]"};
  }
}

}  // namespace

void LintAuditFilter(const CheckedExpr& filter, Span where,
                     const TruthFinder& finder, Context* context) {
  LintUnauthorized(filter, where, finder, context);
  LintExec(filter, where, finder, context);
}

void LintAuditException(const CheckedExpr& exception, Span span,
                        const TruthFinder& finder, Context* context) {
  // One that names service accounts and nothing else means them.
  for (const std::string_view user :
       {"system:serviceaccount:a-namespace:an-account", "system:other"}) {
    Facts facts;
    facts.domains[SubjectKey(PathTo({"user", "username"}))].in = {TextOf(user)};
    if (finder.Decide(exception, facts) != Truth::kTrue) return;
  }
  if (finder.Decide(exception, Facts{}) == Truth::kTrue) return;
  context->report
      .Emit(Kind::kExcusesServiceAccounts, span,
            "this exception excuses every service account, a stolen pod "
            "token too")
      .help =
      "add: and user.username not startswith "
      "\"system:serviceaccount:\"";
}

}  // namespace tocsin::dsl
