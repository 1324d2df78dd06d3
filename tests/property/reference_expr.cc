#include "tests/property/reference_expr.h"

#include <cmath>
#include <functional>

#include "engine/base/check.h"
#include "re2/re2.h"

namespace tocsin::reference {
namespace {

using dsl::CheckedExpr;
using dsl::Elements;
using dsl::ExprOp;

// ---- paths
// -------------------------------------------------------------------

// Everything that a path reaches, from segment `at` on. With [*] there may be
// many; what is a list at the end of such a path is flattened by the caller.
void Reach(const FieldPath& path, std::size_t at, const Value& from,
           std::vector<const Value*>* out) {
  if (at == path.size()) {
    out->push_back(&from);
    return;
  }
  const PathSegment& segment = path[at];
  switch (segment.kind) {
    case PathSegment::Kind::kKey:
      if (const Value* member = from.Member(segment.key)) {
        Reach(path, at + 1, *member, out);
      }
      return;
    case PathSegment::Kind::kIndex: {
      const auto size = static_cast<std::int64_t>(from.items.size());
      const std::int64_t i =
          segment.index < 0 ? size + segment.index : segment.index;
      if (i >= 0 && i < size) {
        Reach(path, at + 1, from.items[static_cast<std::size_t>(i)], out);
      }
      return;
    }
    case PathSegment::Kind::kEach:
      for (const Value& item : from.items) Reach(path, at + 1, item, out);
      return;
  }
}

// How many segments stand before the first [*]; all of them without one.
std::size_t BeforeEach(const FieldPath& path) {
  std::size_t at = 0;
  while (at < path.size() && path[at].kind != PathSegment::Kind::kEach) ++at;
  return at;
}

void Splice(const Value& value, std::vector<Value>* out) {
  if (value.kind != Kind::kList) {
    out->push_back(value);
    return;
  }
  for (const Value& item : value.items) Splice(item, out);
}

// A declared time, ip, cidr, duration reads its JSON text converted.
Value Convert(const Type& type, Value value) {
  if (type.kind == TypeKind::kList && value.kind == Kind::kList &&
      !type.element.empty()) {
    for (Value& item : value.items) {
      item = Convert(type.element[0], std::move(item));
    }
    return value;
  }
  switch (type.kind) {
    case TypeKind::kTime:
      return Call(Function::kTime, {value});
    case TypeKind::kIp:
      return Call(Function::kIp, {value});
    case TypeKind::kCidr:
      return Call(Function::kCidr, {value});
    default:
      return value;
  }
}

// ---- tests
// -------------------------------------------------------------------

bool Inside(const Value& address, const Value& network) {
  const std::uint8_t prefix = network.cidr.prefix;
  for (int bit = 0; bit < prefix; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((address.ip.bytes[byte] & mask) !=
        (network.cidr.base.bytes[byte] & mask)) {
      return false;
    }
  }
  return true;
}

bool MemberOf(const Value& value, const Value& candidate, bool nocase) {
  if (value.kind == Kind::kIp && candidate.kind == Kind::kCidr) {
    return Inside(value, candidate);
  }
  return Equal(value, candidate, nocase);
}

bool LikeAt(const std::vector<std::string_view>& text, std::size_t t,
            const std::vector<std::string_view>& pattern, std::size_t p) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p] == "*") {
    for (std::size_t next = t; next <= text.size(); ++next) {
      if (LikeAt(text, next, pattern, p + 1)) return true;
    }
    return false;
  }
  if (t == text.size()) return false;
  if (pattern[p] != "?" && pattern[p] != text[t]) return false;
  return LikeAt(text, t + 1, pattern, p + 1);
}

