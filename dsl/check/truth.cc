// Decides; assume.cc gathers the facts.
#include "dsl/check/truth.h"

#include <algorithm>

#include "dsl/check/const_test.h"
#include "dsl/check/interval.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

// One value copied or compared, in characters of a key.
constexpr std::size_t kCopyCost = 8;

}  // namespace

Truth TruthFinder::Decide(const CheckedExpr& expr, const Facts& facts) const {
  if (facts.contradiction || budget_ == 0) return Truth::kUnknown;
  if (!facts.decided.empty() && expr.op != ExprOp::kConst) {
    std::size_t cost = 0;
    const Hash128 key = SubjectKey(expr, &cost);
    if (!Spend(cost)) return Truth::kUnknown;
    const auto known = facts.decided.find(key);
    if (known != facts.decided.end()) {
      return known->second ? Truth::kTrue : Truth::kFalse;
    }
  }
  switch (expr.op) {
    case ExprOp::kConst: {
      const auto* value = std::get_if<bool>(&expr.constant.value);
      if (value == nullptr) return Truth::kUnknown;
      return *value ? Truth::kTrue : Truth::kFalse;
    }
    case ExprOp::kNot: {
      const Truth inner = Decide(expr.children[0], facts);
      if (inner == Truth::kUnknown) return inner;
      return inner == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    }
    case ExprOp::kAnd:
      return DecideAnd(expr, facts);
    case ExprOp::kOr:
      return DecideOr(expr, facts);
    case ExprOp::kDerived:
      if (schema_ == nullptr || expr.type.kind != TypeKind::kBool) {
        return Truth::kUnknown;
      }
      return Decide(schema_->derives[expr.derived].expr, facts);
    case ExprOp::kExists: {
      const auto found = facts.domains.find(SubjectKey(expr.children[0]));
      const bool there =
          found != facts.domains.end() && found->second.in.has_value();
      return there ? Truth::kTrue : Truth::kUnknown;
    }
    default:
      return DecideTest(expr, facts);
  }
}

std::size_t Facts::Cost() const {
  std::size_t values = 0;
  for (const auto& [key, domain] : domains) {
    values += 1 + domain.out.size();
    if (domain.in.has_value()) values += domain.in->size();
  }
  return kCopyCost * (values + decided.size());
}

Facts TruthFinder::Copy(const Facts& facts) const {
  return Spend(facts.Cost()) ? facts : Facts{};
}

bool TruthFinder::Spend(std::size_t cost) const {
  budget_ -= std::min(budget_, cost);
  return budget_ > 0;
}

Truth TruthFinder::DecideAnd(const CheckedExpr& expr,
                             const Facts& facts) const {
  Facts all = Copy(facts);
  bool every = true;
  for (const CheckedExpr& child : expr.children) {
    const Truth truth = Decide(child, facts);
    if (truth == Truth::kFalse) return Truth::kFalse;
    every = every && truth == Truth::kTrue;
  }
  if (every) return Truth::kTrue;
  // Twice: an `or` may tell more once its neighbours are known.
  for (int round = 0; round < 2; ++round) {
    for (const CheckedExpr& child : expr.children) Assume(child, true, &all);
    if (all.contradiction) return Truth::kFalse;
  }
  for (const CheckedExpr& child : expr.children) {
    // What was just assumed says of the child itself only that it holds.
    if (child.op != ExprOp::kOr && child.op != ExprOp::kDerived) continue;
    Facts others = Copy(all);
    others.decided.erase(SubjectKey(child));
    if (Decide(child, others) == Truth::kFalse) return Truth::kFalse;
  }
  return Truth::kUnknown;
}

Truth TruthFinder::DecideOr(const CheckedExpr& expr, const Facts& facts) const {
  Facts rest = Copy(facts);  // What holds when no arm so far does.
  bool none = true;
  for (const CheckedExpr& child : expr.children) {
    const Truth truth = Decide(child, rest);
    if (truth == Truth::kTrue) return Truth::kTrue;
    // Of the first nothing but `facts` is known yet.
    const bool first = &child == &expr.children.front();
    none = none && (first ? truth : Decide(child, facts)) == Truth::kFalse;
    if (&child == &expr.children.back()) break;
    Assume(child, false, &rest);
    if (rest.contradiction) rest = Copy(facts);
  }
  return none ? Truth::kFalse : Truth::kUnknown;
}

