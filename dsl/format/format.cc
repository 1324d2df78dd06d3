// Declarations, top to bottom, and the proof that nothing was lost on the way.
#include "dsl/format/format.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "dsl/diag/diagnostic.h"
#include "dsl/format/bodies.h"
#include "dsl/format/tokens.h"
#include "dsl/parser/parse.h"

namespace tocsin::dsl {
namespace {

using namespace layout;  // NOLINT: the formatter's own words.

class FileLayout {
 public:
  FileLayout(std::vector<Token>* tokens, const cst::File& file)
      : tokens_(*tokens), file_(file), layout_(tokens_, &out_) {}

  // False when the tree does not account for every token.
  bool Put() {
    bool block = false;  // The item before has a body.
    bool first = true;
    std::size_t next = 0;
    for (const cst::Item& item : file_.items) {
      row_ = {layout_.At(item.begin), layout_.At(item.end)};
      if (row_.begin != next || row_.size() == 0) return false;
      next = row_.end;
      const bool has_body = tokens_[row_.end - 1].text == "}";
      if (first || !(block || has_body)) {
        layout_.Begin(row_.begin, 0, first);
      } else {
        layout_.BeginBehindBlank(row_.begin, 0);
      }
      if (!std::visit(*this, item.value)) return false;
      block = has_body;
      first = false;
    }
    if (next + 1 != tokens_.size()) return false;
    layout_.Begin(next, 0, first);
    return true;
  }

  std::string Text() { return out_.Text(); }
  const std::vector<std::size_t>& order() const { return layout_.order(); }

  bool operator()(const cst::BadItem&) { return false; }
  bool operator()(const cst::UseItem&) { return PutHeader(row_.end); }
  bool operator()(const cst::GroupItem&) { return PutHeader(row_.end); }
  bool operator()(const cst::TimezoneItem&) { return PutHeader(row_.end); }
  bool operator()(const cst::ListItem&) {
    layout_.PutAssignment(row_, 2 * kBodyIndent, 0);
    return true;
  }
  bool operator()(const cst::LetItem&) {
    layout_.PutAssignment(row_, 2 * kBodyIndent, 0);
    return true;
  }
  bool operator()(const cst::DefaultsItem& i) { return PutRule(i.clauses); }
  bool operator()(const cst::RuleItem& i) { return PutRule(i.clauses); }
  bool operator()(const cst::TuneItem& i) { return PutRule(i.clauses); }
  bool operator()(const cst::SchemaItem& i) {
    std::vector<Row> rows;
    if (!PutUntilBody() || !RowsOf(i.clauses, &rows)) return false;
    PutSchemaClauses(&layout_, rows, i.clauses);
    return PutEnd();
  }
  bool operator()(const cst::TableItem& i) {
    if (i.file) return PutFileTable(i);
    std::vector<Row> rows;
    if (!PutUntilBody() || !RowsOf(i.clauses, &rows)) return false;
    PutTableClauses(&layout_, rows);
    return PutEnd();
  }
  bool operator()(const cst::TestItem& i) {
    std::vector<Row> rows;
    if (!PutUntilBody() || !RowsOf(i.statements, &rows)) return false;
    PutStatements(&layout_, rows);
    return PutEnd();
  }

 private:
  bool PutHeader(std::size_t end) {
    const std::size_t word = row_.begin;
    layout_.PutFlat({word, word + 1}, 0);
    layout_.PutRow({word + 1, end}, 0, 0);
    return true;
  }

  // The header and its brace.
  bool PutUntilBody() {
    brace_ = layout_.Find(row_, "{");
    if (brace_ == row_.end || layout_.MatchOf(brace_) + 1 != row_.end) {
      return false;
    }
    PutHeader(brace_);
    layout_.PutFlat({brace_, brace_ + 1}, kBodyIndent);
    return true;
  }

