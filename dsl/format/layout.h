// How a row of tokens is put on lines: flat where it fits, else broken at the
// loosest joint, which is a comma, then `or`, then `and`, then a bracket.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "dsl/format/tokens.h"
#include "dsl/format/writer.h"

namespace tocsin::dsl::layout {

inline constexpr int kWidth = 100;
// JSON that its author kept on one line stays there, up to this column.
inline constexpr int kJsonWidth = 140;

// Tokens [begin, end).
struct Row {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

class Layout {
 public:
  // Both outlive the layout.
  Layout(const std::vector<Token>& tokens, Writer* out);

  // Puts the row behind what stands on the line, at `column` or further right.
  // Its lines are aligned with its begin; `base` is the indent of the clause or
  // declaration that it belongs to.
  void PutRow(Row row, int column, int base);
  // As above, but `name = expression`: the lines of the expression are aligned
  // behind the sign, or begin at `hang` when that is too far right.
  void PutAssignment(Row row, int hang, int base);
  // On one line, broken by comments alone; then at `column`.
  void PutFlat(Row row, int column);
  // A new line at `indent` for the first token of a row, its comments above,
  // and empty lines where the source had some, unless `first` of its body.
  void Begin(std::size_t token, int indent, bool first);
  void BeginBehindBlank(std::size_t token, int indent);
  // The closing bracket of a body on a line of its own, the comments above it
  // at `inner`; `first` when nothing stands in the body.
  void End(std::size_t bracket, int inner, int indent, bool first);

  bool Fits(Row row, int tail = 0) const;
  int FlatWidth(Row row) const;
  // Whether comments inside, or what its author chose, ask for several lines.
  bool HasBreaks(Row row) const {
    return row.size() > 0 && breaks_[row.end] != breaks_[row.begin + 1];
  }
  void PadTo(int column);  // For a token with one blank before it.
  // The token that begins at this place of the text, or the next one.
  std::size_t At(std::uint32_t place) const;
  std::size_t MatchOf(std::size_t bracket) const { return match_[bracket]; }
  // The first token of this text outside brackets; row.end without one.
  std::size_t Find(Row row, std::string_view text) const;
  const Token& token(std::size_t i) const { return tokens_[i]; }
  Writer& out() { return out_; }
  // Tokens in the order in which they were put.
  const std::vector<std::size_t>& order() const { return order_; }

 private:
  enum class Joint { kNone, kComma, kElse, kOr, kAnd, kWord };
  struct Place {
    int column;  // Where further lines begin.
    int base;    // Where the closing bracket of a list of lines stands.
    int tail;    // Columns that what follows needs on the last line.
  };

  void Measure();
  void Put(std::size_t token, int column);
  void PutComments(const Token& token, int column);
  void BeginComments(const Token& token, int indent, bool* first);
  void PutBroken(Row row, Place place);
  void PutPieces(Row row, Joint joint, Place place);
  std::vector<bool> Balance(const std::vector<Row>& pieces, Place place) const;
  void PutGroups(Row row, Place place);
  void PutGroup(Row group, Place place);
  void PutElements(Row group, Place place);
  void PutJson(Row group, Place place);
  bool HoldsJson(Row row) const;
  bool IsJoint(Row row, std::size_t at, Joint joint) const;
  bool IsRowOfLines(std::size_t bracket) const;
  // Loosest first: which joints a row of this kind may be broken at.
  std::span<const Joint> JointsOf(Row row) const;
  Joint LoosestJoint(Row row) const;
  std::vector<Row> Split(Row row, Joint joint) const;
  std::size_t Next(std::size_t at) const;

  const std::vector<Token>& tokens_;
  Writer& out_;
  std::vector<std::size_t> match_;
  std::vector<int> width_;     // Of the tokens before i, with their gaps.
  std::vector<int> breaks_;    // Among them, what asks for a line of its own.
  std::vector<int> comments_;  // Among them, those with a comment before them.
  std::vector<std::size_t> order_;
  bool begun_ = false;  // The comments of the next token are written.
};

}  // namespace tocsin::dsl::layout
