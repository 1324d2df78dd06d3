// Where a row that is too long is broken: at its loosest joint.
#include <algorithm>
#include <array>

#include "dsl/format/layout.h"

namespace tocsin::dsl::layout {
namespace {

// Lines whose widths differ by no more are of like width.
constexpr int kAlike = 4;

// Joints inside a condition. Not those that may begin a clause, as `where`:
// they would read as one at the start of a line.
constexpr std::array<std::string_view, 2> kWords = {"within", "without"};
constexpr std::array<std::string_view, 2> kElse = {"else", "until"};

template <typename Words>
bool IsOneOf(std::string_view text, const Words& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

bool Layout::IsJoint(Row row, std::size_t at, Joint joint) const {
  const std::string_view text = tokens_[at].text;
  if (joint == Joint::kComma) return text == "," && at + 1 < row.end;
  if (at == row.begin || tokens_[at - 1].text == ".") return false;
  switch (joint) {
    case Joint::kOr:
      return text == "or";
    case Joint::kAnd:
      return text == "and";
    case Joint::kElse:
      return IsOneOf(text, kElse);
    default:
      return IsOneOf(text, kWords);
  }
}

std::span<const Layout::Joint> Layout::JointsOf(Row row) const {
  using enum Joint;
  static constexpr std::array kOfExprs = {kComma, kElse, kOr, kAnd, kWord};
  // `count() >= 3 and distinct(x, y) >= 2 within 1m`
  static constexpr std::array kOfConditions = {kElse, kOr, kAnd, kWord, kComma};
  // `a then b without c, d where a.x == b.x and a.y == b.y within 1m`
  static constexpr std::array kOfSequences = {kElse, kOr, kWord, kAnd, kComma};
  if (Find(row, "within") == row.end && Find(row, "where") == row.end) {
    return kOfExprs;
  }
  return Find(row, "then") == row.end ? std::span<const Joint>(kOfConditions)
                                      : kOfSequences;
}

Layout::Joint Layout::LoosestJoint(Row row) const {
  for (const Joint joint : JointsOf(row)) {
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

// `or` and `else`: each on a line of its own. The others: as many on a line as
// fit.
void Layout::PutPieces(Row row, Joint joint, Place place) {
  const std::vector<Row> pieces = Split(row, joint);
  const std::vector<bool> breaks = joint == Joint::kAnd
                                       ? Balance(pieces, place)
                                       : std::vector<bool>(pieces.size());
  const bool each_its_line = joint == Joint::kOr || joint == Joint::kElse;
  const int inner = place.column + (joint == Joint::kOr     ? 3
                                    : joint == Joint::kAnd  ? 4
                                    : joint == Joint::kElse ? 5
                                    : joint == Joint::kWord ? 2
                                                            : 0);
  bool broken = false;  // The piece before has several lines.
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const int tail = i + 1 == pieces.size() ? place.tail : 0;
    if (i > 0 &&
        (each_its_line || broken || breaks[i] || out_.closed() ||
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

}  // namespace tocsin::dsl::layout
