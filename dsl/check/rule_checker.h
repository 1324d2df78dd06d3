// One rule: its clauses and its file's defaults into a CheckedRule.
//
// rule_checker.cc: which clause goes where; rule_filter.cc: where, unless,
// defaults; rule_events.cc: events; rule_then.cc: what happens after firing;
// rule_values.cc: by, collect, show; rule_texts.cc: texts and metadata;
// rule_lint.cc: what a whole rule gives away.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/condition.h"
#include "dsl/check/context.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/truth.h"

namespace tocsin::dsl {

class RuleChecker {
 public:
  RuleChecker(const RuleSymbol& symbol, Context* context);
  CheckedRule Run();

 private:
  // What the clause leaves for lint: an exception by itself, without `until`.
  struct Exception {
    CheckedExpr expr;
    Span span;
  };

  // rule_checker.cc
  void Note(const cst::Clause& clause, const cst::Clause* before);
  void NoteDefault(const cst::Clause& clause);
  void Source();
  const CheckedSchema* ReadSource(const cst::Dotted& source);
  void When();
  ConditionNames MakeNames() const;
  void Tuned(const std::function<void(const cst::Clause&)>& visit);
  void Repeats();
  void Keys(const cst::KeysClause& keys);
  const cst::Clause* Only(std::string_view word) const;

  // rule_filter.cc
  void Filters();
  void Where(const cst::Clause& clause, CheckedFilter::Origin origin);
  void Unless(const cst::Clause& clause, CheckedFilter::Origin origin);
  bool Until(const cst::Literal& until, Value* condition,
             CheckedFilter* filter);
  void SchemaDefault();
  void AddDefault(const CheckedSchema& schema,
                  std::vector<CheckedFilter>* filters) const;

  // rule_events.cc
  void DeclareEvents();
  void DeclareEvent(const cst::EventClause& event);
  bool TakeEventName(const cst::Name& name, const CheckedSchema& schema);
  void CompleteEvents();
  void EventFilters(const cst::EventClause& clause, CheckedEvent* event);
  void EventKeys();
  void AgreeOnKeys(const CheckedEvent& event, const cst::EventClause& clause);
  void CheckEvents();
  void CheckEvidence(const std::vector<bool>& happening);
  bool OneSchema() const;

  // rule_then.cc
  void DefaultThen();
  void Then(const cst::ThenClause& then, const cst::Clause& clause);
  void CheckThen();
  void ThenPer(const cst::ThenClause& then);
  void ThenLevels(const cst::ThenClause& then);
  void Late(const cst::LateClause& late, const cst::Clause& clause,
            bool defaults);

  // rule_values.cc
  void By(const std::vector<cst::KeyPart>& parts, std::vector<CheckedKey>* by);
  void TakeKey(const cst::KeyPart& part, std::vector<CheckedKey>* by);
  bool KeyType(const cst::KeyPart& part, const Value& value);
  void Among(const cst::KeyPart& part, const Value& value, CheckedKey* key);
  void Collect(const cst::CollectClause& collect);
  void Show(const cst::ShowClause& show);
  bool ShownBySchema(const CheckedField& field, Span span);
  bool TakeName(const std::string& name, Span span, bool written);

  // rule_texts.cc
  void Texts(const std::vector<const cst::Clause*>& clauses);
  void Metadata(const cst::Clause& clause, bool defaults);
  void Severity(const cst::SeverityClause& severity, const Scope& scope);
  bool Level(const cst::Name& word, AlertSeverity* level);
  void Risk(const cst::RiskClause& risk, const Scope& scope);
  void Strings(const cst::ListClause& list, std::vector<std::string>* out);
  std::optional<CheckedTemplate> Text(const cst::Template& text,
                                      const Scope& scope);

  // rule_lint.cc
  void Lint();
  void LintNeverFires(const TruthFinder& finder);
  static Span FirstImpossible(const CheckedExpr& wanted,
                              const TruthFinder& finder, Span where);
  void LintParts(const TruthFinder& finder);
  void LintUnequal();

  Span SpanOf(const cst::Node& node) const { return At(*at_, node); }
  Scope MakeScope() const;
  Scope EvidenceScope() const;

  const RuleSymbol& symbol_;
  const FileSettings& file_;
  const FileSettings* at_;  // Where the clause at hand stands: a tune's, too.
  Context& context_;
  Reporter& report_;
  ExprChecker expressions_;
  CheckedRule rule_;
  const CheckedSchema* schema_ = nullptr;
  std::vector<const cst::Clause*> own_;       // Whole clauses, in order.
  std::vector<const cst::Clause*> repeats_;   // Whole, one too many.
  std::vector<const cst::Clause*> defaults_;  // Of the file.
  std::map<std::string, const cst::Clause*, std::less<>> first_;  // Bad too.
  std::vector<Exception> exceptions_;
  bool doubtful_ = false;    // A filter that is kept holds a mistake.
  bool incomplete_ = false;  // A clause could not be read.
  bool lenient_ = false;     // Names may be missing for that reason.
  bool has_events_ = false;
  std::vector<const cst::EventClause*> event_clauses_;  // As rule_.events.
  std::vector<const cst::Clause*> tuned_;
  const cst::Clause* then_ = nullptr;  // The one that stands in the end.
  Span then_span_;
  bool then_of_defaults_ = false;
};

}  // namespace tocsin::dsl