bool TextTest(ExprOp op, const std::string& left, const std::string& right,
              bool nocase) {
  if (op == ExprOp::kMatches) {
    RE2::Options options;
    options.set_case_sensitive(!nocase);
    options.set_log_errors(false);
    const RE2 pattern(right, options);
    return pattern.ok() && RE2::PartialMatch(left, pattern);
  }
  const std::string a = nocase ? AsciiLower(left) : left;
  const std::string b = nocase ? AsciiLower(right) : right;
  switch (op) {
    case ExprOp::kContains:
      return a.find(b) != std::string::npos;
    case ExprOp::kStartsWith:
      return a.starts_with(b);
    case ExprOp::kEndsWith:
      return a.ends_with(b);
    case ExprOp::kLike:
      return LikeAt(Characters(a), 0, Characters(b), 0);
    default:
      TOCSIN_CHECK(false);
  }
}

// One element of the left against the right side as it stands.
bool TestOne(const CheckedExpr& expr, const Value& left,
             const std::vector<Value>& right) {
  if (left.missing()) return false;
  switch (expr.op) {
    case ExprOp::kEq: {
      const Value& r = right[0];
      if (r.kind != Kind::kList) return Equal(left, r, expr.nocase);
      for (const Value& item : r.items) {
        if (Equal(left, item, expr.nocase)) return true;
      }
      return false;
    }
    case ExprOp::kLess:
    case ExprOp::kLessEq:
    case ExprOp::kGreater:
    case ExprOp::kGreaterEq: {
      const std::optional<int> order = Order(left, right[0]);
      if (!order) return false;
      if (expr.op == ExprOp::kLess) return *order < 0;
      if (expr.op == ExprOp::kLessEq) return *order <= 0;
      if (expr.op == ExprOp::kGreater) return *order > 0;
      return *order >= 0;
    }
    case ExprOp::kIn: {
      if (right[0].kind != Kind::kList) {
        return left.kind == Kind::kIp && right[0].kind == Kind::kCidr &&
               Inside(left, right[0]);
      }
      for (const Value& item : right[0].items) {
        if (MemberOf(left, item, expr.nocase)) return true;
      }
      return false;
    }
    case ExprOp::kInRange: {
      const std::optional<int> low = Order(right[0], left);
      const std::optional<int> high = Order(left, right[1]);
      return low && high && *low <= 0 && *high <= 0;
    }
    default:
      break;
  }
  if (left.kind != Kind::kString) return false;
  std::vector<Value> patterns{right[0]};
  if (right[0].kind == Kind::kList) patterns = right[0].items;
  bool any = false, all = true;
  for (const Value& pattern : patterns) {
    const bool holds = pattern.kind == Kind::kString &&
                       TextTest(expr.op, left.text, pattern.text, expr.nocase);
    any = any || holds;
    all = all && holds;
  }
  return expr.all ? all && !patterns.empty() : any;
}

bool Test(const CheckedExpr& expr, Scope& scope) {
  const Value left = Evaluate(expr.children[0], scope);
  std::vector<Value> right;
  for (std::size_t i = 1; i < expr.children.size(); ++i) {
    right.push_back(Evaluate(expr.children[i], scope));
    if (right.back().missing()) return expr.elements == Elements::kNone;
  }
  std::vector<Value> candidates;
  if (left.kind == Kind::kList) {
    candidates = left.items;
  } else if (!left.missing()) {
    candidates.push_back(left);
  }
  std::size_t passing = 0;
  for (const Value& candidate : candidates) {
    passing += TestOne(expr, candidate, right) ? 1 : 0;
  }
  switch (expr.elements) {
    case Elements::kAny:
      return passing > 0;
    case Elements::kAll:
      return !candidates.empty() && passing == candidates.size();
    case Elements::kNone:
      return passing == 0;
  }
  TOCSIN_CHECK(false);
}

Value Quantify(const CheckedExpr& expr, Scope& scope) {
  const Value domain = Evaluate(expr.children[0], scope);
  std::size_t passing = 0;
  const std::vector<Value> outer = scope.slots;
  for (const Value& item : domain.items) {
    if (scope.slots.size() <= expr.slot) scope.slots.resize(expr.slot + 1);
    scope.slots[expr.slot] = item;
    passing += Holds(expr.children[1], scope) ? 1 : 0;
  }
  scope.slots = outer;
  switch (expr.op) {
    case ExprOp::kAny:
      return MakeBool(passing > 0);
    case ExprOp::kAll:
      return MakeBool(!domain.items.empty() && passing == domain.items.size());
    case ExprOp::kNone:
      return MakeBool(passing == 0);
    default:
      return MakeInt(static_cast<std::int64_t>(passing));
  }
}

