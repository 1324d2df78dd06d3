// One `when`: its tree of conditions.
//
// condition.cc: what joins, `new`, `silent`; sequences.cc: steps and parts;
// aggregates.cc: what is counted; windows.cc: within.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dsl/check/condition.h"

namespace tocsin::dsl {

class ConditionChecker {
 public:
  ConditionChecker(const ConditionNames& names, Context* context,
                   ExprChecker* expressions)
      : names_(names),
        file_(*names.file),
        context_(*context),
        report_(context->report),
        expressions_(*expressions) {}

  bool Check(const cst::Condition& condition, CheckedCondition* checked);

 private:
  bool Join(const cst::Condition& condition, CheckedCondition* checked);
  bool MayJoin(const std::vector<CheckedCondition>& children, bool either);
  bool Aggregates(const cst::Condition& condition, CheckedCondition* checked);
  bool Sequence(const cst::Condition& condition, CheckedCondition* checked);
  bool Absence(const cst::Condition& condition, CheckedCondition* checked);
  bool Steps(const cst::Condition& condition, CheckedCondition* checked);
  bool Run(const cst::Step& step, std::uint32_t* run);
  bool Without(const cst::Condition& condition, CheckedCondition* checked);
  bool StepsWhere(const cst::Expr& where, CheckedCondition* checked);
  bool PartsOf(const cst::Condition& condition, CheckedCondition* checked);
  bool New(const cst::Condition& condition, CheckedCondition* checked);
  bool Silent(const cst::Condition& condition, CheckedCondition* checked);

  bool Event(const cst::Name& name, std::uint32_t* index);
  bool Refuse(Kind kind, Span span, std::string message, std::string help) {
    report_.Emit(kind, span, std::move(message)).help = std::move(help);
    return false;
  }
  Scope MakeScope() const;
  Span SpanOf(const cst::Node& node) const { return At(file_, node); }

  const ConditionNames& names_;
  const FileSettings& file_;
  Context& context_;
  Reporter& report_;
  ExprChecker& expressions_;
};

}  // namespace tocsin::dsl
