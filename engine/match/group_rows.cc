#include "engine/match/group_rows.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/match/encode.h"

namespace tocsin {
namespace {

// Combinations of list-valued parts of one distinct().
constexpr std::size_t kTuples = 1'024;

void AppendLittleEndian32(std::uint32_t number, std::string* out) {
  for (int shift = 0; shift < 32; shift += 8) {
    *out += static_cast<char>(number >> shift & 0xFF);
  }
}

void PatchLittleEndian32(std::size_t at, std::uint32_t number,
                         std::string* out) {
  for (int i = 0; i < 4; ++i) {
    (*out)[at + i] = static_cast<char>(number >> (8 * i) & 0xFF);
  }
}

}  // namespace

void GroupRows::Append(const RuleProgram& rule, std::uint32_t index,
                       std::uint32_t event, Evaluator* evaluator,
                       RuleCounts* counts, MatchResult* result) {
  if (!ReadKey(rule, evaluator, counts)) {
    ++counts->no_key;
    return;
  }
  const std::size_t first_row = result->rows.size();
  do {
    MatchedRow row;
    row.event = event;
    row.rule = index;
    row.key_offset = static_cast<std::uint32_t>(result->arena.size());
    AppendKey(rule.by.size(), &result->arena);
    row.key_size =
        static_cast<std::uint32_t>(result->arena.size()) - row.key_offset;
    key_ = uids_[index];
    key_ += result->Key(row);
    row.key_hash = Hash64(key_, key_seed_);
    result->rows.push_back(row);
  } while (Advance());
  const auto begin =
      result->rows.begin() + static_cast<std::ptrdiff_t>(first_row);
  std::sort(begin, result->rows.end(),
            [&](const MatchedRow& a, const MatchedRow& b) {
              return result->Key(a) < result->Key(b);
            });
  const auto offset = static_cast<std::uint32_t>(result->arena.size());
  AppendValues(rule, evaluator, &result->arena);
  const auto size = static_cast<std::uint32_t>(result->arena.size()) - offset;
  for (auto row = begin; row != result->rows.end(); ++row) {
    row->values_offset = offset;
    row->values_size = size;
  }
}

// ---- key --------------------------------------------------------------------

bool GroupRows::ReadKey(const RuleProgram& rule, Evaluator* evaluator,
                        RuleCounts* counts) {
  bytes_.clear();
  pieces_.clear();
  parts_.clear();
  for (const KeyProgram& part : rule.by) {
    const std::size_t first = pieces_.size();
    if (!ReadPart(part, evaluator, counts)) return false;
    parts_.push_back({first, pieces_.size() - first});
  }
  at_.assign(parts_.size(), 0);
  return true;
}

bool GroupRows::ReadPart(const KeyProgram& part, Evaluator* evaluator,
                         RuleCounts* counts) {
  const std::size_t first = pieces_.size();
  const Value value = evaluator->Eval(part.expr);
  if (part.each && value.is(ValueKind::kList)) {
    for (const Value& item : evaluator->reader().Items(value)) {
      if (item.missing() || !AddPiece(item, part, evaluator)) continue;
      if (StoodAlready(first)) {
        pieces_.pop_back();
      } else if (pieces_.size() - first > limits::kEachElements) {
        pieces_.pop_back();
        ++counts->each_overflow;
      }
    }
  } else if (!value.missing()) {
    AddPiece(value, part, evaluator);
  }
  if (pieces_.size() > first) return true;
  const bool nothing =
      value.missing() ||
      (part.each && value.is(ValueKind::kList) && value.size == 0);
  if (!part.missing_ok || !nothing) return false;
  const std::size_t offset = bytes_.size();
  AppendCanonicalMissing(&bytes_);
  pieces_.push_back({offset, bytes_.size() - offset});
  return true;
}

bool GroupRows::AddPiece(const Value& value, const KeyProgram& part,
                         Evaluator* evaluator) {
  if (part.among != kNoExpr) {
    evaluator->SetVariable(kAmongSlot, value);
    if (!evaluator->Test(part.among)) return false;
  }
  const std::size_t offset = bytes_.size();
  AppendEncoding(value, &evaluator->reader(), &bytes_);
  pieces_.push_back({offset, bytes_.size() - offset});
  return true;
}

bool GroupRows::StoodAlready(std::size_t first_piece) const {
  const std::string_view last = Text(pieces_.back());
  for (std::size_t i = first_piece; i + 1 < pieces_.size(); ++i) {
    if (Text(pieces_[i]) == last) return true;
  }
  return false;
}

bool GroupRows::Advance() {
  for (std::size_t i = at_.size(); i-- > 0;) {
    if (++at_[i] < parts_[i].count) return true;
    at_[i] = 0;
  }
  return false;
}

void GroupRows::AppendKey(std::size_t parts, std::string* out) {
  const std::size_t begin = out->size();
  for (std::size_t i = 0; i < parts; ++i) {
    AppendSized(Text(pieces_[parts_[i].first + at_[i]]), out);
  }
  if (out->size() - begin <= limits::kKeyBytes) return;
  // Too long: texts keep their front, and the hash of the whole.
  out->resize(begin);
  const std::size_t share =
      std::max<std::size_t>(limits::kKeyBytes / parts, 128) - 64;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::string_view encoding = Text(pieces_[parts_[i].first + at_[i]]);
    if (encoding.size() <= share) {
      AppendSized(encoding, out);
      continue;
    }
    std::string text;  // Rare: nobody's name is this long.
    AppendCanonicalAsText(encoding, &text);
    cut_.clear();
    AppendCanonicalText(CutAtCharacter(text, share), &cut_);
    cut_ += "#";
    cut_ += ToHex(HashWide(encoding));
    AppendSized(cut_, out);
  }
}

// ---- values -----------------------------------------------------------------

void GroupRows::AppendValues(const RuleProgram& rule, Evaluator* evaluator,
                             std::string* out) {
  for (const AggregateProgram& aggregate : rule.aggregates) {
    AppendAggregate(aggregate, evaluator, out);
  }
  RowReader& reader = evaluator->reader();
  for (const CollectProgram& collect : rule.collects) {
    const std::size_t at = out->size();
    std::uint32_t count = 0;
    AppendLittleEndian32(0, out);
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
}

void GroupRows::AppendAggregate(const AggregateProgram& aggregate,
                                Evaluator* evaluator, std::string* out) {
  const bool passes =
      aggregate.filter == kNoExpr || evaluator->Test(aggregate.filter);
  if (aggregate.kind == AggregateProgram::Kind::kCount) {
    *out += static_cast<char>(passes ? 1 : 0);
    return;
  }
  const std::size_t at = out->size();
  *out += '\0';
  AppendLittleEndian32(0, out);
  if (!passes) return;
  AppendTuples(aggregate, evaluator, out);
  const bool any = out->size() > at + 5;
  (*out)[at] = static_cast<char>(any ? 1 : 0);
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
