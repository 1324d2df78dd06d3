#include "dsl/compile/expr_compiler.h"

#include <utility>

#include "engine/base/check.h"

namespace tocsin::dsl {
namespace {

// What JSON of this declared type is converted to; kAny: nothing.
TypeKind Conversion(const Type& type) {
  const TypeKind kind =
      type.kind == TypeKind::kList ? type.element[0].kind : type.kind;
  switch (kind) {
    case TypeKind::kTime:
    case TypeKind::kDuration:
    case TypeKind::kIp:
    case TypeKind::kCidr:
      return kind;
    default:
      return TypeKind::kAny;
  }
}

Op OpOf(ExprOp op) {
  switch (op) {
    case ExprOp::kEq:
      return Op::kEqual;
    case ExprOp::kLess:
      return Op::kLess;
    case ExprOp::kLessEq:
      return Op::kLessEqual;
    case ExprOp::kGreater:
      return Op::kGreater;
    case ExprOp::kGreaterEq:
      return Op::kGreaterEqual;
    case ExprOp::kInRange:
      return Op::kInRange;
    case ExprOp::kContains:
      return Op::kContains;
    case ExprOp::kStartsWith:
      return Op::kStartsWith;
    case ExprOp::kEndsWith:
      return Op::kEndsWith;
    case ExprOp::kLike:
      return Op::kLike;
    case ExprOp::kMatches:
      return Op::kMatches;
    case ExprOp::kNot:
      return Op::kNot;
    case ExprOp::kAnd:
      return Op::kAnd;
    case ExprOp::kOr:
      return Op::kOr;
    case ExprOp::kCoalesce:
      return Op::kCoalesce;
    case ExprOp::kAdd:
      return Op::kAdd;
    case ExprOp::kSubtract:
      return Op::kSubtract;
    case ExprOp::kMultiply:
      return Op::kMultiply;
    case ExprOp::kDivide:
      return Op::kDivide;
    case ExprOp::kModulo:
      return Op::kModulo;
    case ExprOp::kNegate:
      return Op::kNegate;
    case ExprOp::kAny:
      return Op::kAny;
    case ExprOp::kAll:
      return Op::kAll;
    case ExprOp::kNone:
      return Op::kNone;
    case ExprOp::kCount:
      return Op::kCount;
    case ExprOp::kKey:
      return Op::kKey;
    case ExprOp::kCollected:
      return Op::kCollected;
    default:
      break;
  }
  TOCSIN_CHECK(false && "an expression without a program");
  return Op::kConstant;
}

}  // namespace

ExprId ExprCompiler::Node(Op op, std::vector<ExprId> children,
                          std::uint32_t index) {
  ExprNode node;
  node.op = op;
  node.index = index;
  return builder_.Add(node, children);
}

std::vector<ExprId> ExprCompiler::CompileAll(
    const std::vector<CheckedExpr>& exprs) {
  std::vector<ExprId> ids;
  for (const CheckedExpr& expr : exprs) ids.push_back(Compile(expr));
  return ids;
}

ExprId ExprCompiler::Compile(const CheckedExpr& expr) {
  if (reading_ == Reading::kSlots && IsOfTheEvent(expr)) {
    return Slot(expr, tocsin::kNoEvent, false);
  }
  switch (expr.op) {
    case ExprOp::kConst:
      return builder_.AddConstant(expr.constant);
    case ExprOp::kList:
      return builder_.AddConstant(Constant{rules_.lists[expr.list].values});
    case ExprOp::kPath:
      return Path(expr, Columns::Use::kValue);
    case ExprOp::kVariable:
      return Node(Op::kVariable, {}, expr.slot);
    case ExprOp::kDerived:
      return Derived(expr.derived);
    case ExprOp::kEventTime:
      return Node(Op::kEventTime, {});
    case ExprOp::kIn:
      return In(expr);
    case ExprOp::kEq:
    case ExprOp::kLess:
    case ExprOp::kLessEq:
    case ExprOp::kGreater:
    case ExprOp::kGreaterEq:
    case ExprOp::kInRange:
      return Comparison(expr, OpOf(expr.op));
    case ExprOp::kContains:
    case ExprOp::kStartsWith:
    case ExprOp::kEndsWith:
    case ExprOp::kLike:
    case ExprOp::kMatches:
      return TextTest(expr, OpOf(expr.op));
    case ExprOp::kExists:
      return Exists(expr.children[0]);
    case ExprOp::kCall:
      return Call(expr);
    case ExprOp::kAny:
    case ExprOp::kAll:
    case ExprOp::kNone:
    case ExprOp::kCount:
      return Node(OpOf(expr.op), CompileAll(expr.children), expr.slot);
    case ExprOp::kKey:
    case ExprOp::kCollected:
      return Node(OpOf(expr.op), {}, expr.index);
    case ExprOp::kShown:
      TOCSIN_CHECK(rule_ != nullptr && expr.index < rule_->shows.size());
      return Compile(rule_->shows[expr.index].expr);
    case ExprOp::kStep:
      return Step(expr);
    case ExprOp::kStepCount:
      return Node(Op::kStepCount, {}, expr.index);
    case ExprOp::kAggregate:
      return Node(Op::kAggregate, {}, first_aggregate_ + expr.index);
    case ExprOp::kLookup:
      return Lookup(expr);
    case ExprOp::kAlertField:
      return Node(Op::kAlertField, {},
                  static_cast<std::uint32_t>(expr.alert_field));
    default:
      return Node(OpOf(expr.op), CompileAll(expr.children));
  }
}

// What is below is read in the step's own schema, where the event stands.
ExprId ExprCompiler::Step(const CheckedExpr& expr) {
  TOCSIN_CHECK(rule_ != nullptr && expr.index < rule_->events.size());
  const std::uint32_t outer =
      std::exchange(schema_, rule_->events[expr.index].schema);
  const CheckedExpr& value = expr.children[0];
  ExprId id = kNoExpr;
  if (reading_ == Reading::kSlots) {
    id = Slot(value, expr.index, expr.pick == StepPick::kOldest);
  } else {
    const Reading reading = std::exchange(reading_, Reading::kEvent);
    id = Compile(value);
    reading_ = reading;
    if (reading_ == Reading::kSteps) {
      const std::uint32_t capture = captures_.Add(
          value, id, expr.index, schema_, schema_index_[schema_], true);
      builder_.AddRoot(id);
      ExprNode node;
      node.op = Op::kStepValue;
      node.index = capture;
      node.step = step_of_event_[expr.index];
      id = builder_.Add(node, {});
    }
  }
  schema_ = outer;
  return id;
}

ExprId ExprCompiler::Slot(const CheckedExpr& expr, std::uint32_t event,
                          bool oldest) {
  const Reading reading = std::exchange(reading_, Reading::kEvent);
  const ExprId id = Compile(expr);
  reading_ = reading;
  builder_.AddRoot(id);
  const std::uint32_t capture =
      captures_.Add(expr, id, event, schema_, schema_index_[schema_], false);
  return Node(Op::kCaptured, {}, captures_.AddSlot(capture, oldest));
}

ExprId ExprCompiler::Lookup(const CheckedExpr& expr) {
  ExprNode node;
  node.op = Op::kLookup;
  node.index = expr.index;
  node.step = expr.column == kWholeRow ? kNoIndex : expr.column;
  return builder_.Add(node, CompileAll(expr.children));
}

ExprId ExprCompiler::Path(const CheckedExpr& expr, Columns::Use use) {
  ExprId id = kNoExpr;
  if (!expr.children.empty()) {
    id = builder_.AddNavigate(Compile(expr.children[0]), expr.path);
  } else {
    const ColumnPath column =
        columns_.Add(rules_.schemas[schema_].type, expr.path, use);
    id = builder_.AddNavigate(builder_.AddField(column.field), column.rest);
  }
  const TypeKind conversion = Conversion(expr.type);
  if (conversion == TypeKind::kAny || use != Columns::Use::kValue) return id;
  ExprNode node;
  node.op = Op::kConvert;
  node.convert = conversion;
  return builder_.Add(node, {id});
}

ExprId ExprCompiler::Derived(std::uint32_t derived) {
  const std::uint64_t key = std::uint64_t{schema_} << 32 | derived;
  const auto found = derived_.find(key);
  if (found != derived_.end()) return found->second;
  const ExprId id = Compile(rules_.schemas[schema_].derives[derived].expr);
  derived_.emplace(key, id);
  return id;
}

ExprId ExprCompiler::Exists(const CheckedExpr& path) {
  const ExprId id = path.op == ExprOp::kPath
                        ? Path(path, Columns::Use::kPresence)
                        : Compile(path);
  return Node(Op::kExists, {id});
}

ExprId ExprCompiler::Call(const CheckedExpr& expr) {
  const auto text = [&](std::size_t i) {
    return std::get<std::string>(expr.children[i].constant.value);
  };
  ExprNode node;
  node.op = Op::kCall;
  node.function = expr.function;
  switch (expr.function) {
    case Function::kExists:
      return Exists(expr.children[0]);
    case Function::kCoalesce:
      return Node(Op::kCoalesce, CompileAll(expr.children));
    case Function::kExtract:
      node.index = builder_.Pattern("", PreparedPattern::Kind::kRegex,
                                    {text(1)}, expr.nocase, false);
      return builder_.Add(node, {Compile(expr.children[0])});
    case Function::kHour:
    case Function::kWeekday:
    case Function::kTimeOfDay:
      node.index = builder_.ZoneIndex(text(1));
      return builder_.Add(node, {Compile(expr.children[0])});
    case Function::kText:
      if (expr.children[0].op == ExprOp::kPath &&
          Conversion(expr.children[0].type) == TypeKind::kAny) {
        return builder_.Add(node,
                            {Path(expr.children[0], Columns::Use::kJson)});
      }
      break;
    default:
      break;
  }
  return builder_.Add(node, CompileAll(expr.children));
}

ExprId ExprCompiler::CompileFilters(const std::vector<CheckedFilter>& filters) {
  std::vector<ExprId> parts;
  for (const CheckedFilter& filter : filters) {
    const ExprId part = Compile(filter.expr);
    const bool exception =
        filter.origin == CheckedFilter::Origin::kDefaultsUnless ||
        filter.origin == CheckedFilter::Origin::kUnless ||
        filter.origin == CheckedFilter::Origin::kTuneUnless;
    if (exception) {
      parts.push_back(Node(Op::kNot, {part}));
    } else if (filter.expr.op == ExprOp::kAnd) {
      // One flat conjunction: its cheapest part decides first.
      for (const CheckedExpr& child : filter.expr.children) {
        parts.push_back(Compile(child));
      }
    } else {
      parts.push_back(part);
    }
  }
  if (parts.empty()) return builder_.AddConstant(Constant{true});
  return Node(Op::kAnd, std::move(parts));
}

ExprId ExprCompiler::CompileAmong(const CheckedKey& key) {
  const CheckedList& list = rules_.lists[*key.among];
  ExprId element = Node(Op::kVariable, {}, kAmongSlot);
  if (list.element == TypeKind::kIp || list.element == TypeKind::kCidr) {
    ExprNode convert;
    convert.op = Op::kConvert;
    convert.convert = TypeKind::kIp;
    element = builder_.Add(convert, {element});
  }
  return Node(Op::kIn, {element}, builder_.Set(list.name, list.values, false));
}

}  // namespace tocsin::dsl