// ---- arithmetic
// --------------------------------------------------------------

double AsFloat(const Value& v) {
  if (v.kind == Kind::kFloat) return v.f;
  return v.kind == Kind::kUint ? static_cast<double>(v.u)
                               : static_cast<double>(v.i);
}

Value WholeResult(ExprOp op, std::int64_t a, std::int64_t b) {
  const __int128 x = a, y = b;
  __int128 result = 0;
  switch (op) {
    case ExprOp::kAdd:
      result = x + y;
      break;
    case ExprOp::kSubtract:
      result = x - y;
      break;
    case ExprOp::kMultiply:
      result = x * y;
      break;
    case ExprOp::kDivide:
    case ExprOp::kModulo:
      if (y == 0) return {};
      result = op == ExprOp::kDivide ? x / y : x % y;
      break;
    default:
      TOCSIN_CHECK(false);
  }
  if (result > INT64_MAX || result < INT64_MIN) return {};
  return MakeInt(static_cast<std::int64_t>(result));
}

Value FloatResult(ExprOp op, double a, double b) {
  switch (op) {
    case ExprOp::kAdd:
      return MakeFloat(a + b);
    case ExprOp::kSubtract:
      return MakeFloat(a - b);
    case ExprOp::kMultiply:
      return MakeFloat(a * b);
    case ExprOp::kDivide:
      return b == 0 ? Value() : MakeFloat(a / b);
    case ExprOp::kModulo:
      return b == 0 ? Value() : MakeFloat(std::fmod(a, b));
    default:
      TOCSIN_CHECK(false);
  }
}

// duration * number, number * duration, duration / number.
Value ScaleDuration(ExprOp op, const Value& a, const Value& b) {
  const Value& span = a.kind == Kind::kDuration ? a : b;
  const Value& number = a.kind == Kind::kDuration ? b : a;
  const bool divides = op == ExprOp::kDivide && a.kind == Kind::kDuration;
  if (!number.number() || (op != ExprOp::kMultiply && !divides)) return {};
  if (number.kind == Kind::kInt) {
    const Value whole = WholeResult(op, span.i, number.i);
    return whole.missing() ? whole : MakeDuration(whole.i);
  }
  const Value us =
      FloatResult(op, static_cast<double>(span.i), AsFloat(number));
  const Value cut = Call(Function::kInt, {us});
  return cut.missing() ? cut : MakeDuration(cut.i);
}

Value Arithmetic(ExprOp op, const Value& a, const Value& b) {
  if (a.number() && b.number()) {
    if (a.kind == Kind::kInt && b.kind == Kind::kInt && op != ExprOp::kDivide) {
      return WholeResult(op, a.i, b.i);
    }
    return FloatResult(op, AsFloat(a), AsFloat(b));
  }
  const bool time_a = a.kind == Kind::kTime, time_b = b.kind == Kind::kTime;
  const bool span_a = a.kind == Kind::kDuration;
  const bool span_b = b.kind == Kind::kDuration;
  const Value whole = (time_a || span_a) && (time_b || span_b)
                          ? WholeResult(op, a.i, b.i)
                          : Value();
  if (op == ExprOp::kAdd || op == ExprOp::kSubtract) {
    if (whole.missing()) return {};
    if (span_a && span_b) return MakeDuration(whole.i);
    if (time_a && span_b) return MakeTime(whole.i);
    if (span_a && time_b && op == ExprOp::kAdd) return MakeTime(whole.i);
    if (time_a && time_b && op == ExprOp::kSubtract) {
      return MakeDuration(whole.i);
    }
    return {};
  }
  if (span_a && span_b && op == ExprOp::kDivide) {
    return FloatResult(op, static_cast<double>(a.i), static_cast<double>(b.i));
  }
  if (span_a && span_b && op == ExprOp::kModulo) {
    return whole.missing() ? whole : MakeDuration(whole.i);
  }
  if (span_a != span_b) return ScaleDuration(op, a, b);
  return {};
}

