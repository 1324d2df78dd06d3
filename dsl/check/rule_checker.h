// One rule: its clauses and its file's defaults into a CheckedRule.
//
// rule_checker.cc: which clause goes where; rule_filter.cc: where, unless,
// defaults; rule_values.cc: by, collect, show; rule_texts.cc: texts and
// metadata; rule_lint.cc: what a whole rule gives away.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  void When();
  void Repeats();
  void Then(const cst::ThenClause& then, const cst::Clause& clause);
  void Keys(const cst::KeysClause& keys);
  const cst::Clause* Only(std::string_view word) const;

  // rule_filter.cc
  void Filters();
  void Where(const cst::Clause& clause, CheckedFilter::Origin origin);
  void Unless(const cst::Clause& clause, CheckedFilter::Origin origin);
  bool Until(const cst::Literal& until, Value* condition,
             CheckedFilter* filter);
  void SchemaDefault();

  // rule_values.cc
  void By(const std::vector<cst::KeyPart>& parts);
  bool KeyType(const cst::KeyPart& part, const Value& value);
  void Among(const cst::KeyPart& part, const Value& value, CheckedKey* key);
  void Collect(const cst::CollectClause& collect);
  void Show(const cst::ShowClause& show);
  bool ShownBySchema(const CheckedField& field, Span span);
  bool TakeName(const std::string& name, Span span, bool written);

  // rule_texts.cc
  void Texts(const std::vector<const cst::Clause*>& clauses);
  void Metadata(const cst::Clause& clause, bool defaults);
  void Severity(const cst::SeverityClause& severity);
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

  Span SpanOf(const cst::Node& node) const { return At(file_, node); }
  Scope MakeScope() const;

  const RuleSymbol& symbol_;
  const FileSettings& file_;
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
};

}  // namespace tocsin::dsl
