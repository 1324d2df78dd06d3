// Turns the tree of the grammar into dsl/cst: precedence, decoded literals, and
// the mistakes that a grammar is not the place to find (chained comparisons,
// bad escapes, a clause where it does not stand). Total: a broken node becomes
// a Bad one. One file a subject: lower_text.cc, lower_expr.cc, and so on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/cst/cst.h"
#include "dsl/parser/state.h"
#include "engine/base/limits.h"

namespace tocsin::dsl::syntax {

// Levels of an expression as cst::Expr nests them. A bracket of the text
// becomes at most this many levels each: call, test, sum, product, minus.
inline constexpr int kTreeDepth = 8 * limits::kNesting;

class Lowerer {
 public:
  // All outlive the lowerer.
  Lowerer(const SourceFile& source, FileId file,
          std::span<const State::Mended> mended, DiagnosticSink* sink)
      : source_(source), file_(file), mended_(mended), sink_(sink) {}

  cst::File File(const std::vector<SyntaxNode>& items);

  // ---- shared by the files of the lowerer ----
  std::string_view Text(const SyntaxNode& node) const;
  std::string_view Text() const { return source_.text(); }
  Diagnostic& Report(Kind kind, cst::Node node, std::string message);
  void MarkIncomplete() { complete_ = false; }

  cst::Name Name(const SyntaxNode& node);
  cst::Dotted Dotted(const SyntaxNode& node);
  cst::Literal Literal(const SyntaxNode& node);  // Reports what is unreadable.
  std::optional<cst::Literal> MaybeLiteral(const SyntaxNode* node);
  std::optional<cst::Name> MaybeName(const SyntaxNode* parent);
  std::vector<cst::Name> Names(const SyntaxNode* parent);
  cst::Template Template(const SyntaxNode& node);

  cst::Expr Expr(const SyntaxNode& node);  // kExpr, kOperand, kList, kRange
  cst::Named Named(const SyntaxNode& node);
  cst::Expr FlatExpr(const SyntaxNode& node, std::span<const SyntaxNode> row);

  cst::Condition Condition(const SyntaxNode& node);
  cst::Expr ConditionAsExpr(const SyntaxNode& parenthesis);

  // `owner` is "rule", "signal", "defaults" or "tune".
  std::vector<cst::Clause> Clauses(const SyntaxNode& item,
                                   std::string_view owner);
  cst::SchemaItem Schema(const SyntaxNode& item);
  cst::TableItem Table(const SyntaxNode& item);
  cst::TestItem Test(const SyntaxNode& item);

 private:
  friend class ExprBuilder;

  std::string Decode(std::string_view text, std::uint32_t begin, bool braces);
  void DecodeEscape(std::string_view text, std::size_t& at, std::uint32_t begin,
                    std::string* out);
  std::string Block(std::string_view text) const;
  bool ReadableQuantity(const SyntaxNode& node);
  void ReportBadLeaf(const SyntaxNode& node);
  void ReportForeignBlanks(cst::Node run);

  cst::Expr Range(const SyntaxNode& node);

  std::vector<cst::Condition> AndTerms(std::span<const SyntaxNode> row);
  cst::Condition Term(const SyntaxNode& node);
  cst::Window Window(const SyntaxNode& node);
  cst::Window WindowOf(const SyntaxNode& duration);

  cst::Clause Clause(const SyntaxNode& node, std::string_view owner);
  void ReportInside(const SyntaxNode& broken);
  void FillClause(const SyntaxNode& node, cst::Clause* clause);
  cst::SeverityClause Severity(const SyntaxNode& node);
  cst::TagsClause Tags(const SyntaxNode& node);
  void FillThen(const SyntaxNode& node, cst::Clause* clause);
  void FillEvent(const SyntaxNode& node, cst::Clause* clause);
  std::vector<cst::KeyPart> KeyParts(const SyntaxNode& parent);

  cst::Item Item(const SyntaxNode& node);
  cst::ListItem List(const SyntaxNode& item);
  cst::LetItem Let(const SyntaxNode& item);
  cst::TuneItem Tune(const SyntaxNode& item);
  cst::SchemaClause SchemaClause(const SyntaxNode& node);
  void FillSchemaClause(const SyntaxNode& node, cst::SchemaClause* clause);
  cst::TypeExpr Type(const SyntaxNode& node);
  cst::FieldDecl Field(const SyntaxNode& node);
  void Fields(const SyntaxNode& block, cst::TypeExpr* type);
  void KeepBadField(const SyntaxNode& node, cst::TypeExpr* type);
  cst::TestStatement Statement(const SyntaxNode& node);
  void StatementOption(const SyntaxNode& node, cst::TestStatement* statement);
  cst::Json Json(const SyntaxNode& node);

  const SourceFile& source_;
  FileId file_;
  std::span<const State::Mended> mended_;
  DiagnosticSink* sink_;
  bool complete_ = true;
};

// The node's place.
cst::Node PlaceOf(const SyntaxNode& node);
// The first kid of a kind, or null; the first kid that is none of the words.
const SyntaxNode* Kid(const SyntaxNode& node, SyntaxKind kind);
bool IsName(const SyntaxNode& node);  // kName or kQuotedName
const SyntaxNode* NameKid(const SyntaxNode& node);
const SyntaxNode* ExprKid(const SyntaxNode& node);

}  // namespace tocsin::dsl::syntax
