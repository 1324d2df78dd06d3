// What stands between the braces of a declaration, by kind of declaration.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "dsl/cst/cst.h"
#include "dsl/format/layout.h"

namespace tocsin::dsl::layout {

inline constexpr int kBodyIndent = 2;
// What a clause says: behind `severity`, the longest of the common words, and
// two blanks. Longer words push theirs to the right.
inline constexpr int kClauseColumn = 12;

// Clauses of a rule, signal, tune or defaults, in the order in which they are
// to be written. `pinned` are comments of the body itself, above all of them.
struct RuleBody {
  std::vector<Row> clauses;
  std::vector<OwnLine> pinned;
};
// The place of a clause in a rule, by its word: language.md, "For the parser".
int RankOf(std::string_view word);

void PutClauses(Layout* layout, const RuleBody& body);
void PutSchemaClauses(Layout* layout, std::span<const Row> rows,
                      std::span<const cst::SchemaClause> clauses);
void PutTableClauses(Layout* layout, std::span<const Row> rows);
void PutStatements(Layout* layout, std::span<const Row> rows);

// A field of a schema, a column of a table.
struct Member {
  std::size_t token = 0;                // Its name.
  const cst::TypeExpr* type = nullptr;  // Null: one word.
};
// `{ members }` from the brace on, one a line, types aligned.
void PutMembers(Layout* layout, std::size_t brace,
                std::span<const Member> members, int indent);

}  // namespace tocsin::dsl::layout
