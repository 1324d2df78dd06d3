// Schemas and tables.
#include <utility>

#include "dsl/parser/lower.h"

namespace tocsin::dsl::syntax {
namespace {

using SchemaKind = cst::SchemaClause::Kind;

SchemaKind SchemaKindOf(std::string_view word) {
  if (word == "time") return SchemaKind::kTime;
  if (word == "identity") return SchemaKind::kIdentity;
  if (word == "unwrap") return SchemaKind::kUnwrap;
  if (word == "match") return SchemaKind::kMatch;
  if (word == "default") return SchemaKind::kDefault;
  if (word == "derive") return SchemaKind::kDerive;
  if (word == "show") return SchemaKind::kShow;
  return SchemaKind::kFields;
}

}  // namespace

cst::SchemaItem Lowerer::Schema(const SyntaxNode& item) {
  cst::SchemaItem schema;
  schema.name = Dotted(item.kids[1]);
  for (const SyntaxNode& kid : item.kids) {
    if (kid.kind == SyntaxKind::kSchemaClause ||
        kid.kind == SyntaxKind::kUnknownClause) {
      schema.clauses.push_back(SchemaClause(kid));
    }
  }
  return schema;
}

cst::SchemaClause Lowerer::SchemaClause(const SyntaxNode& node) {
  cst::SchemaClause clause;
  static_cast<cst::Node&>(clause) = PlaceOf(node);
  if (node.kind == SyntaxKind::kUnknownClause || node.broken ||
      node.kids.empty()) {
    MarkIncomplete();
    ReportInside(node);
    clause.word = Name(node.kids.empty() ? node : node.kids[0]);
    return clause;
  }
  clause.word = Name(node.kids[0]);
  clause.kind = SchemaKindOf(clause.word.text);
  FillSchemaClause(node, &clause);
  return clause;
}

void Lowerer::FillSchemaClause(const SyntaxNode& node,
                               cst::SchemaClause* clause) {
  for (const SyntaxNode& kid : std::span(node.kids).subspan(1)) {
    switch (kid.kind) {
      case SyntaxKind::kWord:
        clause->position = true;
        break;
      case SyntaxKind::kOperand:
      case SyntaxKind::kExpr:
        clause->exprs.push_back(Expr(kid));
        break;
      case SyntaxKind::kMentioned:
        for (const SyntaxNode& path : kid.kids) {
          clause->exprs.push_back(Expr(path));
        }
        break;
      case SyntaxKind::kNamed:
        clause->shown.push_back(Named(kid));
        break;
      case SyntaxKind::kBlock:
        clause->fields.emplace();
        static_cast<cst::Node&>(*clause->fields) = PlaceOf(kid);
        clause->fields->kind = cst::TypeExpr::Kind::kBlock;
        Fields(kid, &*clause->fields);
        break;
      case SyntaxKind::kTimeSource: {
        cst::TimeSource source;
        source.path = Expr(kid.kids[0]);
        if (const SyntaxNode* as = Kid(kid, SyntaxKind::kAs)) {
          const SyntaxNode& format = as->kids[0];
          if (IsName(format)) {
            source.format = Name(format);
          } else {
            source.pattern = Literal(format);
          }
        }
        clause->times.push_back(std::move(source));
        break;
      }
      default:  // derive: the name, then the type.
        (clause->name ? clause->type : clause->name) = Name(kid);
    }
  }
}

void Lowerer::Fields(const SyntaxNode& block, cst::TypeExpr* type) {
  for (const SyntaxNode& kid : block.kids) {
    if (kid.kind == SyntaxKind::kField && !kid.broken) {
      type->fields.push_back(Field(kid));
    } else if (kid.kind == SyntaxKind::kWord) {
      type->open = true;
    } else {
      MarkIncomplete();
      KeepBadField(kid, type);
    }
  }
}

// So that what reads the field is no mistake of its own.
void Lowerer::KeepBadField(const SyntaxNode& node, cst::TypeExpr* type) {
  if (node.kids.empty() || !IsName(node.kids[0])) {
    type->open = true;  // Whatever it was called.
    return;
  }
  cst::FieldDecl field;
  static_cast<cst::Node&>(field) = PlaceOf(node);
  field.name = Name(node.kids[0]);
  field.optional = true;
  type->fields.push_back(std::move(field));
}

cst::FieldDecl Lowerer::Field(const SyntaxNode& node) {
  cst::FieldDecl field;
  static_cast<cst::Node&>(field) = PlaceOf(node);
  field.name = Name(node.kids[0]);
  field.type = Type(node.kids[1]);
  field.optional = Kid(node, SyntaxKind::kWord) != nullptr;
  if (const SyntaxNode* limit = Kid(node, SyntaxKind::kLimit)) {
    const std::string_view word = Text(limit->kids[0]);
    field.limit.kind = word == "one"       ? cst::FieldLimit::Kind::kOneOf
                       : word == "usually" ? cst::FieldLimit::Kind::kUsually
                                           : cst::FieldLimit::Kind::kIn;
    field.limit.values = Expr(limit->kids[1]);
  }
  return field;
}

cst::TypeExpr Lowerer::Type(const SyntaxNode& node) {
  cst::TypeExpr type;
  static_cast<cst::Node&>(type) = PlaceOf(node);
  const SyntaxNode& first = node.kids[0];
  if (first.kind == SyntaxKind::kWord) {
    type.kind = Text(first) == "list" ? cst::TypeExpr::Kind::kListOf
                                      : cst::TypeExpr::Kind::kMapOf;
    type.element.push_back(Type(node.kids[1]));
  } else if (first.kind == SyntaxKind::kBlock) {
    type.kind = cst::TypeExpr::Kind::kBlock;
    Fields(first, &type);
  } else if (Text(first) != "any") {
    type.kind = cst::TypeExpr::Kind::kScalar;
    type.scalar = Name(first);
  }
  return type;
}

cst::TableItem Lowerer::Table(const SyntaxNode& item) {
  cst::TableItem table;
  table.name = Name(item.kids[1]);
  for (const SyntaxNode& kid : item.kids) {
    if (kid.kind == SyntaxKind::kFrom && !kid.kids.empty()) {
      table.file = Literal(kid.kids[0]);
    } else if (kid.kind == SyntaxKind::kKey) {
      table.key_columns = Names(&kid);
    } else if (kid.kind == SyntaxKind::kColumn && !kid.broken) {
      cst::TableColumn column;
      static_cast<cst::Node&>(column) = PlaceOf(kid);
      column.name = Name(kid.kids[0]);
      column.type = Name(kid.kids[1]);
      column.optional = kid.kids.size() > 2;
      table.columns.push_back(std::move(column));
    } else if (kid.kind == SyntaxKind::kTableClause) {
      cst::TableClause clause;
      static_cast<cst::Node&>(clause) = PlaceOf(kid);
      if (!kid.kids.empty()) clause.word = Name(kid.kids[0]);
      if (kid.broken) {
        MarkIncomplete();
        table.clauses.push_back(std::move(clause));
        continue;
      }
      for (const SyntaxNode& part : std::span(kid.kids).subspan(1)) {
        switch (part.kind) {
          case SyntaxKind::kNamed:
            clause.named.push_back(Named(part));
            break;
          case SyntaxKind::kExpr:
            clause.exprs.push_back(Expr(part));
            break;
          case SyntaxKind::kDotted:
            clause.from = Dotted(part);
            break;
          default:
            clause.value = Literal(part);
        }
      }
      table.clauses.push_back(std::move(clause));
    } else if (kid.broken) {
      MarkIncomplete();
    }
  }
  return table;
}

}  // namespace tocsin::dsl::syntax
