#include "dsl/format/layout.h"

#include <algorithm>

namespace tocsin::dsl::layout {
namespace {

// An expression that would begin further right begins on the next line.
constexpr int kDeepest = 56;
// What is in brackets is aligned behind them when it has this much room.
constexpr int kRoom = 30;
constexpr int kStep = 2;

bool Opens(std::string_view text) {
  return text == "(" || text == "[" || text == "{";
}
bool Closes(std::string_view text) {
  return text == ")" || text == "]" || text == "}";
}

}  // namespace

Layout::Layout(const std::vector<Token>& tokens, Writer* out)
    : tokens_(tokens), out_(*out) {
  Measure();
}

void Layout::Measure() {
  match_.assign(tokens_.size(), 0);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (Opens(tokens_[i].text)) open.push_back(i);
    if (Closes(tokens_[i].text) && !open.empty()) {
      match_[open.back()] = i;
      match_[i] = open.back();
      open.pop_back();
    }
  }
  comments_.assign(tokens_.size() + 1, 0);
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const bool here =
        !tokens_[i].above.empty() || (i > 0 && !tokens_[i - 1].beside.empty());
    comments_[i + 1] = comments_[i] + (here ? 1 : 0);
  }
  width_.assign(tokens_.size() + 1, 0);
  breaks_.assign(tokens_.size() + 1, 0);
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    const bool starts_piece =
        i > 0 && token.json && tokens_[i - 1].json &&
        (Closes(token.text) || Opens(tokens_[i - 1].text) ||
         tokens_[i - 1].text == ",");
    const bool broken = comments_[i + 1] > comments_[i] ||
                        (starts_piece && token.fresh) ||
                        (i > 0 && IsRowOfLines(i - 1));
    breaks_[i + 1] = breaks_[i] + (broken ? 1 : 0);
    // A text of several lines is never flat beside something else.
    const bool tall = token.text.find('\n') != std::string_view::npos;
    width_[i + 1] =
        width_[i] + token.gap + (tall ? 2 * kWidth : WidthOf(token.text));
  }
}

// A list whose last element has a comma is meant to have one on each line; one
// with comments inside needs them.
bool Layout::IsRowOfLines(std::size_t bracket) const {
  const std::size_t close = match_[bracket];
  if (tokens_[bracket].text != "[" || tokens_[bracket].json ||
      close <= bracket + 1) {
    return false;
  }
  const bool subscript = bracket > 0 && tokens_[bracket].gap == 0 &&
                         !Opens(tokens_[bracket - 1].text);
  return !subscript && (tokens_[close - 1].text == "," ||
                        comments_[close + 1] > comments_[bracket + 1]);
}

int Layout::FlatWidth(Row row) const {
  if (row.size() == 0) return 0;
  return width_[row.end] - width_[row.begin] - tokens_[row.begin].gap;
}

std::size_t Layout::At(std::uint32_t place) const {
  const auto at = std::lower_bound(
      tokens_.begin(), tokens_.end(), place,
      [](const Token& token, std::uint32_t p) { return token.begin < p; });
  return static_cast<std::size_t>(at - tokens_.begin());
}

void Layout::PadTo(int column) {
  if (out_.closed() || out_.at_line_start()) return;
  out_.Spaces(column - 1 - out_.column());
}

bool Layout::HoldsJson(Row row) const {
  return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(row.begin),
                     tokens_.begin() + static_cast<std::ptrdiff_t>(row.end),
                     [](const Token& token) { return token.json; });
}

bool Layout::Fits(Row row, int tail) const {
  if (row.size() == 0) return true;
  if (HasBreaks(row)) return false;
  const int gap = out_.at_line_start() ? 0 : tokens_[row.begin].gap;
  const int end = out_.column() + gap + FlatWidth(row) + tail;
  return end <= kWidth || (end <= kJsonWidth && HoldsJson(row));
}

std::size_t Layout::Next(std::size_t at) const {
  return Opens(tokens_[at].text) ? match_[at] + 1 : at + 1;
}

std::size_t Layout::Find(Row row, std::string_view text) const {
  for (std::size_t i = row.begin; i < row.end; i = Next(i)) {
    if (tokens_[i].text == text) return i;
  }
  return row.end;
}

void Layout::PutComments(const Token& token, int column) {
  for (const OwnLine& comment : token.above) {
    out_.NewLine(column);
    out_.Write(comment.text);
    out_.NewLine(column);
  }
}

