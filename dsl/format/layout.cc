#include "dsl/format/layout.h"

#include <algorithm>
#include <array>

namespace tocsin::dsl::layout {
namespace {

// An expression that would begin further right begins on the next line.
constexpr int kDeepest = 56;
// What is in brackets is aligned behind them when it has this much room.
constexpr int kRoom = 30;
constexpr int kStep = 2;
// Lines whose widths differ by no more are of like width.
constexpr int kAlike = 4;

// Joints of conditions and clauses. Not those that may begin a clause: they
// would read as one at the start of a line.
constexpr std::array<std::string_view, 4> kWords = {"within", "without", "else",
                                                    "until"};

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
  width_.assign(tokens_.size() + 1, 0);
  breaks_.assign(tokens_.size() + 1, 0);
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    const bool starts_piece =
        i > 0 && token.json && tokens_[i - 1].json &&
        (Closes(token.text) || Opens(tokens_[i - 1].text) ||
         tokens_[i - 1].text == ",");
    const bool broken =
        !token.above.empty() || (i > 0 && !tokens_[i - 1].beside.empty()) ||
        (starts_piece && token.fresh) || (i > 0 && IsRowOfLines(i - 1));
    breaks_[i + 1] = breaks_[i] + (broken ? 1 : 0);
    // A text of several lines is never flat beside something else.
    const bool tall = token.text.find('\n') != std::string_view::npos;
    width_[i + 1] =
        width_[i] + token.gap + (tall ? 2 * kWidth : WidthOf(token.text));
  }
}

// A list whose last element has a comma is meant to have one on each line.
bool Layout::IsRowOfLines(std::size_t bracket) const {
  const std::size_t close = match_[bracket];
  return tokens_[bracket].text == "[" && !tokens_[bracket].json &&
         close > bracket && tokens_[close - 1].text == ",";
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

bool Layout::IsJoint(Row row, std::size_t at, Joint joint) const {
  const std::string_view text = tokens_[at].text;
  if (joint == Joint::kComma) return text == "," && at + 1 < row.end;
  if (at == row.begin || tokens_[at - 1].text == ".") return false;
  switch (joint) {
    case Joint::kOr:
      return text == "or";
    case Joint::kAnd:
      return text == "and";
    default:
      return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
  }
}

Layout::Joint Layout::LoosestJoint(Row row) const {
  for (const Joint joint :
       {Joint::kComma, Joint::kOr, Joint::kAnd, Joint::kWord}) {
    for (std::size_t i = row.begin; i < row.end; i = Next(i)) {
      if (IsJoint(row, i, joint)) return joint;
    }
  }
  return Joint::kNone;
}

// A comma ends its piece, a word begins one.
std::vector<Row> Layout::Split(Row row, Joint joint) const {
  std::vector<Row> pieces;
  std::size_t begin = row.begin;
  for (std::size_t i = row.begin; i < row.end; i = Next(i)) {
    if (!IsJoint(row, i, joint)) continue;
    const std::size_t end = joint == Joint::kComma ? i + 1 : i;
    pieces.push_back({begin, end});
    begin = end;
  }
  if (begin < row.end) pieces.push_back({begin, row.end});
  return pieces;
}

void Layout::PutBroken(Row row, Place place) {
  if (Fits(row, place.tail)) return PutFlat(row, place.column);
  const Joint joint = LoosestJoint(row);
  if (joint == Joint::kNone) return PutGroups(row, place);
  PutPieces(row, joint, place);
}

// `or`: each on a line of its own. The others: as many on a line as fit.
void Layout::PutPieces(Row row, Joint joint, Place place) {
  const std::vector<Row> pieces = Split(row, joint);
  const std::vector<bool> breaks = joint == Joint::kAnd
                                       ? Balance(pieces, place)
                                       : std::vector<bool>(pieces.size());
  const int inner = place.column + (joint == Joint::kOr    ? 3
                                    : joint == Joint::kAnd ? 4
                                                           : 0);
  bool broken = false;  // The piece before has several lines.
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const int tail = i + 1 == pieces.size() ? place.tail : 0;
    if (i > 0 &&
        (joint == Joint::kOr || broken || breaks[i] || out_.closed() ||
         !tokens_[pieces[i].begin].above.empty() || !Fits(pieces[i], tail))) {
      out_.NewLine(place.column);
    }
    const std::size_t lines = out_.lines();
    PutBroken(pieces[i], {inner, inner, tail});
    broken = out_.lines() > lines;
  }
}

// Which pieces begin a line, so that there are as few lines as can be, and
// these of like width. Of equal ways the one that breaks early.
std::vector<bool> Layout::Balance(const std::vector<Row>& pieces,
                                  Place place) const {
  struct Best {
    std::size_t next = 0;  // The line ends before this piece.
    int lines = 0;
    int width = 0;  // Of the widest.
  };
  std::vector<Best> best(pieces.size() + 1);
  for (std::size_t i = pieces.size(); i-- > 0;) {
    for (std::size_t next = i + 1; next <= pieces.size(); ++next) {
      const Row line{pieces[i].begin, pieces[next - 1].end};
      const int tail = next == pieces.size() ? place.tail : 0;
      const int width = FlatWidth(line) + tail;
      // A piece that fits on no line stands alone.
      const bool fits = place.column + width <= kWidth && !HasBreaks(line);
      if (next > i + 1 && !fits) break;
      const Best way{next, best[next].lines + 1,
                     std::max(fits ? width : 0, best[next].width)};
      if (next == i + 1 || way.lines < best[i].lines ||
          (way.lines == best[i].lines && way.width + kAlike < best[i].width)) {
        best[i] = way;
      }
    }
  }
  std::vector<bool> breaks(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); i = best[i].next) {
    breaks[i] = true;
  }
  return breaks;
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
