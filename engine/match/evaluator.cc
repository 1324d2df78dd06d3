#include "engine/match/evaluator.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/match/compare.h"
#include "engine/match/encode.h"
#include "engine/match/functions.h"
#include "engine/program/prepared.h"

namespace tocsin {
namespace {

constexpr std::uint32_t kLastRowNumber = 0x7FFFFFFF;

bool InSet(const PreparedSet& set, const Value& value) {
  switch (value.kind) {
    case ValueKind::kBool:
      return set.HasBool(value.b);
    case ValueKind::kInt:
      return set.HasInt(value.i);
    case ValueKind::kUint:
      return set.HasUint(value.u);
    case ValueKind::kFloat:
      return set.HasFloat(value.f);
    case ValueKind::kText:
      return set.HasText(value.view());
    case ValueKind::kTime:
      return set.HasTime(value.i);
    case ValueKind::kDuration:
      return set.HasDuration(value.i);
    case ValueKind::kIp:
      return set.HasIp(*value.ip);
    case ValueKind::kCidr:
      return set.HasCidr(*value.cidr);
    default:
      return false;
  }
}

bool InNetwork(const Value& address, const Value& network) {
  return address.is(ValueKind::kIp) && network.is(ValueKind::kCidr) &&
         network.cidr->Contains(*address.ip);
}

bool FindsText(Op op, std::string_view text, std::string_view wanted) {
  switch (op) {
    case Op::kContains:
      return text.find(wanted) != std::string_view::npos;
    case Op::kStartsWith:
      return text.starts_with(wanted);
    case Op::kEndsWith:
      return text.ends_with(wanted);
    default:
      return LikeMatches(wanted, text);
  }
}

// How many values the lists among constants hold.
std::size_t ItemsOf(const Constant& constant) {
  const auto* list = std::get_if<ConstantList>(&constant.value);
  if (list == nullptr) return 0;
  std::size_t items = list->size();
  for (const Constant& item : *list) items += ItemsOf(item);
  return items;
}

}  // namespace

Value FromConstant(const Constant& constant, std::vector<Value>* items) {
  const auto& value = constant.value;
  if (const auto* b = std::get_if<bool>(&value)) return BoolValue(*b);
  if (const auto* i = std::get_if<std::int64_t>(&value)) return IntValue(*i);
  if (const auto* u = std::get_if<std::uint64_t>(&value)) {
    return UintValue(*u);
  }
  if (const auto* f = std::get_if<double>(&value)) return FloatValue(*f);
  if (const auto* s = std::get_if<std::string>(&value)) return TextValue(*s);
  if (const auto* time = std::get_if<Time>(&value)) return TimeValue(time->us);
  if (const auto* duration = std::get_if<Duration>(&value)) {
    return DurationValue(duration->us);
  }
  if (const auto* ip = std::get_if<IpAddress>(&value)) return IpValue(ip);
  if (const auto* cidr = std::get_if<Cidr>(&value)) return CidrValue(cidr);
  if (const auto* list = std::get_if<ConstantList>(&value)) {
    const std::size_t first = items->size();
    items->resize(first + list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Value item = FromConstant((*list)[i], items);
      (*items)[first + i] = item;
    }
    return ListValue(items->data() + first, list->size());
  }
  return MissingValue();
}

Evaluator::Evaluator(const RuleSet* rules, Memory memory)
    : pool_(rules->exprs),
      tables_(rules->tables),
      reader_(&rules->projection),
      remembers_(memory == Memory::kOfRow),
      tests_(remembers_ ? pool_.size() : 0),
      values_(remembers_ ? pool_.size() : 0),
      variables_(kVariableSlots),
      zone_spans_(pool_.zone_count()) {
  if (!remembers_) return;
  std::size_t items = 0;
  for (std::uint32_t i = 0; i < pool_.constant_count(); ++i) {
    items += ItemsOf(pool_.constant(i));
  }
  constant_items_.reserve(items);
  constants_.reserve(pool_.constant_count());
  for (std::uint32_t i = 0; i < pool_.constant_count(); ++i) {
    constants_.push_back(FromConstant(pool_.constant(i), &constant_items_));
  }
}

Evaluator::~Evaluator() = default;

bool Evaluator::Remembers(const ExprNode& node) const {
  return node.shared && !node.varies && !node.alert &&
         node.op != Op::kConstant && node.op != Op::kEventTime && remembers_;
}

void Evaluator::BeginAlone() {
  if (alone_ == nullptr) {
    alone_ = std::make_unique<EventBatch>();
    alone_->rows.resize(1);
    alone_->cells.resize(reader_.fields());
  }
  Begin(alone_.get(), 0);
  time_us_ = kNoTime;
}

void Evaluator::Begin(EventBatch* batch, std::size_t row) {
  reader_.Begin(batch, row);
  if (++row_number_ > kLastRowNumber) {
    std::fill(tests_.begin(), tests_.end(), 0);
    for (Remembered& value : values_) value.row = 0;
    row_number_ = 1;
  }
}

std::int64_t Evaluator::OffsetAt(std::uint32_t zone, std::int64_t utc_us) {
  Zone::Span& span = zone_spans_[zone];
  if (utc_us < span.begin_us || utc_us >= span.end_us) {
    span = pool_.zone(zone).At(utc_us);
  }
  return span.offset_us;
}

bool Evaluator::Test(ExprId id) {
  const ExprNode& node = pool_.node(id);
  if (!Remembers(node)) return Decide(node);
  std::uint32_t& remembered = tests_[id];
  if (remembered >> 1 == row_number_) return (remembered & 1) != 0;
  const bool answer = Decide(node);
  remembered = row_number_ << 1 | (answer ? 1 : 0);
  return answer;
}

bool Evaluator::Decide(const ExprNode& node) {
  switch (node.op) {
    case Op::kNot:
      return !Test(pool_.child(node, 0));
    case Op::kAnd:
      for (const ExprId child : pool_.children(node)) {
        if (!Test(child)) return false;
      }
      return true;
    case Op::kOr:
      for (const ExprId child : pool_.children(node)) {
        if (Test(child)) return true;
      }
      return false;
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
    case Op::kIn:
    case Op::kInRange:
    case Op::kContains:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kLike:
    case Op::kMatches:
      return DecideComparison(node);
    case Op::kExists:
      return Exists(node);
    case Op::kAny:
    case Op::kAll:
    case Op::kNone:
      return DecideQuantifier(node);
    default: {
      const Value value = Compute(node);
      return value.is(ValueKind::kBool) && value.b;
    }
  }
}

bool Evaluator::Exists(const ExprNode& node) {
  const ExprId of = pool_.child(node, 0);
  const ExprNode& path = pool_.node(of);
  if (path.op == Op::kField) {
    return reader_.Has(static_cast<FieldId>(path.index));
  }
  const Value value = Eval(of);
  if (value.kind == ValueKind::kMissing) return false;
  if (path.op != Op::kNavigate || value.kind != ValueKind::kList) return true;
  // Of a path with [*]: something was reached.
  const FieldPath& steps = pool_.path(path.index);
  const bool each =
      std::any_of(steps.begin(), steps.end(), [](const PathSegment& step) {
        return step.kind == PathSegment::Kind::kEach;
      });
  return !each || value.size > 0;
}

bool Evaluator::DecideComparison(const ExprNode& node) {
  const bool none = node.elements == ElementMode::kNone;
  const Value left = Eval(pool_.child(node, 0));
  if (left.missing()) return none;
  Value right, high;
  if (node.index == kNoIndex) {
    right = Eval(pool_.child(node, 1));
    if (node.op == Op::kInRange) high = Eval(pool_.child(node, 2));
  }
  if (left.kind != ValueKind::kList) {
    return Passes(node, left, right, high) != none;
  }
  const std::span<const Value> items = reader_.Items(left);
  if (node.elements == ElementMode::kAll) {
    for (const Value& item : items) {
      if (!Passes(node, item, right, high)) return false;
    }
    return !items.empty();
  }
  for (const Value& item : items) {
    if (Passes(node, item, right, high)) return !none;
  }
  return none;
}

bool Evaluator::Passes(const ExprNode& node, const Value& left,
                       const Value& right, const Value& high) {
  if (left.missing()) return false;
  switch (node.op) {
    case Op::kEqual:
      if (right.kind != ValueKind::kList) {
        return EqualValues(left, right, node.nocase);
      }
      for (const Value& item : reader_.Items(right)) {
        if (EqualValues(left, item, node.nocase)) return true;
      }
      return false;
    case Op::kIn:
      if (node.index != kNoIndex) return InSet(pool_.set(node.index), left);
      if (right.kind == ValueKind::kCidr) return InNetwork(left, right);
      for (const Value& item : reader_.Items(right)) {
        if (EqualValues(left, item, node.nocase) || InNetwork(left, item)) {
          return true;
        }
      }
      return false;
    case Op::kLess:
      return CompareValues(left, right) == Order::kLess;
    case Op::kGreater:
      return CompareValues(left, right) == Order::kGreater;
    case Op::kLessEqual: {
      const Order order = CompareValues(left, right);
      return order == Order::kLess || order == Order::kEqual;
    }
    case Op::kGreaterEqual: {
      const Order order = CompareValues(left, right);
      return order == Order::kGreater || order == Order::kEqual;
    }
    case Op::kInRange: {
      const Order low = CompareValues(left, right);
      const Order top = CompareValues(left, high);
      return (low == Order::kGreater || low == Order::kEqual) &&
             (top == Order::kLess || top == Order::kEqual);
    }
    default:
      return PassesText(node, left, right);
  }
}

bool Evaluator::PassesText(const ExprNode& node, const Value& left,
                           const Value& right) {
  if (left.kind != ValueKind::kText) return false;
  if (node.index != kNoIndex) {
    return pool_.pattern(node.index).Matches(left.view(), reader_.folded());
  }
  std::string_view text = left.view();
  if (node.nocase) {
    FoldAscii(text, reader_.folded());
    text = reader_.scratch().Copy(*reader_.folded());
  }
  const auto finds = [&](const Value& wanted) {
    if (wanted.kind != ValueKind::kText) return false;
    if (!node.nocase) return FindsText(node.op, text, wanted.view());
    FoldAscii(wanted.view(), reader_.folded());
    return FindsText(node.op, text, *reader_.folded());
  };
  if (right.kind != ValueKind::kList) return finds(right);
  const std::span<const Value> items = reader_.Items(right);
  for (const Value& item : items) {
    if (finds(item) != node.all) return !node.all;
  }
  return node.all && !items.empty();
}

bool Evaluator::DecideQuantifier(const ExprNode& node) {
  const Value domain = Eval(pool_.child(node, 0));
  const std::span<const Value> items = reader_.Items(domain);
  const ExprId body = pool_.child(node, 1);
  const bool all = node.op == Op::kAll;
  // A derived field may be read inside another quantifier of the same slot.
  const Value outer = variables_[node.index];
  bool decided = false;
  for (std::size_t i = 0; i < items.size() && !decided; ++i) {
    variables_[node.index] = items[i];
    decided = Test(body) != all;
  }
  variables_[node.index] = outer;
  if (decided) return node.op == Op::kAny;
  return all ? !items.empty() : node.op == Op::kNone;
}

Value Evaluator::Eval(ExprId id) {
  const ExprNode& node = pool_.node(id);
  if (!Remembers(node)) return Compute(node);
  Remembered& remembered = values_[id];
  if (remembered.row != row_number_) {
    const Value value = Compute(node);
    remembered = {row_number_, value};
  }
  return remembered.value;
}

Value Evaluator::Compute(const ExprNode& node) {
  switch (node.op) {
    case Op::kConstant:
      if (!remembers_) return ComputeConstant(node);
      return constants_[node.index];
    case Op::kField:
      return reader_.Field(static_cast<FieldId>(node.index));
    case Op::kNavigate:
      return reader_.Navigate(Eval(pool_.child(node, 0)),
                              pool_.path(node.index));
    case Op::kConvert:
      return ConvertEach(node.convert, Eval(pool_.child(node, 0)));
    case Op::kVariable:
      return variables_[node.index];
    case Op::kEventTime:
      return time_us_ == kNoTime ? MissingValue() : TimeValue(time_us_);
    case Op::kKey:
    case Op::kCollected:
    case Op::kAlertField:
      return ComputeAlertValue(node);
    case Op::kCaptured:
    case Op::kStepCount:
    case Op::kStepValue:
    case Op::kAggregate:
      return ComputeStored(node);
    case Op::kLookup:
      return ComputeLookup(node);
    case Op::kCoalesce:
      for (const ExprId child : pool_.children(node)) {
        const Value value = Eval(child);
        if (!value.missing()) return value;
      }
      return MissingValue();
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
      return ComputeArithmetic(node);
    case Op::kNegate:
      return Negate(Eval(pool_.child(node, 0)));
    case Op::kCall:
      return ComputeCall(node);
    case Op::kCount: {
      const Value domain = Eval(pool_.child(node, 0));
      const Value outer = variables_[node.index];
      std::int64_t count = 0;
      for (const Value& item : reader_.Items(domain)) {
        variables_[node.index] = item;
        if (Test(pool_.child(node, 1))) ++count;
      }
      variables_[node.index] = outer;
      return IntValue(count);
    }
    default:
      return BoolValue(Decide(node));
  }
}

Value Evaluator::ComputeArithmetic(const ExprNode& node) {
  const Value a = Eval(pool_.child(node, 0));
  const Value b = Eval(pool_.child(node, 1));
  const auto op = static_cast<Arithmetic>(static_cast<int>(node.op) -
                                          static_cast<int>(Op::kAdd));
  return tocsin::Compute(op, a, b);
}

Value Evaluator::ConvertEach(TypeKind kind, const Value& value) {
  if (value.kind != ValueKind::kList) {
    return ConvertValue(kind, value, &reader_.scratch());
  }
  const std::span<const Value> items = reader_.Items(value);
  Value* converted = reader_.scratch().Make<Value>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    converted[i] = ConvertValue(kind, items[i], &reader_.scratch());
  }
  return ListValue(converted, items.size());
}

