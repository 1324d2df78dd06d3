// Clauses: one a line, what they say aligned.
#include "dsl/format/bodies.h"

#include <algorithm>
#include <array>

namespace tocsin::dsl::layout {
namespace {

using std::string_view;

constexpr std::array<string_view, 23> kOrder = {
    "title",   "description", "severity",      "risk", "tags",
    "owner",   "id",          "enabled",       "from", "where",
    "unless",  "by",          "event",         "when", "then",
    "keys",    "late",        "collect",       "show", "alert",
    "runbook", "references",  "falsepositives"};

// What the clauses of a table say: behind their longest word and two blanks.
constexpr int kTableColumn = 8;

string_view WordOf(const Layout& layout, Row row) {
  return layout.token(row.begin).text;
}

// The rest of a clause whose word is written.
void PutBehindWord(Layout* layout, Row row, int column) {
  layout->PutRow({row.begin + 1, row.end}, column, kBodyIndent);
}

// The names of a rule's events are padded to the longest.
void PutEvent(Layout* layout, Row row, int longest) {
  layout->PadTo(kClauseColumn);
  layout->PutFlat({row.begin + 1, row.begin + 2}, kClauseColumn);
  layout->PadTo(kClauseColumn + longest + 1);
  layout->PutAssignment({row.begin + 2, row.end}, kClauseColumn, kBodyIndent);
}

int LongestEvent(const Layout& layout, const RuleBody& body) {
  int longest = 0;
  for (const Row& row : body.clauses) {
    if (WordOf(layout, row) != "event") continue;
    longest = std::max(longest, WidthOf(layout.token(row.begin + 1).text));
  }
  return longest;
}

const cst::TypeExpr* BlockOf(const cst::TypeExpr* type) {
  while (type != nullptr && !type->element.empty()) type = &type->element[0];
  return type != nullptr && type->kind == cst::TypeExpr::Kind::kBlock ? type
                                                                      : nullptr;
}

std::vector<Member> FieldsOf(const Layout& layout, const cst::TypeExpr& block) {
  std::vector<Member> members;
  for (const cst::FieldDecl& field : block.fields) {
    members.push_back({layout.At(field.begin), &field.type});
  }
  return members;
}

}  // namespace

int RankOf(string_view word) {
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), word) -
                          kOrder.begin());
}

void PutClauses(Layout* layout, const RuleBody& body) {
  bool first = true;
  for (const OwnLine& comment : body.pinned) {
    layout->out().NewLine(kBodyIndent);
    if (comment.blank && !first) layout->out().Blank();
    layout->out().Write(comment.text);
    first = false;
  }
  const int longest = LongestEvent(*layout, body);
  for (const Row& row : body.clauses) {
    if (&row == &body.clauses.front() && !body.pinned.empty()) {
      layout->BeginBehindBlank(row.begin, kBodyIndent);
    } else {
      layout->Begin(row.begin, kBodyIndent, first);
    }
    first = false;
    layout->PutFlat({row.begin, row.begin + 1}, kBodyIndent);
    if (WordOf(*layout, row) == "event") {
      PutEvent(layout, row, longest);
    } else {
      PutBehindWord(layout, row, kClauseColumn);
    }
  }
}

void PutSchemaClauses(Layout* layout, std::span<const Row> rows,
                      std::span<const cst::SchemaClause> clauses) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    layout->Begin(row.begin, kBodyIndent, i == 0);
    layout->PutFlat({row.begin, row.begin + 1}, kBodyIndent);
    if (clauses[i].fields) {
      PutMembers(layout, row.begin + 1, FieldsOf(*layout, *clauses[i].fields),
                 kBodyIndent);
    } else if (clauses[i].kind == cst::SchemaClause::Kind::kDerive) {
      layout->PadTo(kClauseColumn);
      layout->PutAssignment({row.begin + 1, row.end}, kClauseColumn,
                            kBodyIndent);
    } else {
      PutBehindWord(layout, row, kClauseColumn);
    }
  }
}

void PutTableClauses(Layout* layout, std::span<const Row> rows) {
  for (const Row& row : rows) {
    layout->Begin(row.begin, kBodyIndent, &row == &rows.front());
    layout->PutFlat({row.begin, row.begin + 1}, kBodyIndent);
    PutBehindWord(layout, row, kTableColumn);
  }
}

namespace {

// Whether the type is a block that must be put on several lines. Those are not
// aligned, nor do they push the others to the right.
bool IsTall(const Layout& layout, const Member& member, Row type, int column) {
  return BlockOf(member.type) != nullptr &&
         (layout.HasBreaks(type) || column + layout.FlatWidth(type) > kWidth);
}

}  // namespace

void PutMembers(Layout* layout, std::size_t brace,
                std::span<const Member> members, int indent) {
  const std::size_t close = layout->MatchOf(brace);
  const int inner = indent + kBodyIndent;
  // `...` stands behind the last.
  const std::size_t behind =
      layout->token(close - 1).text == "..." ? close - 1 : close;
  const auto type_of = [&](std::size_t i) {
    return Row{members[i].token + 1,
               i + 1 < members.size() ? members[i + 1].token : behind};
  };
  const auto width_of = [&](std::size_t i) {
    return WidthOf(layout->token(members[i].token).text);
  };
  int longest = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const int column = inner + width_of(i) + 2;
    if (!IsTall(*layout, members[i], type_of(i), column)) {
      longest = std::max(longest, width_of(i));
    }
  }
  const int column = inner + longest + 2;
  layout->PutFlat({brace, brace + 1}, indent);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t name = members[i].token;
    const Row type = type_of(i);
    layout->Begin(name, inner, i == 0);
    layout->PutFlat({name, name + 1}, inner);
    if (!IsTall(*layout, members[i], type, column)) {
      layout->PutRow(type, column, inner);
      continue;
    }
    const std::size_t opens = layout->Find(type, "{");
    layout->PutFlat({type.begin, opens}, inner);
    PutMembers(layout, opens, FieldsOf(*layout, *BlockOf(members[i].type)),
               inner);
    layout->PutRow({layout->MatchOf(opens) + 1, type.end}, 0, inner);
  }
  if (behind != close) {
    layout->Begin(behind, inner, members.empty());
    layout->PutFlat({behind, close}, inner);
  }
  layout->End(close, inner, indent, members.empty() && behind == close);
}

}  // namespace tocsin::dsl::layout
