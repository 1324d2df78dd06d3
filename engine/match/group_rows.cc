#include "engine/match/group_rows.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/match/encode.h"

namespace tocsin {
namespace {

std::string UidBytes(const Hash128& uid) {
  std::string bytes;
  for (const std::uint64_t half : {uid.high, uid.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes += static_cast<char>(half >> shift & 0xFF);
    }
  }
  return bytes;
}

void PutMask(std::uint64_t mask, MatchedRow* row) {
  row->values_offset = static_cast<std::uint32_t>(mask >> 32);
  row->values_size = static_cast<std::uint32_t>(mask);
}

std::uint64_t TakeMask(const MatchedRow& row) {
  return std::uint64_t{row.values_offset} << 32 | row.values_size;
}

}  // namespace

std::uint64_t KeyHash(const Hash128& rule_uid, std::string_view key,
                      std::uint64_t key_seed) {
  std::string bytes = UidBytes(rule_uid);
  bytes += key;
  return Hash64(bytes, key_seed);
}

void GroupRows::AddRule(const Hash128& uid) { uids_.push_back(UidBytes(uid)); }

// Until Close(), a row's place of values holds which events it is.
void GroupRows::Append(const FeedProgram& feed, std::uint32_t event,
                       Evaluator* evaluator, RuleCounts* counts,
                       MatchResult* result) {
  std::uint64_t mask = 0;
  for (const FeedProgram::Event& of : feed.events) {
    if (evaluator->Test(of.filter)) mask |= std::uint64_t{1} << of.event;
  }
  if (!ReadKey(feed.by, evaluator, counts)) {
    ++counts->no_key;
    return;
  }
  do {
    MatchedRow row;
    row.event = event;
    row.rule = feed.rule;
    row.key_offset = static_cast<std::uint32_t>(result->arena.size());
    AppendKey(feed.by.size(), &result->arena);
    row.key_size =
        static_cast<std::uint32_t>(result->arena.size()) - row.key_offset;
    key_ = uids_[feed.rule];
    key_ += result->Key(row);
    row.key_hash = Hash64(key_, key_seed_);
    PutMask(mask, &row);
    result->rows.push_back(row);
  } while (Advance());
}

void GroupRows::Close(const RuleProgram& rule, std::uint16_t schema,
                      std::size_t first_row, Evaluator* evaluator,
                      MatchResult* result) {
  if (result->rows.size() - first_row > 1) Merge(first_row, result);
  const auto begin =
      result->rows.begin() + static_cast<std::ptrdiff_t>(first_row);
  for (auto row = begin; row != result->rows.end(); ++row) {
    // Keys of one event nearly always have the same values.
    const std::uint64_t mask = TakeMask(*row);
    const bool same = row != begin && mask == written_mask_;
    if (!same) {
      written_offset_ = static_cast<std::uint32_t>(result->arena.size());
      AppendValues(rule, {mask, schema}, evaluator, &result->arena);
      written_size_ =
          static_cast<std::uint32_t>(result->arena.size()) - written_offset_;
      written_mask_ = mask;
    }
    row->values_offset = written_offset_;
    row->values_size = written_size_;
  }
}

// By key; what several feeds gave of one key is one row.
void GroupRows::Merge(std::size_t first_row, MatchResult* result) {
  std::vector<MatchedRow>& rows = result->rows;
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first_row);
  std::sort(begin, rows.end(), [&](const MatchedRow& a, const MatchedRow& b) {
    return result->Key(a) < result->Key(b);
  });
  auto last = begin;
  for (auto row = begin + 1; row != rows.end(); ++row) {
    if (result->Key(*row) == result->Key(*last)) {
      PutMask(TakeMask(*last) | TakeMask(*row), &*last);
    } else {
      *++last = *row;
    }
  }
  rows.erase(last + 1, rows.end());
}

bool GroupRows::ReadKey(const std::vector<KeyProgram>& by, Evaluator* evaluator,
                        RuleCounts* counts) {
  bytes_.clear();
  pieces_.clear();
  parts_.clear();
  for (const KeyProgram& part : by) {
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

}  // namespace tocsin
