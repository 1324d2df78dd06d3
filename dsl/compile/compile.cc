#include "dsl/compile/compile.h"

#include <algorithm>
#include <set>
#include <utility>

#include "dsl/compile/captures.h"
#include "dsl/compile/columns.h"
#include "dsl/compile/expr_compiler.h"
#include "dsl/compile/rule_compiler.h"
#include "engine/base/check.h"
#include "engine/program/expr_builder.h"

namespace tocsin::dsl {
namespace {

class Compiler {
 public:
  explicit Compiler(const CheckedRules& rules)
      : rules_(rules),
        exprs_(&rules, &columns_, &builder_, &captures_),
        compiler_(&rules, &builder_, &exprs_, &captures_, &schema_index_) {}

  std::shared_ptr<const RuleSet> Run() {
    auto set = std::make_shared<RuleSet>();
    OrderSchemas();
    exprs_.SetSchemas(schema_index_);
    for (const std::uint32_t schema : schema_order_) {
      set->schemas.push_back(Schema(schema));
    }
    std::vector<const CheckedRule*> enabled;
    for (const CheckedRule& rule : rules_.rules) {
      if (rule.enabled) enabled.push_back(&rule);
    }
    std::sort(enabled.begin(), enabled.end(),
              [](const CheckedRule* a, const CheckedRule* b) {
                return a->name < b->name;
              });
    for (std::uint32_t i = 0; i < enabled.size(); ++i) {
      set->rules.push_back(compiler_.Compile(*enabled[i], i, &set->feeds));
      set->strata = std::max(set->strata, set->rules.back().stratum + 1);
    }
    for (const CheckedTable& table : rules_.tables) {
      set->tables.push_back(std::make_shared<const PreparedTable>(
          table.name, table.rows, table.key, table.columns.size()));
    }
    set->exprs = builder_.Build();
    set->projection =
        Projection(columns_.Build(set->exprs), Unwrap(), LeftOut(*set));
    return set;
  }

 private:
  // Those that ask first, then the one that takes what is left.
  void OrderSchemas() {
    for (std::uint32_t i = 0; i < rules_.schemas.size(); ++i) {
      schema_order_.push_back(i);
    }
    std::sort(schema_order_.begin(), schema_order_.end(),
              [&](std::uint32_t a, std::uint32_t b) {
                const CheckedSchema& x = rules_.schemas[a];
                const CheckedSchema& y = rules_.schemas[b];
                if (x.match.has_value() != y.match.has_value()) {
                  return x.match.has_value();
                }
                return x.name < y.name;
              });
    schema_index_.resize(schema_order_.size());
    for (std::uint16_t i = 0; i < schema_order_.size(); ++i) {
      schema_index_[schema_order_[i]] = i;
    }
  }

  std::vector<std::string> Unwrap() const {
    std::vector<std::string> keys;
    for (const std::uint32_t schema : schema_order_) {
      for (const std::string& key : rules_.schemas[schema].unwrap) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
          keys.push_back(key);
        }
      }
    }
    return keys;
  }

  // A column of its own; the checker lets only plain keys be time or identity.
  FieldId Column(const CheckedSchema& schema, const FieldPath& path) {
    const ColumnPath column =
        columns_.Add(schema.type, path, Columns::Use::kColumn);
    TOCSIN_CHECK(column.rest.empty());
    return column.field;
  }

  SchemaProgram Schema(std::uint32_t index) {
    const CheckedSchema& schema = rules_.schemas[index];
    SchemaProgram program;
    program.name = schema.name;
    program.alerts_of = schema.alerts_of;
    for (const CheckedTimeSource& time : schema.times) {
      program.times.push_back(
          {Column(schema, time.path), time.format, time.pattern});
    }
    program.identity_position = schema.identity_position;
    for (const FieldPath& path : schema.identity) {
      program.identity.push_back({FormatPath(path), Column(schema, path)});
    }
    // An alert is known by its id.
    if (!schema.alerts_of.empty() && schema.identity.empty()) {
      const FieldPath id = {{PathSegment::Kind::kKey, "id", 0}};
      program.identity.push_back({"id", Column(schema, id)});
    }
    // An item of an EventList carries neither of the two, a line of a log does;
    // the third is where a message stood, not what it says.
    if (schema.built_in) {
      program.content_without = {"kind", "apiVersion", "kafka"};
    }
    if (schema.alerts_of.empty()) {
      const FieldPath kafka = {{PathSegment::Kind::kKey, "kafka", 0}};
      program.kafka = Column(schema, kafka);
    }
    exprs_.SetScope(index, nullptr);
    if (schema.match.has_value()) program.match = Root(*schema.match);
    return program;
  }

  static std::vector<std::string> LeftOut(const RuleSet& set) {
    std::set<std::string> keys;
    for (const SchemaProgram& schema : set.schemas) {
      keys.insert(schema.content_without.begin(), schema.content_without.end());
    }
    return {keys.begin(), keys.end()};
  }

  ExprId Root(const CheckedExpr& expr) {
    const ExprId id = exprs_.Compile(expr);
    builder_.AddRoot(id);
    return id;
  }

  const CheckedRules& rules_;
  Columns columns_;
  ExprPoolBuilder builder_;
  Captures captures_;
  ExprCompiler exprs_;
  std::vector<std::uint32_t> schema_order_;  // Of the rule set, as checked.
  std::vector<std::uint16_t> schema_index_;  // The other way round.
  RuleCompiler compiler_;
};

}  // namespace

std::shared_ptr<const RuleSet> Compile(const CheckedRules& rules) {
  TOCSIN_CHECK(rules.ok);
  return Compiler(rules).Run();
}

}  // namespace tocsin::dsl