void Layout::Put(std::size_t token, int column) {
  const Token& put = tokens_[token];
  if (!begun_) PutComments(put, out_.at_line_start() ? out_.column() : column);
  begun_ = false;
  if (out_.closed()) out_.NewLine(column);
  if (!out_.at_line_start()) out_.Spaces(put.gap);
  out_.Write(put.text);
  if (!put.beside.empty()) out_.Beside(put.beside);
  order_.push_back(token);
}

void Layout::BeginComments(const Token& token, int indent, bool* first) {
  out_.NewLine(indent);
  for (const OwnLine& comment : token.above) {
    if (comment.blank && !*first) out_.Blank();
    *first = false;
    out_.Write(comment.text);
    out_.NewLine(indent);
  }
  begun_ = true;
}

void Layout::Begin(std::size_t token, int indent, bool first) {
  BeginComments(tokens_[token], indent, &first);
  if (tokens_[token].blank && !first) out_.Blank();
}

void Layout::End(std::size_t bracket, int inner, int indent, bool first) {
  BeginComments(tokens_[bracket], inner, &first);
  out_.NewLine(indent);
  Put(bracket, indent);
}

void Layout::BeginBehindBlank(std::size_t token, int indent) {
  out_.NewLine(indent);
  out_.Blank();
  Begin(token, indent, false);
}

void Layout::PutFlat(Row row, int column) {
  for (std::size_t i = row.begin; i < row.end; ++i) Put(i, column);
}

void Layout::PutRow(Row row, int column, int base) {
  if (row.size() == 0) return;
  PadTo(column);
  if (out_.closed()) {
    column = std::max(column, base + 2 * kStep);
  } else if (!out_.at_line_start()) {
    column = std::max(column, out_.column() + 1);
  }
  PutBroken(row, {column, base, 0});
}

void Layout::PutAssignment(Row row, int hang, int base) {
  std::size_t sign = Find(row, "=");
  if (sign == row.end) sign = Find(row, "+=");
  if (sign == row.end) return PutRow(row, 0, base);
  PutFlat({row.begin, sign + 1}, hang);
  const Row value{sign + 1, row.end};
  if (out_.column() > kDeepest && !Fits(value) && !IsRowOfLines(value.begin)) {
    out_.NewLine(hang);
  }
  PutRow(value, hang, base);
}

// No joint is left outside brackets: those that do not fit are opened.
void Layout::PutGroups(Row row, Place place) {
  std::size_t i = row.begin;
  while (i < row.end) {
    if (!Opens(tokens_[i].text)) {
      Put(i++, place.column);
      continue;
    }
    const Row group{i, match_[i] + 1};
    std::size_t behind = group.end;
    while (behind < row.end && !Opens(tokens_[behind].text)) ++behind;
    const int tail = behind == row.end ? place.tail : 0;
    const Row rest{group.end, behind};
    const int need = rest.size() == 0
                         ? tail
                         : tail + FlatWidth(rest) + tokens_[rest.begin].gap;
    if (Fits(group, need)) {
      PutFlat(group, place.column);
    } else {
      PutGroup(group, {place.column, place.base, need});
    }
    i = group.end;
  }
}

void Layout::PutGroup(Row group, Place place) {
  const Row inner{group.begin + 1, group.end - 1};
  if (tokens_[group.begin].json) return PutJson(group, place);
  if (IsRowOfLines(group.begin)) return PutElements(group, place);
  Put(group.begin, place.column);
  int column = out_.column();
  if (kWidth - column < kRoom && LoosestJoint(inner) != Joint::kNone) {
    column = place.column + 2 * kStep;
    out_.NewLine(column);
  }
  if (inner.size() > 0) {
    PutBroken(inner, {column, column, place.tail + 1});
  }
  Put(group.end - 1, place.column);
}

void Layout::PutElements(Row group, Place place) {
  Put(group.begin, place.column);
  const int column = place.base + kStep;
  bool first = true;
  for (const Row& piece :
       Split({group.begin + 1, group.end - 1}, Joint::kComma)) {
    Begin(piece.begin, column, first);
    PutBroken(piece, {column, column, 0});
    first = false;
  }
  End(group.end - 1, column, place.base, first);
}

}  // namespace tocsin::dsl::layout
