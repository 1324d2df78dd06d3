// JSON of tests: the author's lines are kept, for they tell what belongs
// together, and indented anew.
#include "dsl/format/layout.h"

namespace tocsin::dsl::layout {

void Layout::PutJson(Row group, Place place) {
  const Row inner{group.begin + 1, group.end - 1};
  const std::vector<Row> pieces = Split(inner, Joint::kComma);
  bool kept = tokens_[inner.end].fresh;
  for (const Row& piece : pieces) kept = kept || tokens_[piece.begin].fresh;
  const bool hangs = !kept || (!pieces.empty() && tokens_[inner.begin].fresh);
  const int indent = out_.indent();
  Put(group.begin, place.column);
  const int column = hangs ? indent + 2 : out_.column();
  for (const Row& piece : pieces) {
    const bool first = piece.begin == inner.begin;
    const int tail = piece.end == inner.end ? place.tail + 1 : 0;
    if (!kept || tokens_[piece.begin].fresh || (!first && !Fits(piece, tail))) {
      out_.NewLine(column);
    }
    PutBroken(piece, {column, column, tail});
  }
  if (!kept || tokens_[inner.end].fresh) out_.NewLine(indent);
  Put(inner.end, indent);
}

}  // namespace tocsin::dsl::layout