Value Evaluator::ComputeCall(const ExprNode& node) {
  constexpr std::size_t kMost = 3;  // coalesce is a node of its own.
  Value room[kMost];
  const std::span<const ExprId> children = pool_.children(node);
  TOCSIN_DCHECK(children.size() <= kMost);
  for (std::size_t i = 0; i < children.size(); ++i) room[i] = Eval(children[i]);
  const std::span<const Value> arguments(room, children.size());
  const Value& first = arguments[0];
  switch (node.function) {
    case Function::kIp:
      return ConvertEach(TypeKind::kIp, first);
    case Function::kCidr:
      return ConvertEach(TypeKind::kCidr, first);
    case Function::kTime:
      return ConvertEach(TypeKind::kTime, first);
    case Function::kHour:
    case Function::kWeekday:
    case Function::kTimeOfDay:
      if (first.kind != ValueKind::kTime) return {};
      return CallClock(node.function, first.i + OffsetAt(node.index, first.i));
    case Function::kExtract: {
      std::string_view group;
      if (first.kind != ValueKind::kText ||
          !pool_.pattern(node.index).FirstGroup(first.view(), &group)) {
        return {};
      }
      return TextValue(group);
    }
    case Function::kText:
    case Function::kInt:
    case Function::kFloat:
    case Function::kLen:
    case Function::kKeysOf:
    case Function::kValuesOf:
    case Function::kJoin:
      return CallShape(node.function, arguments, &reader_);
    case Function::kBase64Decode:
    case Function::kJsonParse:
    case Function::kUrlDecode:
    case Function::kUrlQuery:
      return CallParse(node.function, arguments, &reader_);
    default:
      return CallText(node.function, arguments, &reader_);
  }
}

// Without memory there is no room for the constants of all rules.
Value Evaluator::ComputeConstant(const ExprNode& node) {
  const Constant& constant = pool_.constant(node.index);
  constant_items_.clear();
  if (!std::holds_alternative<ConstantList>(constant.value)) {
    return FromConstant(constant, &constant_items_);
  }
  constant_items_.reserve(ItemsOf(constant));
  const Value list = FromConstant(constant, &constant_items_);
  return reader_.MakeList({list.items, list.size});
}

}  // namespace tocsin
