// Metadata and texts. Defaults come first, so that the rule's own stand.
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/rule_checker.h"

namespace tocsin::dsl {
namespace {

struct Level {
  std::string_view name;
  AlertSeverity severity;
};
constexpr std::array<Level, 5> kLevels = {{
    {"critical", AlertSeverity::kCritical},
    {"high", AlertSeverity::kHigh},
    {"medium", AlertSeverity::kMedium},
    {"low", AlertSeverity::kLow},
    {"info", AlertSeverity::kInfo},
}};

}  // namespace

void RuleChecker::Severity(const cst::SeverityClause& severity) {
  if (severity.arms.empty()) return;
  if (severity.arms.size() > 1 || severity.arms[0].condition.has_value()) {
    report_.Emit(Kind::kSeverityIfNotYet, SpanOf(severity.arms[0].level),
                 "`severity .. if` is not in this version");
    return;
  }
  const cst::Name& word = severity.arms[0].level;
  std::vector<std::string_view> names;
  for (const Level& level : kLevels) {
    names.push_back(level.name);
    if (level.name != word.text) continue;
    rule_.severity = level.severity;
    return;
  }
  Diagnostic& d =
      report_.Emit(Kind::kUnknownWord, SpanOf(word),
                   absl::StrFormat("unknown severity `%s`", word.text));
  std::string_view nearest;
  d.help = DidYouMean(word.text, names, &nearest);
  if (!nearest.empty()) d.fix = Fix{SpanOf(word), std::string(nearest)};
  if (nearest.empty()) d.help = "one of critical high medium low info";
}

void RuleChecker::Strings(const cst::ListClause& list,
                          std::vector<std::string>* out) {
  Scope scope;
  scope.file = &file_;
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
  } else if (const auto* severity =
                 std::get_if<cst::SeverityClause>(&clause.value)) {
    Severity(*severity);
  } else if (const auto* tags = std::get_if<cst::TagsClause>(&clause.value)) {
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
  } else if (std::get_if<cst::RiskClause>(&clause.value) != nullptr) {
    report_.Emit(Kind::kRiskNotYet, SpanOf(clause.word),
                 "`risk` is not in this version");
  } else if (std::get_if<cst::LateClause>(&clause.value) != nullptr) {
    if (!defaults && !has_events_ && !incomplete_) {
      report_
          .Emit(Kind::kLateOnMonotone, SpanOf(clause),
                "`late` changes nothing here: a late event still counts")
          .help = "filters, count and distinct are decided on arrival";
    }
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
  Scope scope = MakeScope();
  scope.names = &names;
  scope.text = true;
  scope.lenient = scope.lenient || lenient_;
  for (const cst::Clause* clause : clauses) {
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
