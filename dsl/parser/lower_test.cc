// `test` blocks: statements and their JSON.
#include "dsl/parser/lower.h"

#include <utility>

namespace tocsin::dsl::syntax {

cst::TestItem Lowerer::Test(const SyntaxNode& item) {
  cst::TestItem test;
  for (const SyntaxNode& kid : std::span(item.kids).subspan(1)) {
    switch (kid.kind) {
      case SyntaxKind::kDotted:
        test.rules.push_back(Dotted(kid));
        break;
      case SyntaxKind::kStatement:
      case SyntaxKind::kUnknownClause:
        test.statements.push_back(Statement(kid));
        break;
      default:
        test.title = Literal(kid);
    }
  }
  return test;
}

cst::TestStatement Lowerer::Statement(const SyntaxNode& node) {
  cst::TestStatement statement;
  static_cast<cst::Node&>(statement) = PlaceOf(node);
  if (node.broken || node.kids.empty()) {
    MarkIncomplete();
    ReportInside(node);
    statement.word = Name(node.kids.empty() ? node : node.kids[0]);
    return statement;
  }
  statement.word = Name(node.kids[0]);
  for (const SyntaxNode& kid : std::span(node.kids).subspan(1)) {
    switch (kid.kind) {
      case SyntaxKind::kWord:  // What is expected, or `file`.
      case SyntaxKind::kName:
      case SyntaxKind::kQuotedName:
        statement.name = Name(kid);
        break;
      case SyntaxKind::kJsonObject:
      case SyntaxKind::kJsonList:
      case SyntaxKind::kJsonScalar:
        statement.json = Json(kid);
        break;
      case SyntaxKind::kOption:
        StatementOption(kid, &statement);
        break;
      default:
        statement.value = Literal(kid);
    }
  }
  return statement;
}

void Lowerer::StatementOption(const SyntaxNode& node,
                              cst::TestStatement* statement) {
  const SyntaxNode& first = node.kids[0];
  if (first.kind == SyntaxKind::kRun) {
    statement->run = Literal(first);
    return;
  }
  const std::string_view word = Text(first);
  if (word == "every") {
    statement->every = Literal(node.kids[1]);
  } else if (word == "late") {
    statement->late = Literal(node.kids[1]);
  } else if (word == "from") {
    statement->from = Dotted(node.kids[1]);
  } else if (word == "at") {
    statement->value = Literal(node.kids[1]);
  } else {
    for (const SyntaxNode& kid : std::span(node.kids).subspan(1)) {
      cst::TestStatement::Assign assign;
      assign.path = Expr(kid.kids[0]);
      if (kid.kids[1].kind == SyntaxKind::kTemplate) {
        assign.text = Template(kid.kids[1]);
      } else {
        assign.json = Json(kid.kids[1]);
      }
      statement->with.push_back(std::move(assign));
    }
  }
}

cst::Json Lowerer::Json(const SyntaxNode& node) {
  cst::Json json;
  static_cast<cst::Node&>(json) = PlaceOf(node);
  if (node.kind == SyntaxKind::kJsonScalar) {
    json.scalar = Literal(node.kids.back());
    if (node.kids.size() > 1)
      json.scalar.text.insert(json.scalar.text.begin(), '-');
    return json;
  }
  json.kind = node.kind == SyntaxKind::kJsonObject ? cst::Json::Kind::kObject
                                                   : cst::Json::Kind::kList;
  for (const SyntaxNode& kid : node.kids) {
    const bool value = kid.kind == SyntaxKind::kJsonObject ||
                       kid.kind == SyntaxKind::kJsonList ||
                       kid.kind == SyntaxKind::kJsonScalar;
    if (value) {
      json.values.push_back(Json(kid));
    } else {
      json.keys.push_back(Name(kid));
    }
  }
  return json;
}

}  // namespace tocsin::dsl::syntax
