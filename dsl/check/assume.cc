// What follows when an expression holds or does not. On a missing value a test
// is false, so a test that does not hold says little of what the field is.
#include <algorithm>
#include <utility>

#include "dsl/check/const_test.h"
#include "dsl/check/interval.h"
#include "dsl/check/truth.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

bool Contains(const std::vector<Constant>& values, const Constant& value) {
  return std::any_of(values.begin(), values.end(), [&](const Constant& item) {
    return ConstantsEqual(item, value, false);
  });
}

// The values that a positive test leaves, when it names them all.
std::optional<std::vector<Constant>> NamedValues(const CheckedExpr& test) {
  if (test.nocase || test.children[1].op != ExprOp::kConst) {
    return std::nullopt;
  }
  const Constant& right = test.children[1].constant;
  if (std::holds_alternative<Cidr>(right.value)) return std::nullopt;
  if (test.op == ExprOp::kEq) return std::vector<Constant>{right};
  const auto* list = std::get_if<ConstantList>(&right.value);
  if (test.op != ExprOp::kIn || list == nullptr) return std::nullopt;
  for (const Constant& value : *list) {
    if (std::holds_alternative<Cidr>(value.value)) return std::nullopt;
  }
  return *list;
}

// Leaves in `domain` what gives `holds` under the test.
void Filter(const CheckedExpr& test, bool holds, Facts::Domain* domain) {
  std::vector<Constant> kept;
  for (const Constant& value : *domain->in) {
    bool known = false;
    const bool passes = TestConstant(test, value, &known);
    if (!known || passes == holds) kept.push_back(value);
  }
  domain->in = std::move(kept);
}

}  // namespace

void TruthFinder::Assume(const CheckedExpr& expr, bool holds,
                         Facts* facts) const {
  if (facts->contradiction || budget_ == 0) return;
  if (expr.op == ExprOp::kNot) {
    Assume(expr.children[0], !holds, facts);
    return;
  }
  if (expr.op == ExprOp::kConst) {
    const auto* value = std::get_if<bool>(&expr.constant.value);
    if (value != nullptr && *value != holds) facts->contradiction = true;
    return;
  }
  std::size_t cost = 0;
  const Hash128 key = SubjectKey(expr, &cost);
  if (!Spend(cost)) return;
  const auto [known, fresh] = facts->decided.emplace(key, holds);
  if (!fresh && known->second != holds) {
    facts->contradiction = true;
    return;
  }
  switch (expr.op) {
    case ExprOp::kAnd:
      if (!holds) return;
      for (const CheckedExpr& child : expr.children) {
        Assume(child, true, facts);
      }
      return;
    case ExprOp::kOr:
      if (holds) {
        AssumeOr(expr, facts);
        return;
      }
      for (const CheckedExpr& child : expr.children) {
        Assume(child, false, facts);
      }
      return;
    case ExprOp::kDerived:
      if (schema_ != nullptr && expr.type.kind == TypeKind::kBool) {
        Assume(schema_->derives[expr.derived].expr, holds, facts);
      }
      return;
    default:
      if (expr.children.size() >= 2) AssumeTest(expr, holds, facts);
  }
}

void TruthFinder::AssumeTest(const CheckedExpr& test, bool holds,
                             Facts* facts) const {
  const CheckedExpr& subject = test.children[0];
  const TypeKind kind = subject.type.kind;
  if (subject.op == ExprOp::kConst || !IsScalar(kind) ||
      kind == TypeKind::kAny) {
    return;
  }
  const bool is_test = test.op >= ExprOp::kEq && test.op <= ExprOp::kMatches;
  if (!is_test) return;
  Facts::Domain& domain = facts->domains[SubjectKey(subject)];
  const Field* field = FieldOf(subject);
  if (!domain.in.has_value() && holds && field != nullptr &&
      field->limit == Field::Limit::kOneOf) {
    domain.in = field->values;
  }
  const auto named = NamedValues(test);
  const std::size_t values = named.has_value() ? named->size() : 1;
  if (!Spend(values * (1 + domain.out.size()))) return;
  if (domain.in.has_value() && !Spend(domain.in->size())) return;
  if (holds && named.has_value() && !domain.in.has_value()) {
    const bool bounded = domain.low.has_value() || domain.high.has_value();
    const auto outside = [&](const Constant& value) {
      CheckedExpr equal = test;
      equal.op = ExprOp::kEq;
      equal.children[1].constant = value;
      return DecideByInterval(equal, domain) == Truth::kFalse;
    };
    std::vector<Constant> left;
    for (const Constant& value : *named) {
      const bool out =
          Contains(domain.out, value) || (bounded && outside(value));
      if (!out) left.push_back(value);
    }
    domain.in = std::move(left);
  } else if (domain.in.has_value()) {
    Filter(test, holds, &domain);
  } else if (!holds && named.has_value()) {
    domain.out.insert(domain.out.end(), named->begin(), named->end());
  }
  Interval asked;
  if (holds && IntervalOf(test, &asked)) {
    if (Disjoint(asked, Interval{domain.low, domain.high})) {
      facts->contradiction = true;
    }
    Narrow(asked, &domain.low, &domain.high);
  }
  if (domain.in.has_value() && domain.in->empty()) facts->contradiction = true;
}

// What every arm that can hold agrees on: the union of the values it leaves.
void TruthFinder::AssumeOr(const CheckedExpr& expr, Facts* facts) const {
  using Values = absl::flat_hash_map<Hash128, std::vector<Constant>>;
  std::optional<Values> common;
  for (const CheckedExpr& arm : expr.children) {
    if (budget_ == 0) return;
    if (Decide(arm, *facts) == Truth::kFalse) continue;
    Facts alone = Copy(*facts);
    Assume(arm, true, &alone);
    if (alone.contradiction) continue;
    Values values;
    for (const auto& [key, domain] : alone.domains) {
      if (!domain.in.has_value()) continue;
      if (common.has_value() && !common->contains(key)) continue;
      std::vector<Constant> both = *domain.in;
      if (common.has_value()) {
        if (!Spend(both.size() * (*common)[key].size())) return;
        for (const Constant& value : (*common)[key]) {
          if (!Contains(both, value)) both.push_back(value);
        }
      }
      values[key] = std::move(both);
    }
    common = std::move(values);
  }
  if (budget_ == 0) return;
  if (!common.has_value()) {
    facts->contradiction = true;  // No arm can hold.
    return;
  }
  for (auto& [key, values] : *common) {
    facts->domains[key].in = std::move(values);
  }
}

}  // namespace tocsin::dsl
