// Metadata and texts. Defaults come first, so that the rule's own stand.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/rule_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

struct KnownLevel {
  std::string_view name;
  AlertSeverity severity;
};
constexpr std::array<KnownLevel, 5> kLevels = {{
    {"critical", AlertSeverity::kCritical},
    {"high", AlertSeverity::kHigh},
    {"medium", AlertSeverity::kMedium},
    {"low", AlertSeverity::kLow},
    {"info", AlertSeverity::kInfo},
}};

bool ReadsSeverity(const CheckedExpr& expr) {
  if (expr.op == ExprOp::kAlertField) {
    return expr.alert_field == AlertField::kSeverity;
  }
  return std::any_of(expr.children.begin(), expr.children.end(), ReadsSeverity);
}

}  // namespace

bool RuleChecker::Level(const cst::Name& word, AlertSeverity* level) {
  std::vector<std::string_view> names;
  for (const KnownLevel& known : kLevels) {
    names.push_back(known.name);
    if (known.name != word.text) continue;
    *level = known.severity;
    return true;
  }
  Diagnostic& d =
      report_.Emit(Kind::kUnknownWord, SpanOf(word),
                   absl::StrFormat("unknown severity `%s`", word.text));
  std::string_view nearest;
  d.help = DidYouMean(word.text, names, &nearest);
  if (!nearest.empty()) d.fix = Fix{SpanOf(word), std::string(nearest)};
  if (nearest.empty()) d.help = "one of critical high medium low info";
  return false;
}

// severity critical if P else high
void RuleChecker::Severity(const cst::SeverityClause& severity,
                           const Scope& scope) {
  rule_.severity_arms.clear();
  for (const cst::SeverityClause::Arm& arm : severity.arms) {
    AlertSeverity level = AlertSeverity::kMedium;
    const bool known = Level(arm.level, &level);
    if (!arm.condition.has_value()) {
      if (known) rule_.severity = level;
      continue;
    }
    Value value = expressions_.Condition(*arm.condition, scope);
    if (value.bad || !known) continue;
    if (ReadsSeverity(value.expr)) {
      report_
          .Emit(Kind::kCycle, SpanOf(*arm.condition),
                "the severity is what is decided here")
          .help = "compare fields, keys, {count} or {total}";
      continue;
    }
    rule_.severity_arms.push_back({level, std::move(value.expr)});
  }
}

void RuleChecker::Risk(const cst::RiskClause& risk, const Scope& scope) {
  Value value = expressions_.Check(risk.expr, scope);
  if (value.bad) return;
  const TypeKind kind = value.expr.type.kind;
  if (kind != TypeKind::kInt && kind != TypeKind::kAny) {
    report_
        .Emit(Kind::kWrongType, SpanOf(risk.expr),
              absl::StrFormat("a risk is a whole number, and this is %s",
                              AType(value.expr.type)))
        .help = "risk 40, or int(..)";
    return;
  }
  rule_.risk = std::move(value.expr);
}

void RuleChecker::Strings(const cst::ListClause& list,
                          std::vector<std::string>* out) {
  Scope scope;
  scope.file = at_;
  scope.constants = true;
  if (list.list.kind != cst::ExprKind::kList) return;
  for (const cst::Expr& item : list.list.children) {
    const Value value = expressions_.ConstantOf(item, scope);
    if (value.bad) continue;
    if (const auto* text =
            std::get_if<std::string>(&value.expr.constant.value)) {
      out->push_back(*text);
      continue;
    }
    report_.Emit(Kind::kWrongType, SpanOf(item), "a text is needed here");
  }
}

void RuleChecker::Metadata(const cst::Clause& clause, bool defaults) {
  const std::string& word = clause.word.text;
  if (const auto* then = std::get_if<cst::ThenClause>(&clause.value)) {
    Then(*then, clause);
    then_of_defaults_ = defaults;
  } else if (const auto* tags = std::get_if<cst::TagsClause>(&clause.value)) {
    if (at_ != &file_ && !tags->append) rule_.tags.clear();
    for (const cst::Name& tag : tags->tags) {
      const bool known = std::find(rule_.tags.begin(), rule_.tags.end(),
                                   tag.text) != rule_.tags.end();
      if (!known) rule_.tags.push_back(tag.text);
    }
  } else if (const auto* list = std::get_if<cst::ListClause>(&clause.value)) {
    Strings(*list,
            word == "references" ? &rule_.references : &rule_.falsepositives);
  } else if (const auto* enabled =
                 std::get_if<cst::EnabledClause>(&clause.value)) {
    rule_.enabled = enabled->value;
  } else if (const auto* keys = std::get_if<cst::KeysClause>(&clause.value)) {
    Keys(*keys);
  } else if (const auto* late = std::get_if<cst::LateClause>(&clause.value)) {
    Late(*late, clause, defaults);
  } else if (const auto* collect =
                 std::get_if<cst::CollectClause>(&clause.value)) {
    Collect(*collect);
  } else if (const auto* show = std::get_if<cst::ShowClause>(&clause.value)) {
    Show(*show);
  } else if (const auto* text = std::get_if<cst::TextClause>(&clause.value)) {
    if (!text->plain.has_value()) return;
    std::string* out = word == "description" ? &rule_.description
                       : word == "owner"     ? &rule_.owner
                                             : &rule_.id;
    *out = text->plain->text;
  }
}

std::optional<CheckedTemplate> RuleChecker::Text(const cst::Template& text,
                                                 const Scope& scope) {
  CheckedTemplate checked;
  for (const cst::TemplatePart& part : text.parts) {
    CheckedTemplate::Part piece;
    piece.text = part.text;
    if (part.hole.has_value()) {
      Value value = expressions_.Check(*part.hole, scope);
      if (value.bad) continue;
      piece.hole = std::move(value.expr);
    }
    checked.parts.push_back(std::move(piece));
  }
  return checked;
}

void RuleChecker::Texts(const std::vector<const cst::Clause*>& clauses) {
  TextNames names;
  names.keys = &rule_.by;
  names.collects = &rule_.collects;
  names.shows = &rule_.shows;
  Scope scope = EvidenceScope();
  scope.names = &names;
  for (const cst::Clause* clause : clauses) {
    scope.text = false;
    if (const auto* severity =
            std::get_if<cst::SeverityClause>(&clause->value)) {
      Severity(*severity, scope);
    } else if (const auto* risk =
                   std::get_if<cst::RiskClause>(&clause->value)) {
      Risk(*risk, scope);
    }
    scope.text = true;
    const auto* text = std::get_if<cst::TextClause>(&clause->value);
    if (text == nullptr || !text->text.has_value()) continue;
    const std::string& word = clause->word.text;
    std::optional<CheckedTemplate>* out = word == "alert"   ? &rule_.alert
                                          : word == "title" ? &rule_.title
                                                            : &rule_.runbook;
    *out = Text(*text->text, scope);
  }
}

}  // namespace tocsin::dsl
