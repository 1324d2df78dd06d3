#include "dsl/format/marks.h"

#include <variant>

namespace tocsin::dsl::layout {
namespace {

using namespace cst;  // NOLINT: every type of the tree stands here.

class Collector {
 public:
  explicit Collector(Marks* marks) : marks_(*marks) {}

  void operator()(const BadItem&) {}
  void operator()(const UseItem& i) { Whole(i.schema); }
  void operator()(const GroupItem& i) { Whole(i.prefix); }
  void operator()(const TimezoneItem& i) { Whole(i.zone); }
  void operator()(const DefaultsItem& i) { Clauses(i.clauses); }
  void operator()(const ListItem& i) {
    if (i.items) Add(*i.items);
    Whole(i.file);
    Whole(i.column);
  }
  void operator()(const LetItem& i) {
    if (i.has_parameters) marks_.callees.insert(i.name.begin);
    Add(i.body);
  }
  void operator()(const RuleItem& i) { Clauses(i.clauses); }
  void operator()(const SchemaItem& i) {
    Whole(i.name);
    for (const SchemaClause& clause : i.clauses) Add(clause);
  }
  void operator()(const TableItem& i) {
    Whole(i.file);
    for (const TableColumn& column : i.columns) {
      marks_.members.insert(column.begin);
    }
    for (const TableClause& clause : i.clauses) {
      AddAll(clause.named);
      AddAll(clause.exprs);
      Whole(clause.value);
      Whole(clause.from);
    }
  }
  void operator()(const TuneItem& i) {
    for (const Name& glob : i.globs) Whole(glob);
    Clauses(i.clauses);
  }
  void operator()(const TestItem& i) {
    Whole(i.title);
    for (const Dotted& rule : i.rules) Whole(rule);
    for (const TestStatement& statement : i.statements) Add(statement);
  }

  void operator()(const BadClause&) {}
  void operator()(const FromClause& c) { Whole(c.source); }
  void operator()(const WhereClause& c) { Add(c.condition); }
  void operator()(const UnlessClause& c) {
    Add(c.condition);
    Whole(c.until);
  }
  void operator()(const ByClause& c) { AddAll(c.parts); }
  void operator()(const EventClause& c) {
    Whole(c.from);
    AddAll(c.by);
    Add(c.condition);
  }
  void operator()(const WhenClause& c) { Add(c.condition); }
  void operator()(const ThenClause& c) {
    Whole(c.per);
    for (const Literal& level : c.levels) Whole(level);
  }
  void operator()(const CollectClause& c) {
    Add(c.expr);
    Whole(c.up_to);
  }
  void operator()(const ShowClause& c) { AddAll(c.items); }
  void operator()(const TextClause& c) {
    Whole(c.text);
    Whole(c.plain);
  }
  void operator()(const SeverityClause& c) {
    for (const SeverityClause::Arm& arm : c.arms) {
      if (arm.condition) Add(*arm.condition);
    }
  }
  void operator()(const RiskClause& c) { Add(c.expr); }
  void operator()(const TagsClause& c) {
    for (const Name& tag : c.tags) Whole(tag);
  }
  void operator()(const ListClause& c) { Add(c.list); }
  void operator()(const EnabledClause&) {}
  void operator()(const KeysClause& c) { Whole(c.count); }
  void operator()(const LateClause&) {}

 private:
  void Whole(const Node& node) { marks_.whole.push_back(node); }
  template <typename T>
  void Whole(const std::optional<T>& node) {
    if (node) Whole(static_cast<const Node&>(*node));
  }
  template <typename T>
  void AddAll(const std::vector<T>& nodes) {
    for (const T& node : nodes) Add(node);
  }
  void Clauses(const std::vector<Clause>& clauses) {
    for (const Clause& clause : clauses) std::visit(*this, clause.value);
  }

  void Add(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kLiteral:
        Whole(expr.literal);
        break;
      case ExprKind::kCall:
        marks_.callees.insert(expr.word.begin);
        break;
      case ExprKind::kElements:
        marks_.callees.insert(expr.begin);
        break;
      case ExprKind::kSubscript:
      case ExprKind::kWildcard:
        marks_.subscripts.insert(expr.word.begin);
        break;
      case ExprKind::kUnary:
        if (expr.op == "-") marks_.prefixes.insert(expr.begin);
        break;
      default:
        break;
    }
    AddAll(expr.children);
  }
  void Add(const Named& named) { Add(named.expr); }
  void Add(const KeyPart& part) {
    if (part.missing_ok) marks_.prefixes.insert(part.begin);
    Add(part.expr);
  }
  void Add(const Window& window) {
    Whole(window.length);
    Whole(window.step);
    Whole(window.zone);
  }
  void Add(const Condition& condition) {
    if (condition.kind == ConditionKind::kNew) {
      marks_.callees.insert(condition.begin);
    }
    AddAll(condition.children);
    AddAll(condition.exprs);
    for (const Step& step : condition.steps) Whole(step.run);
    Whole(condition.count);
    Whole(condition.learn);
    if (condition.window) Add(*condition.window);
  }
  void Add(const TypeExpr& type) {
    AddAll(type.element);
    for (const FieldDecl& field : type.fields) {
      marks_.members.insert(field.begin);
      Add(field.type);
      if (field.limit.values) Add(*field.limit.values);
    }
  }
  void Add(const SchemaClause& clause) {
    for (const TimeSource& time : clause.times) {
      Add(time.path);
      Whole(time.pattern);
    }
    AddAll(clause.exprs);
    AddAll(clause.shown);
    if (clause.fields) Add(*clause.fields);
  }
  void Add(const Json& json) {
    if (json.kind == Json::Kind::kScalar) {
      Whole(json.scalar);
      if (json.begin < json.scalar.begin) marks_.prefixes.insert(json.begin);
    }
    AddAll(json.values);
  }
  void AddTest(const std::optional<Json>& json) {
    if (!json) return;
    marks_.json.push_back(*json);
    Add(*json);
  }
  void Add(const TestStatement& statement) {
    AddTest(statement.json);
    Whole(statement.value);
    Whole(statement.run);
    Whole(statement.every);
    Whole(statement.late);
    Whole(statement.from);
    for (const TestStatement::Assign& assign : statement.with) {
      Add(assign.path);
      AddTest(assign.json);
      Whole(assign.text);
    }
  }

  Marks& marks_;
};

}  // namespace

Marks CollectMarks(const File& file) {
  Marks marks;
  Collector collector(&marks);
  for (const Item& item : file.items) std::visit(collector, item.value);
  return marks;
}

}  // namespace tocsin::dsl::layout