Value Negate(const Value& v) {
  if (v.kind == Kind::kFloat) return MakeFloat(-v.f);
  if (v.kind != Kind::kInt && v.kind != Kind::kDuration) return {};
  if (v.i == INT64_MIN) return {};
  Value out = v;
  out.i = -v.i;
  return out;
}

// ---- nodes
// -------------------------------------------------------------------

const Value& PathRoot(const CheckedExpr& expr, Scope& scope, Value* hold) {
  if (expr.children.empty()) return *scope.event;
  *hold = Evaluate(expr.children[0], scope);
  return *hold;
}

bool Exists(const CheckedExpr& target, Scope& scope) {
  if (target.op != ExprOp::kPath) {
    return Evaluate(target, scope).kind != Kind::kMissing;
  }
  Value hold;
  std::vector<const Value*> reached;
  Reach(target.path, 0, PathRoot(target, scope, &hold), &reached);
  return !reached.empty();
}

Value AlertField(const CheckedExpr& expr, const Scope& scope) {
  switch (expr.alert_field) {
    case dsl::AlertField::kCount:
      return MakeUint(scope.count);
    case dsl::AlertField::kTotal:
      return MakeUint(scope.total);
    case dsl::AlertField::kFolded:
      return MakeUint(scope.folded);
    case dsl::AlertField::kTime:
      return MakeTime(scope.time.value_or(scope.ts));
    case dsl::AlertField::kRule:
      return MakeText(scope.rule);
    case dsl::AlertField::kSeverity:
      return MakeText(scope.severity);
  }
  TOCSIN_CHECK(false);
}

Value ListOf(const dsl::CheckedList& list) {
  std::vector<Value> items;
  for (const Constant& value : list.values) {
    items.push_back(FromConstant(value));
  }
  return MakeList(std::move(items));
}

bool Every(const std::vector<CheckedExpr>& parts, Scope& scope) {
  for (const CheckedExpr& part : parts) {
    if (!Holds(part, scope)) return false;
  }
  return true;
}

bool Some(const std::vector<CheckedExpr>& parts, Scope& scope) {
  for (const CheckedExpr& part : parts) {
    if (Holds(part, scope)) return true;
  }
  return false;
}

Value FirstPresent(const std::vector<CheckedExpr>& parts, Scope& scope) {
  for (const CheckedExpr& part : parts) {
    Value value = Evaluate(part, scope);
    if (!value.missing()) return value;
  }
  return {};
}

// `bound.x`: the newest (or the oldest) event of the step, read in its schema.
Value OfStep(const CheckedExpr& expr, Scope& scope) {
  if (expr.index >= scope.steps.size() || scope.steps[expr.index].empty()) {
    return {};
  }
  const std::vector<StepEvent>& of = scope.steps[expr.index];
  const StepEvent step =
      expr.pick == dsl::StepPick::kOldest ? of.front() : of.back();
  Scope inner = scope;
  inner.event = step.root;
  inner.schema = &scope.rules->schemas[step.schema];
  inner.ts = step.ts;
  inner.has_time = step.has_time;
  return Evaluate(expr.children[0], inner);
}

Value StepCount(const CheckedExpr& expr, const Scope& scope) {
  if (expr.index >= scope.steps.size()) return MakeInt(0);
  return MakeInt(static_cast<std::int64_t>(scope.steps[expr.index].size()));
}

// A table's cell, or whether its row is there; every part of the key counts.
Value LookUp(const CheckedExpr& expr, Scope& scope) {
  const dsl::CheckedTable& table = scope.rules->tables[expr.index];
  const bool row_only = expr.column == dsl::kWholeRow;
  for (const std::vector<Constant>& row : table.rows) {
    bool same = true;
    for (std::size_t i = 0; i < table.key.size(); ++i) {
      const Value part = Evaluate(expr.children[i], scope);
      const Value cell = FromConstant(row[table.key[i]]);
      same = same && !part.missing() && Equal(part, cell, false);
    }
    if (same) return row_only ? MakeBool(true) : FromConstant(row[expr.column]);
  }
  return row_only ? MakeBool(false) : Value();
}

