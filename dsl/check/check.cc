// The order of the passes; the only way in is Check().
#include "dsl/check/check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/allow.h"
#include "dsl/check/context.h"
#include "dsl/check/k8s_audit.h"
#include "dsl/check/lint.h"
#include "dsl/check/lint_rules.h"
#include "dsl/check/list_values.h"
#include "dsl/check/rule_checker.h"
#include "dsl/check/schemas.h"
#include "dsl/check/sources.h"
#include "dsl/check/symbols.h"
#include "dsl/check/tables.h"
#include "dsl/check/test_blocks.h"
#include "dsl/check/tunes.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

// Lets by themselves: a mistake in one that no rule uses is told too.
void CheckLets(Context* context) {
  ExprChecker expressions(context);
  for (const auto& [name, let] : context->symbols.lets) {
    Scope scope;
    scope.file = let.file;
    scope.schema = let.file->schema;
    // A let that is used is checked where it is used, by the schema there.
    const bool used = context->symbols.read.contains(name);
    if (used && scope.schema == nullptr) continue;
    for (const cst::Name& parameter : let.item->parameters) {
      Binding binding;
      binding.kind = Binding::Kind::kParameter;
      binding.name = parameter.text;
      scope.bindings.push_back(std::move(binding));
    }
    expressions.BeginRule(let.span);
    const Value value = expressions.CheckLet(name, *let.item, scope);
    if (value.bad || value.expr.type.kind != TypeKind::kBool) continue;
    LintTests(value.expr, At(*let.file, let.item->body), Facts{},
              TruthFinder(scope.schema), context);
  }
}

void CheckRuleCount(Context* context) {
  const std::size_t most = context->options.limits.rules;
  const SymbolMap<RuleSymbol>& rules = context->symbols.rules;
  if (rules.size() <= most) return;
  // Told at the rule that is one too many, in the order of the text.
  const RuleSymbol* last = nullptr;
  for (const auto& [name, rule] : rules) {
    if (last == nullptr || rule.name_span.file > last->name_span.file ||
        (rule.name_span.file == last->name_span.file &&
         rule.name_span.begin > last->name_span.begin)) {
      last = &rule;
    }
  }
  context->report.Emit(Kind::kTooManyRules, last->name_span,
                       absl::StrFormat("%d rules; a rule set has at most %d",
                                       rules.size(), most));
}

// Schemas that are declared or read, those without `match` last: they take
// every event. Rules are renumbered.
std::vector<CheckedSchema> TakeSchemas(Context* context,
                                       std::vector<CheckedRule>* rules) {
  std::vector<bool> read(context->schemas.size(), false);
  for (const CheckedRule& rule : *rules) {
    read[rule.schema] = true;
    for (const CheckedEvent& event : rule.events) read[event.schema] = true;
  }
  std::vector<CheckedSchema> taken;
  std::vector<std::uint32_t> index(context->schemas.size(), 0);
  for (const bool with_match : {true, false}) {
    for (std::size_t i = 0; i < context->schemas.size(); ++i) {
      CheckedSchema& schema = context->schemas[i];
      if (schema.match.has_value() != with_match) continue;
      if (schema.built_in && !read[i]) continue;
      index[i] = static_cast<std::uint32_t>(taken.size());
      taken.push_back(schema);
    }
  }
  for (CheckedRule& rule : *rules) {
    rule.schema = index[rule.schema];
    for (CheckedEvent& event : rule.events) {
      event.schema = index[event.schema];
    }
  }
  return taken;
}

}  // namespace

CheckedRules Check(std::span<const cst::File> files, const SourceSet& sources,
                   const CheckOptions& options, DiagnosticSink* sink) {
  Context context(sources, options, sink);
  CollectSymbols(files, &context);
  CollectReads(AuditSchemaFile(), &context);
  for (const cst::File& file : files) CollectReads(file, &context);
  CheckRuleCount(&context);
  MatchTunes(&context);
  CheckLists(&context);
  CheckTables(&context);
  CheckSchemas(&context);
  ReportUnused(&context);
  ReportShadowed(&context);
  CheckLets(&context);
  CheckedRules checked;
  RuleOrder order(&context);
  for (const RuleSymbol* symbol : order.rules()) {
    checked.rules.push_back(RuleChecker(*symbol, &context).Run());
    order.Checked(checked.rules.back());
  }
  std::sort(checked.rules.begin(), checked.rules.end(),
            [](const CheckedRule& a, const CheckedRule& b) {
              return a.name < b.name;
            });
  order.ReportUnreadSignals();
  // For their mistakes only.
  for (const RuleSymbol& symbol : context.symbols.undeclared) {
    RuleChecker(symbol, &context).Run();
  }
  if (options.tests) checked.tests = CheckTests(checked.rules, &context);
  checked.schemas = TakeSchemas(&context, &checked.rules);
  for (CheckedList& list : context.lists) {
    if (list.element == TypeKind::kAny) list.element = TypeKind::kString;
  }
  checked.lists = std::move(context.lists);
  checked.tables = std::move(context.tables);
  checked.ok = !sink->has_errors();
  if (checked.ok && options.lint) LintRules(checked, &context);
  if (checked.ok && options.lateness_us.has_value()) {
    LintLateness(checked, *options.lateness_us, sink);
  }
  ApplyAllows(files, &context, sink);
  return checked;
}

}  // namespace tocsin::dsl
