// Statements of a test: `at T` and what is done then share a line; what else is
// sent then stands below.
#include <algorithm>

#include "dsl/format/bodies.h"

namespace tocsin::dsl::layout {
namespace {

using std::string_view;

// Behind `expect` and two blanks; a longer `at 1h30m` moves it.
constexpr int kStatementColumn = 10;

class StatementLayout {
 public:
  StatementLayout(Layout* layout, std::span<const Row> rows)
      : layout_(*layout), rows_(rows) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!SharesLine(i)) continue;
      column_ =
          std::max(column_, kBodyIndent + layout_.FlatWidth(rows_[i]) + 2);
    }
  }

  void Put() {
    bool sent = false;  // What is sent next is sent at the same time.
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const bool behind_at = i > 0 && SharesLine(i - 1);
      if (!behind_at) layout_.Begin(rows_[i].begin, kBodyIndent, i == 0);
      const bool sends = WordOf(i) == "send";
      if (sends && sent && !behind_at) layout_.out().NewLine(column_);
      PutStatement(rows_[i], behind_at || (sends && sent));
      sent = sends || (WordOf(i) == "at" && SharesLine(i));
    }
  }

 private:
  string_view WordOf(std::size_t i) const {
    return layout_.token(rows_[i].begin).text;
  }

  bool SharesLine(std::size_t i) const {
    if (WordOf(i) != "at" || i + 1 == rows_.size()) return false;
    const string_view next = WordOf(i + 1);
    const Token& begin = layout_.token(rows_[i + 1].begin);
    const Token& end = layout_.token(rows_[i].end - 1);
    return (next == "send" || next == "expect") && begin.above.empty() &&
           !begin.blank && end.beside.empty();
  }

  void PutStatement(Row row, bool in_column) {
    const string_view word = layout_.token(row.begin).text;
    if (in_column) layout_.PadTo(column_);
    if (word == "let") {
      return layout_.PutAssignment(row, 2 * kBodyIndent, kBodyIndent);
    }
    layout_.PutFlat({row.begin, row.begin + 1}, kBodyIndent);
    const bool padded = !in_column && (word == "send" || word == "expect");
    layout_.PutRow({row.begin + 1, row.end}, padded ? column_ : 0, kBodyIndent);
  }

  Layout& layout_;
  std::span<const Row> rows_;
  int column_ = kStatementColumn;
};

}  // namespace

void PutStatements(Layout* layout, std::span<const Row> rows) {
  StatementLayout(layout, rows).Put();
}

}  // namespace tocsin::dsl::layout