  bool PutEnd() {
    const std::size_t close = row_.end - 1;
    const bool empty = close == brace_ + 1;
    if (empty && tokens_[close].above.empty()) {
      layout_.PutFlat({close, close + 1}, 0);
    } else {
      layout_.End(close, kBodyIndent, 0, empty);
    }
    return true;
  }

  // The tokens of the parts of a body, which must be all of them.
  template <typename Part>
  bool RowsOf(const std::vector<Part>& parts, std::vector<Row>* rows) const {
    std::size_t next = brace_ + 1;
    for (const Part& part : parts) {
      const Row row{layout_.At(part.begin), layout_.At(part.end)};
      if (row.begin != next || row.size() == 0) return false;
      next = row.end;
      rows->push_back(row);
    }
    return next + 1 == row_.end;
  }

  bool PutRule(const std::vector<cst::Clause>& clauses) {
    RuleBody body;
    if (!PutUntilBody() || !RowsOf(clauses, &body.clauses)) return false;
    const auto by_rank = [this](Row a, Row b) {
      return RankOf(tokens_[a.begin].text) < RankOf(tokens_[b.begin].text);
    };
    if (!std::is_sorted(body.clauses.begin(), body.clauses.end(), by_rank)) {
      PinComments(&tokens_[body.clauses.front().begin], &body.pinned);
      std::stable_sort(body.clauses.begin(), body.clauses.end(), by_rank);
    }
    PutClauses(&layout_, body);
    return PutEnd();
  }

  // Comments at the top of a body with an empty line below speak of the body,
  // not of the clause that happens to follow: they do not move with it.
  static void PinComments(Token* first, std::vector<OwnLine>* pinned) {
    std::vector<OwnLine>& above = first->above;
    std::size_t end = first->blank ? above.size() : 0;
    for (std::size_t i = above.size(); end == 0 && i > 1; --i) {
      if (above[i - 1].blank) end = i - 1;
    }
    if (end == 0) return;
    const auto behind = above.begin() + static_cast<std::ptrdiff_t>(end);
    pinned->assign(above.begin(), behind);
    (end < above.size() ? behind->blank : first->blank) = false;
    above.erase(above.begin(), behind);
  }

  bool PutFileTable(const cst::TableItem& table) {
    if (layout_.Fits(row_)) {
      layout_.PutFlat(row_, 0);
      return true;
    }
    brace_ = layout_.Find(row_, "{");
    if (brace_ == row_.end) return false;
    PutHeader(brace_);
    std::vector<Member> members;
    for (const cst::TableColumn& column : table.columns) {
      members.push_back({layout_.At(column.begin), nullptr});
    }
    PutMembers(&layout_, brace_, members, 0);
    return true;
  }

  std::vector<Token>& tokens_;
  const cst::File& file_;
  Writer out_;
  Layout layout_;
  Row row_;                // Of the item at hand,
  std::size_t brace_ = 0;  // and where its body begins.
};

// Whether `text` reads as these tokens in this order, with as many comments.
bool ReadsAs(const std::string& text, const std::vector<Token>& tokens,
             const std::vector<std::size_t>& order, std::size_t comments) {
  SourceSet sources;
  DiagnosticSink sink;
  const FileId id = sources.Add(SourceFile("", text));
  const cst::File file = Parse(sources, id, &sink);
  if (!file.complete || file.comments.size() != comments) return false;
  const std::vector<Token> again = Tokenize(sources.file(id).text(), file);
  if (again.size() != tokens.size() || order.size() + 1 != tokens.size()) {
    return false;
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (again[i].text != tokens[order[i]].text) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> CanonicalLayout(const SourceFile& source,
                                           const cst::File& file) {
  if (!file.complete) return std::nullopt;
  std::vector<Token> tokens = Tokenize(source.text(), file);
  FileLayout layout(&tokens, file);
  if (!layout.Put()) return std::nullopt;
  std::string text = layout.Text();
  if (!ReadsAs(text, tokens, layout.order(), file.comments.size())) {
    return std::nullopt;
  }
  return text;
}

}  // namespace tocsin::dsl
