// GroupRows: what an event leaves in its groups, in the layout of match.h.
#include <cmath>
#include <limits>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/match/encode.h"
#include "engine/match/group_rows.h"

namespace tocsin {
namespace {

// Combinations of list-valued parts of one distinct().
constexpr std::size_t kTuples = 1'024;

void PatchLittleEndian32(std::size_t at, std::uint32_t number,
                         std::string* out) {
  for (int i = 0; i < 4; ++i) {
    (*out)[at + i] = static_cast<char>(number >> (8 * i) & 0xFF);
  }
}

// What sums and the like take.
bool AsNumber(const Value& value, double* number) {
  switch (value.kind) {
    case ValueKind::kInt:
      *number = static_cast<double>(value.i);
      return true;
    case ValueKind::kUint:
      *number = static_cast<double>(value.u);
      return true;
    case ValueKind::kFloat:
      *number = value.f;
      return std::isfinite(value.f);
    default:
      return false;
  }
}

}  // namespace

void GroupRows::AppendValues(const RuleProgram& rule, const Reading& reading,
                             Evaluator* evaluator, std::string* out) {
  if (!rule.events.empty()) PutNumber(reading.mask, out);
  for (const AggregateProgram& aggregate : rule.aggregates) {
    const bool passes =
        reading.Takes(aggregate.event, aggregate.schema) &&
        (aggregate.filter == kNoExpr || evaluator->Test(aggregate.filter));
    AppendAggregate(aggregate, passes, evaluator, out);
    if (aggregate.threshold_of == kNoExpr) continue;
    double threshold = std::numeric_limits<double>::quiet_NaN();
    if (passes) AsNumber(evaluator->Eval(aggregate.threshold_of), &threshold);
    PutNumber(threshold, out);
  }
  for (const CaptureProgram& capture : rule.captures) {
    cut_.clear();
    if (reading.Takes(capture.event, capture.schema)) {
      AppendCapture(capture, evaluator, &cut_);
    }
    AppendSized(cut_, out);
  }
  for (const CollectProgram& collect : rule.collects) {
    AppendCollect(collect, reading.Takes(collect.event, collect.schema),
                  evaluator, out);
  }
}

void GroupRows::AppendCapture(const CaptureProgram& capture,
                              Evaluator* evaluator, std::string* out) {
  const Value value = evaluator->Eval(capture.expr);
  if (value.missing()) return;
  AppendCutEncoding(value, &evaluator->reader(), out);
  if (!capture.compared || out->size() <= limits::kValueBytes) return;
  std::string whole;
  AppendEncoding(value, &evaluator->reader(), &whole);
  if (whole == *out) return;
  std::string front;
  AppendCanonicalAsText(*out, &front);
  out->clear();
  AppendCanonicalText(CutAtCharacter(front, limits::kValueBytes), out);
  *out += "#";
  *out += ToHex(HashWide(whole));
}

void GroupRows::AppendCollect(const CollectProgram& collect, bool passes,
                              Evaluator* evaluator, std::string* out) {
  RowReader& reader = evaluator->reader();
  const std::size_t at = out->size();
  std::uint32_t count = 0;
  PutNumber(count, out);
  if (!passes) return;
  const auto add = [&](const Value& value) {
    if (value.missing()) return;
    cut_.clear();
    AppendCutEncoding(value, &reader, &cut_);
    AppendSized(cut_, out);
    ++count;
  };
  const Value value = evaluator->Eval(collect.expr);
  if (value.is(ValueKind::kList)) {
    for (const Value& item : reader.Items(value)) add(item);
  } else {
    add(value);
  }
  PatchLittleEndian32(at, count, out);
}

void GroupRows::AppendAggregate(const AggregateProgram& aggregate, bool passes,
                                Evaluator* evaluator, std::string* out) {
  using Kind = AggregateProgram::Kind;
  if (aggregate.kind == Kind::kCount) {
    *out += static_cast<char>(passes ? 1 : 0);
    return;
  }
  const bool tuples =
      aggregate.kind == Kind::kDistinct || aggregate.kind == Kind::kNew;
  const std::size_t at = out->size();
  if (tuples) *out += '\0';
  PutNumber(std::uint32_t{0}, out);
  if (!passes) return;
  if (!tuples) return AppendNumbers(aggregate, evaluator, out);
  AppendTuples(aggregate, evaluator, out);
  const bool any = out->size() > at + 5;
  (*out)[at] = static_cast<char>(any ? 1 : 0);
}

void GroupRows::AppendNumbers(const AggregateProgram& aggregate,
                              Evaluator* evaluator, std::string* out) {
  const std::size_t count_at = out->size() - 4;
  std::uint32_t count = 0;
  const auto add = [&](const Value& value) {
    double number = 0;
    if (!AsNumber(value, &number)) return;
    PutNumber(number, out);
    ++count;
  };
  const Value value = evaluator->Eval(aggregate.values[0]);
  if (value.is(ValueKind::kList)) {
    for (const Value& item : evaluator->reader().Items(value)) add(item);
  } else {
    add(value);
  }
  PatchLittleEndian32(count_at, count, out);
}

void GroupRows::AppendTuples(const AggregateProgram& aggregate,
                             Evaluator* evaluator, std::string* out) {
  const std::size_t count_at = out->size() - 4;
  bytes_.clear();
  pieces_.clear();
  parts_.clear();
  static const KeyProgram kPlain;
  RowReader& reader = evaluator->reader();
  for (const ExprId id : aggregate.values) {
    const std::size_t first = pieces_.size();
    const Value value = evaluator->Eval(id);
    if (value.is(ValueKind::kList)) {
      for (const Value& item : reader.Items(value)) {
        if (!item.missing()) AddPiece(item, kPlain, evaluator);
      }
    } else if (!value.missing()) {
      AddPiece(value, kPlain, evaluator);
    }
    if (pieces_.size() == first) return;
    parts_.push_back({first, pieces_.size() - first});
  }
  at_.assign(parts_.size(), 0);
  const bool combined = parts_.size() > 1;
  std::uint32_t count = 0;
  do {
    cut_.clear();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      AppendSized(Text(pieces_[parts_[i].first + at_[i]]), &cut_);
    }
    AppendSized(cut_, out);
    ++count;
  } while (Advance() && (!combined || count < kTuples));
  PatchLittleEndian32(count_at, count, out);
}

}  // namespace tocsin