const Field* TruthFinder::FieldOf(const CheckedExpr& subject) const {
  if (schema_ == nullptr || subject.op != ExprOp::kPath ||
      !subject.children.empty()) {
    return nullptr;
  }
  const Type* type = &schema_->type;
  const Field* field = nullptr;
  for (const PathSegment& segment : subject.path) {
    if (segment.kind != PathSegment::Kind::kKey ||
        type->kind != TypeKind::kObject) {
      return nullptr;
    }
    field = FindField(*type, segment.key);
    if (field == nullptr) return nullptr;
    type = &field->type;
  }
  return field;
}

// A closed set: what no value of it passes never holds.
Truth TruthFinder::DecideByLimit(const CheckedExpr& test) const {
  const Field* field = FieldOf(test.children[0]);
  if (field == nullptr || field->limit != Field::Limit::kOneOf) {
    return Truth::kUnknown;
  }
  bool every = !field->optional && test.children[0].path.size() == 1;
  bool none = true;
  for (const Constant& value : field->values) {
    bool known = false;
    const bool passes = TestConstant(test, value, &known);
    if (!known) return Truth::kUnknown;
    every = every && passes;
    none = none && !passes;
  }
  if (none) return Truth::kFalse;
  return every ? Truth::kTrue : Truth::kUnknown;
}

Truth TruthFinder::DecideByInterval(const CheckedExpr& test,
                                    const Facts::Domain& domain) const {
  Interval asked;
  if (!IntervalOf(test, &asked)) return Truth::kUnknown;
  return Disjoint(asked, Interval{domain.low, domain.high}) ? Truth::kFalse
                                                            : Truth::kUnknown;
}

Truth TruthFinder::DecideTest(const CheckedExpr& expr,
                              const Facts& facts) const {
  if (expr.children.size() < 2) return Truth::kUnknown;
  const CheckedExpr& subject = expr.children[0];
  bool known = false;
  if (subject.op == ExprOp::kConst) {
    const bool passes = TestConstant(expr, subject.constant, &known);
    if (!known) return Truth::kUnknown;
    return passes ? Truth::kTrue : Truth::kFalse;
  }
  if (!IsScalar(subject.type.kind) || subject.type.kind == TypeKind::kAny) {
    return Truth::kUnknown;
  }
  const auto found = facts.domains.find(SubjectKey(subject));
  if (found == facts.domains.end()) return DecideByLimit(expr);
  const Facts::Domain& domain = found->second;
  if (!Spend(kCopyCost * domain.out.size())) return Truth::kUnknown;
  if (domain.in.has_value()) {
    if (!Spend(kCopyCost * domain.in->size())) return Truth::kUnknown;
    bool every = true;
    bool none = true;
    for (const Constant& value : *domain.in) {
      const bool passes = TestConstant(expr, value, &known);
      if (!known) return Truth::kUnknown;
      every = every && passes;
      none = none && !passes;
    }
    if (every) return Truth::kTrue;
    if (none) return Truth::kFalse;
    return Truth::kUnknown;
  }
  if (expr.op == ExprOp::kEq && expr.children[1].op == ExprOp::kConst &&
      std::any_of(
          domain.out.begin(), domain.out.end(), [&](const Constant& value) {
            return !expr.nocase &&
                   ConstantsEqual(value, expr.children[1].constant, false);
          })) {
    return Truth::kFalse;
  }
  const Truth interval = DecideByInterval(expr, domain);
  return interval != Truth::kUnknown ? interval : DecideByLimit(expr);
}

void TruthFinder::VisitConjunctions(
    const CheckedExpr& expr, const Facts& facts,
    const std::function<void(const Facts&)>& visit) const {
  Facts inner = Copy(facts);
  Assume(expr, true, &inner);
  if (inner.contradiction) return;
  visit(inner);
  const auto descend = [&](const CheckedExpr& node) {
    if (node.op != ExprOp::kOr) return;
    for (const CheckedExpr& arm : node.children) {
      VisitConjunctions(arm, inner, visit);
    }
  };
  descend(expr);
  if (expr.op != ExprOp::kAnd) return;
  for (const CheckedExpr& child : expr.children) descend(child);
}

}  // namespace tocsin::dsl
