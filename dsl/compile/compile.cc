#include "dsl/compile/compile.h"

#include <algorithm>
#include <set>
#include <utility>

#include "dsl/compile/columns.h"
#include "dsl/compile/expr_compiler.h"
#include "engine/base/check.h"
#include "engine/program/expr_builder.h"

namespace tocsin::dsl {
namespace {

AlertLevel LevelOf(AlertSeverity severity) {
  switch (severity) {
    case AlertSeverity::kInfo:
      return AlertLevel::kInfo;
    case AlertSeverity::kLow:
      return AlertLevel::kLow;
    case AlertSeverity::kMedium:
      return AlertLevel::kMedium;
    case AlertSeverity::kHigh:
      return AlertLevel::kHigh;
    case AlertSeverity::kCritical:
      return AlertLevel::kCritical;
  }
  return AlertLevel::kMedium;
}

class Compiler {
 public:
  explicit Compiler(const CheckedRules& rules)
      : rules_(rules), exprs_(&rules, &columns_, &builder_) {}

  std::shared_ptr<const RuleSet> Run() {
    auto set = std::make_shared<RuleSet>();
    OrderSchemas();
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
    for (const CheckedRule* rule : enabled) set->rules.push_back(Rule(*rule));
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
    for (const CheckedTimeSource& time : schema.times) {
      program.times.push_back(
          {Column(schema, time.path), time.format, time.pattern});
    }
    program.identity_position = schema.identity_position;
    for (const FieldPath& path : schema.identity) {
      program.identity.push_back({FormatPath(path), Column(schema, path)});
    }
    // An item of an EventList carries neither; a line of a log does.
    if (schema.built_in) program.content_without = {"kind", "apiVersion"};
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

  TemplateProgram Template(const std::optional<CheckedTemplate>& text) {
    TemplateProgram program;
    if (!text.has_value()) return program;
    for (const CheckedTemplate::Part& part : text->parts) {
      TemplateProgram::Part made;
      if (part.hole.has_value()) {
        made.hole = Root(*part.hole);
      } else {
        made.text = part.text;
      }
      program.parts.push_back(std::move(made));
    }
    return program;
  }

  void Condition(const CheckedRule& rule, RuleProgram* program) {
    const auto* threshold = AggregatesOf(rule.condition);
    if (threshold == nullptr) return;
    program->window_us = threshold->window.length_us;
    for (const CheckedAggregate& aggregate : threshold->aggregates) {
      AggregateProgram made;
      made.kind = aggregate.kind == CheckedAggregate::Kind::kCount
                      ? AggregateProgram::Kind::kCount
                      : AggregateProgram::Kind::kDistinct;
      if (aggregate.filter.has_value()) made.filter = Root(*aggregate.filter);
      for (const CheckedExpr& value : aggregate.values) {
        made.values.push_back(Root(value));
      }
      made.threshold = aggregate.threshold;
      program->aggregates.push_back(std::move(made));
    }
  }

  RuleProgram Rule(const CheckedRule& rule) {
    const CheckedSchema& schema = rules_.schemas[rule.schema];
    exprs_.SetScope(rule.schema, &rule);
    RuleProgram program;
    program.name = rule.name;
    program.uid = HashWide(CanonicalForm(rules_, rule));
    program.schema = schema_index_[rule.schema];
    program.filter = exprs_.CompileFilters(rule.filters);
    builder_.AddRoot(program.filter);
    for (const CheckedKey& key : rule.by) {
      KeyProgram made{key.name, Root(key.expr), key.missing_ok, key.each,
                      kNoExpr};
      if (key.among.has_value()) {
        made.among = exprs_.CompileAmong(key);
        builder_.AddRoot(made.among);
      }
      program.by.push_back(std::move(made));
    }
    Condition(rule, &program);
    program.once = rule.then.kind == CheckedThen::Kind::kOncePer;
    program.hold_us = rule.then.hold_us;
    for (const CheckedCollect& collect : rule.collects) {
      program.collects.push_back(
          {collect.name, Root(collect.expr), collect.up_to,
           Hash64(CanonicalCollect(rules_, rule, collect))});
    }
    for (const CheckedField& show : schema.shows) {
      program.shows.push_back({show.name, Root(show.expr)});
    }
    program.schema_shows = program.shows.size();
    for (const CheckedField& show : rule.shows) {
      program.shows.push_back({show.name, Root(show.expr)});
    }
    program.keys = rule.keys;
    program.alert = Template(rule.alert);
    program.title = Template(rule.title);
    program.runbook = Template(rule.runbook);
    program.severity = LevelOf(rule.severity);
    program.tags = rule.tags;
    return program;
  }

  const CheckedRules& rules_;
  Columns columns_;
  ExprPoolBuilder builder_;
  ExprCompiler exprs_;
  std::vector<std::uint32_t> schema_order_;  // Of the rule set, as checked.
  std::vector<std::uint16_t> schema_index_;  // The other way round.
};

}  // namespace

std::shared_ptr<const RuleSet> Compile(const CheckedRules& rules) {
  TOCSIN_CHECK(rules.ok);
  return Compiler(rules).Run();
}

}  // namespace tocsin::dsl
