#include "tests/testing/print_cst.h"

#include <variant>
#include <vector>

namespace tocsin::testing {
namespace {

using namespace dsl::cst;  // NOLINT: every type of the tree stands here.

std::string Quote(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

std::string Print(const Literal& literal) {
  switch (literal.kind) {
    case LiteralKind::kString:
      return Quote(literal.text);
    case LiteralKind::kRaw:
      return "raw" + Quote(literal.text);
    case LiteralKind::kBlock:
      return "block" + Quote(literal.text);
    case LiteralKind::kInt:
      return "int:" + literal.text;
    case LiteralKind::kFloat:
      return "float:" + literal.text;
    case LiteralKind::kBool:
      return "bool:" + literal.text;
    case LiteralKind::kDuration:
      return "duration:" + literal.text;
    case LiteralKind::kSize:
      return "size:" + literal.text;
    case LiteralKind::kAddress:
      return "address:" + literal.text;
    case LiteralKind::kNull:
      return "null";
  }
  return "?";
}

std::string Print(const Name& name) {
  return name.quoted ? "`" + name.text + "`" : name.text;
}

template <typename Items, typename Printer>
std::string Join(const Items& items, const std::string& by, Printer print) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += by;
    out += print(item);
  }
  return out;
}

std::string Names(const std::vector<Name>& names) {
  return Join(names, ", ", [](const Name& name) { return Print(name); });
}

std::string Exprs(const std::vector<Expr>& exprs) {
  return Join(exprs, ", ", PrintExpr);
}

std::string Optional(const std::string& label,
                     const std::optional<Literal>& literal) {
  return literal ? " " + label + " " + Print(*literal) : "";
}

std::string PrintTemplate(const Template& text) {
  return "<" +
         Join(text.parts, "|",
              [](const TemplatePart& part) {
                return part.hole ? "{" + PrintExpr(*part.hole) + "}"
                                 : Quote(part.text);
              }) +
         ">";
}

std::string PrintNamed(const Named& named) {
  return PrintExpr(named.expr) + (named.as ? " as " + Print(*named.as) : "");
}

std::string PrintWindow(const Window& window) {
  static const char* const kKinds[] = {"sliding", "tumbling", "hopping",
                                       "session"};
  return std::string(" within[") + kKinds[static_cast<int>(window.kind)] +
         Optional("length", window.length) + Optional("step", window.step) +
         Optional("zone", window.zone) + "]";
}

std::string PrintStep(const Step& step) {
  return (step.negated ? "not " : "") + Print(step.name) +
         Optional("x", step.run);
}

std::string PrintCondition(const Condition& condition) {
  const auto children = [&](const std::string& by) {
    return Join(condition.children, by, PrintCondition);
  };
  const std::string window =
      condition.window ? PrintWindow(*condition.window) : "";
  switch (condition.kind) {
    case ConditionKind::kBad:
      return "BAD";
    case ConditionKind::kOr:
      return "any-of{" + children("; ") + "}";
    case ConditionKind::kAnd:
      return "all-of{" + children("; ") + "}";
    case ConditionKind::kParen:
      return "paren{" + children("; ") + "}";
    case ConditionKind::kAggregate:
      return "aggregate " + Exprs(condition.exprs) + window;
    case ConditionKind::kSilent:
      return "silent" + window;
    case ConditionKind::kNew:
      return "new(" + Exprs(condition.exprs) + ")" + window +
             Optional("learn", condition.learn);
    case ConditionKind::kPartsOf:
      return "parts" + Optional("count", condition.count) + " of (" +
             Names(condition.names) + ")" + window;
    case ConditionKind::kSequence:
      return "sequence " + Join(condition.steps, " -> ", PrintStep) +
             (condition.without.empty()
                  ? ""
                  : " without " + Names(condition.without)) +
             (condition.exprs.empty() ? ""
                                      : " where " + Exprs(condition.exprs)) +
             window;
  }
  return "?";
}

std::string PrintKeys(const std::vector<KeyPart>& parts) {
  return Join(parts, ", ", [](const KeyPart& part) {
    return std::string(part.missing_ok ? "?" : "") +
           (part.each ? "each " : "") + PrintExpr(part.expr) +
           (part.as ? " as " + Print(*part.as) : "") +
           (part.among ? " among " + Print(*part.among) : "");
  });
}

struct ClausePrinter {
  std::string operator()(const BadClause&) const { return "BAD"; }
  std::string operator()(const FromClause& c) const { return c.source.text; }
  std::string operator()(const WhereClause& c) const {
    return PrintExpr(c.condition);
  }
  std::string operator()(const UnlessClause& c) const {
    return PrintExpr(c.condition) + Optional("until", c.until);
  }
  std::string operator()(const ByClause& c) const { return PrintKeys(c.parts); }
  std::string operator()(const EventClause& c) const {
    return Print(c.name) + (c.from ? " from " + c.from->text : "") +
           (c.by.empty() ? "" : " by " + PrintKeys(c.by)) + " = " +
           PrintExpr(c.condition);
  }
  std::string operator()(const WhenClause& c) const {
    return PrintCondition(c.condition);
  }
  std::string operator()(const ThenClause& c) const {
    static const char* const kKinds[] = {"once-per", "reset", "edge", "every",
                                         "escalate"};
    return std::string(kKinds[static_cast<int>(c.kind)]) + Optional("", c.per) +
           (c.per_names.empty() ? "" : " per " + Names(c.per_names)) +
           Join(c.levels, "", [](const Literal& l) { return " " + Print(l); });
  }
  std::string operator()(const CollectClause& c) const {
    return PrintExpr(c.expr) + Optional("up-to", c.up_to) + " as " +
           Print(c.as);
  }
  std::string operator()(const ShowClause& c) const {
    return Join(c.items, ", ", PrintNamed);
  }
  std::string operator()(const TextClause& c) const {
    return c.text ? PrintTemplate(*c.text) : Print(*c.plain);
  }
  std::string operator()(const SeverityClause& c) const {
    return Join(c.arms, " else ", [](const SeverityClause::Arm& arm) {
      return Print(arm.level) +
             (arm.condition ? " if " + PrintExpr(*arm.condition) : "");
    });
  }
  std::string operator()(const RiskClause& c) const {
    return PrintExpr(c.expr);
  }
  std::string operator()(const TagsClause& c) const {
    return (c.append ? "+= " : "") + Names(c.tags);
  }
  std::string operator()(const ListClause& c) const {
    return PrintExpr(c.list);
  }
  std::string operator()(const EnabledClause& c) const {
    return c.value ? "true" : "false";
  }
  std::string operator()(const KeysClause& c) const { return Print(c.count); }
  std::string operator()(const LateClause& c) const {
    return c.now ? "now" : "drop";
  }
};

std::string PrintClauses(const std::vector<Clause>& clauses) {
  std::string out;
  for (const Clause& clause : clauses) {
    out += "  " + clause.word.text + ": " +
           std::visit(ClausePrinter(), clause.value) + "\n";
  }
  return out;
}

std::string PrintType(const TypeExpr& type);

std::string PrintField(const FieldDecl& field) {
  static const char* const kLimits[] = {"", " one-of ", " usually ", " in "};
  return Print(field.name) + ": " + PrintType(field.type) +
         (field.optional ? "?" : "") +
         kLimits[static_cast<int>(field.limit.kind)] +
         (field.limit.values ? PrintExpr(*field.limit.values) : "");
}

std::string PrintType(const TypeExpr& type) {
  switch (type.kind) {
    case TypeExpr::Kind::kScalar:
      return Print(type.scalar);
    case TypeExpr::Kind::kAny:
      return "any";
    case TypeExpr::Kind::kListOf:
      return "list-of(" + PrintType(type.element[0]) + ")";
    case TypeExpr::Kind::kMapOf:
      return "map-of(" + PrintType(type.element[0]) + ")";
    case TypeExpr::Kind::kBlock:
      return "{" + Join(type.fields, "; ", PrintField) +
             (type.open ? "; ..." : "") + "}";
  }
  return "?";
}

std::string PrintSchemaClause(const SchemaClause& clause) {
  std::string out = "  " + clause.word.text + ":";
  if (clause.kind == SchemaClause::Kind::kBad) return out + " BAD\n";
  if (clause.position) out += " position";
  if (clause.name) out += " " + Print(*clause.name);
  if (clause.type) out += " " + Print(*clause.type);
  for (const TimeSource& time : clause.times) {
    out += " " + PrintExpr(time.path) +
           (time.format ? " as " + Print(*time.format) : "") +
           Optional("as", time.pattern);
  }
  if (!clause.exprs.empty()) out += " " + Exprs(clause.exprs);
  if (!clause.shown.empty()) out += " " + Join(clause.shown, ", ", PrintNamed);
  if (clause.fields) out += " " + PrintType(*clause.fields);
  return out + "\n";
}

std::string PrintJson(const Json& json) {
  if (json.kind == Json::Kind::kScalar) return Print(json.scalar);
  std::string out;
  for (std::size_t i = 0; i < json.values.size(); ++i) {
    if (i > 0) out += ", ";
    if (json.kind == Json::Kind::kObject) out += Print(json.keys[i]) + ": ";
    out += PrintJson(json.values[i]);
  }
  return json.kind == Json::Kind::kObject ? "{" + out + "}" : "[" + out + "]";
}

std::string PrintStatement(const TestStatement& statement) {
  std::string out = "  " + statement.word.text;
  if (!statement.name.text.empty()) out += " " + Print(statement.name);
  if (statement.json) out += " " + PrintJson(*statement.json);
  out += Optional("value", statement.value) + Optional("x", statement.run) +
         Optional("every", statement.every) + Optional("late", statement.late);
  if (statement.from) out += " from " + statement.from->text;
  for (const TestStatement::Assign& assign : statement.with) {
    out +=
        " with " + PrintExpr(assign.path) + " = " +
        (assign.text ? PrintTemplate(*assign.text) : PrintJson(*assign.json));
  }
  return out + "\n";
}

struct ItemPrinter {
  std::string operator()(const BadItem&) const { return " BAD\n"; }
  std::string operator()(const UseItem& i) const {
    return " " + i.schema.text + "\n";
  }
  std::string operator()(const GroupItem& i) const {
    return " " + i.prefix.text + "\n";
  }
  std::string operator()(const TimezoneItem& i) const {
    return " " + Print(i.zone) + "\n";
  }
  std::string operator()(const DefaultsItem& i) const {
    return "\n" + PrintClauses(i.clauses);
  }
  std::string operator()(const ListItem& i) const {
    return " " + Print(i.name) + (i.append ? " +=" : "") +
           (i.items ? " " + PrintExpr(*i.items) : "") +
           Optional("from", i.file) + Optional("column", i.column) +
           (i.type ? " as " + Print(*i.type) : "") + "\n";
  }
  std::string operator()(const LetItem& i) const {
    return " " + Print(i.name) +
           (i.has_parameters ? "(" + Names(i.parameters) + ")" : "") + " = " +
           PrintExpr(i.body) + "\n";
  }
  std::string operator()(const RuleItem& i) const {
    return " " + Print(i.name) + "\n" + PrintClauses(i.clauses);
  }
  std::string operator()(const SchemaItem& i) const {
    return " " + i.name.text + "\n" + Join(i.clauses, "", PrintSchemaClause);
  }
  std::string operator()(const TableItem& i) const {
    std::string out = " " + Print(i.name) + Optional("from", i.file);
    if (!i.key_columns.empty()) out += " key " + Names(i.key_columns);
    out += "\n";
    for (const TableColumn& column : i.columns) {
      out += "  column " + Print(column.name) + ": " + Print(column.type) +
             (column.optional ? "?" : "") + "\n";
    }
    for (const TableClause& clause : i.clauses) {
      out += "  " + clause.word.text + ": " +
             Join(clause.named, ", ", PrintNamed) + Exprs(clause.exprs) +
             (clause.value ? Print(*clause.value) : "") +
             (clause.from ? clause.from->text : "") + "\n";
    }
    return out;
  }
  std::string operator()(const TuneItem& i) const {
    return " " + Names(i.globs) + "\n" + PrintClauses(i.clauses);
  }
  std::string operator()(const TestItem& i) const {
    return " " + Print(i.title) + " for " +
           Join(i.rules, ", ", [](const Dotted& d) { return d.text; }) + "\n" +
           Join(i.statements, "", PrintStatement);
  }
};

}  // namespace