std::vector<Value> EvaluateAll(const std::vector<CheckedExpr>& parts,
                               Scope& scope) {
  std::vector<Value> out;
  for (const CheckedExpr& part : parts) out.push_back(Evaluate(part, scope));
  return out;
}

}  // namespace

Value ReadPath(const FieldPath& path, const Value& from, bool* present) {
  std::vector<const Value*> reached;
  Reach(path, 0, from, &reached);
  *present = !reached.empty();
  const std::size_t each = BeforeEach(path);
  if (each == path.size()) return reached.empty() ? Value() : *reached[0];
  const FieldPath before(path.begin(),
                         path.begin() + static_cast<std::ptrdiff_t>(each));
  bool list_there = false;
  if (ReadPath(before, from, &list_there).kind != Kind::kList) return {};
  std::vector<Value> items;
  for (const Value* value : reached) Splice(*value, &items);
  return MakeList(std::move(items));
}

bool Holds(const CheckedExpr& expr, Scope& scope) {
  return Evaluate(expr, scope).truth();
}

Value Evaluate(const CheckedExpr& expr, Scope& scope) {
  switch (expr.op) {
    case ExprOp::kConst:
      return FromConstant(expr.constant);
    case ExprOp::kList:
      return ListOf(scope.rules->lists[expr.list]);
    case ExprOp::kPath: {
      Value hold;
      bool present = false;
      return Convert(
          expr.type,
          ReadPath(expr.path, PathRoot(expr, scope, &hold), &present));
    }
    case ExprOp::kVariable:
      return Convert(expr.type, scope.slots[expr.slot]);
    case ExprOp::kDerived:
      return Evaluate(scope.schema->derives[expr.derived].expr, scope);
    case ExprOp::kEventTime:
      return scope.has_time ? MakeTime(scope.ts) : Value();
    case ExprOp::kNot:
      return MakeBool(!Holds(expr.children[0], scope));
    case ExprOp::kAnd:
      return MakeBool(Every(expr.children, scope));
    case ExprOp::kOr:
      return MakeBool(Some(expr.children, scope));
    case ExprOp::kExists:
      return MakeBool(Exists(expr.children[0], scope));
    case ExprOp::kCoalesce:
      return FirstPresent(expr.children, scope);
    case ExprOp::kAdd:
    case ExprOp::kSubtract:
    case ExprOp::kMultiply:
    case ExprOp::kDivide:
    case ExprOp::kModulo:
      return Arithmetic(expr.op, Evaluate(expr.children[0], scope),
                        Evaluate(expr.children[1], scope));
    case ExprOp::kNegate:
      return Negate(Evaluate(expr.children[0], scope));
    case ExprOp::kCall:
      if (expr.function == Function::kExists) {
        return MakeBool(Exists(expr.children[0], scope));
      }
      if (expr.function == Function::kCoalesce) {
        return FirstPresent(expr.children, scope);
      }
      return Call(expr.function, EvaluateAll(expr.children, scope));
    case ExprOp::kAny:
    case ExprOp::kAll:
    case ExprOp::kNone:
    case ExprOp::kCount:
      return Quantify(expr, scope);
    case ExprOp::kLookup:
      return LookUp(expr, scope);
    case ExprOp::kStep:
      return OfStep(expr, scope);
    case ExprOp::kStepCount:
      return StepCount(expr, scope);
    case ExprOp::kAggregate:
      return scope.aggregates[expr.index];
    case ExprOp::kKey:
      return scope.keys[expr.index];
    case ExprOp::kCollected:
      return scope.collected[expr.index];
    case ExprOp::kShown:
      return scope.shown[expr.index];
    case ExprOp::kAlertField:
      return AlertField(expr, scope);
    default:
      return MakeBool(Test(expr, scope));
  }
}

}  // namespace tocsin::reference