std::string PrintExpr(const Expr& expr) {
  const auto child = [&](std::size_t i) { return PrintExpr(expr.children[i]); };
  switch (expr.kind) {
    case ExprKind::kBad:
      return "BAD";
    case ExprKind::kLiteral:
      return Print(expr.literal);
    case ExprKind::kList:
      return "[" + Exprs(expr.children) + "]";
    case ExprKind::kName:
      return expr.quoted ? "`" + expr.text + "`" : expr.text;
    case ExprKind::kMember:
      return child(0) + "." + (expr.quoted ? "`" + expr.text + "`" : expr.text);
    case ExprKind::kSubscript: {
      const std::vector<Expr> index(expr.children.begin() + 1,
                                    expr.children.end());
      return child(0) + "[" + Exprs(index) + "]";
    }
    case ExprKind::kWildcard:
      return child(0) + "[*]";
    case ExprKind::kTuple:
      return "tuple(" + Exprs(expr.children) + ")";
    case ExprKind::kParen:
      return "paren(" + child(0) + ")";
    case ExprKind::kCall:
      return expr.text + "(" + Exprs(expr.children) + ")";
    case ExprKind::kUnary:
      return "(" + expr.op + " " + child(0) + ")";
    case ExprKind::kBinary:
      return "(" + Join(expr.children, " " + expr.op + " ", PrintExpr) + ")";
    case ExprKind::kTest:
      return "(" + child(0) + (expr.negated ? " not " : " ") + expr.op +
             (expr.all ? " all " : " ") + child(1) +
             (expr.nocase ? " nocase)" : ")");
    case ExprKind::kRange:
      return child(0) + ".." + (expr.children.size() > 1 ? child(1) : "");
    case ExprKind::kQuantifier:
      return expr.text + " " + Print(expr.variable) + " in " + child(0) +
             " where(" + child(1) + ")";
    case ExprKind::kElements:
      return expr.text + "-element(" + child(0) + ")";
    case ExprKind::kAtMost:
      return "at-most " + child(0) + "(" + child(1) + ")";
  }
  return "?";
}

std::string PrintFile(const File& file) {
  std::string out;
  for (const Item& item : file.items) {
    out += item.word.text + std::visit(ItemPrinter(), item.value);
  }
  return out + "comments: " + std::to_string(file.comments.size()) +
         (file.complete ? "\n" : "\nincomplete\n");
}

}  // namespace tocsin::testing
