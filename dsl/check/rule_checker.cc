// The order in which a rule is read: source, filter, key, condition, then,
// evidence, texts; each needs those before it.
#include "dsl/check/rule_checker.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/aggregates.h"
#include "dsl/check/constants.h"
#include "dsl/check/schemas.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"
#include "engine/base/strings.h"

namespace tocsin::dsl {
namespace {

bool IsBad(const cst::Clause& clause) {
  return std::holds_alternative<cst::BadClause>(clause.value);
}

bool MayRepeat(const cst::Clause& clause) {
  static constexpr std::array kOnce = std::to_array<std::string_view>(
      {"title", "description", "severity", "risk", "tags", "runbook",
       "references", "falsepositives", "enabled", "owner", "id", "from",
       "where", "by", "when", "then", "alert", "keys", "late"});
  const std::string& word = clause.word.text;
  if (std::find(kOnce.begin(), kOnce.end(), word) == kOnce.end()) return true;
  if (word != "tags") return false;
  const auto* tags = std::get_if<cst::TagsClause>(&clause.value);
  return tags == nullptr || tags->append;  // Unreadable: rather `+=`.
}

// Whether the clause may be a lost part of the unreadable one before it: of a
// sequence, or of an event.
bool MayContinue(const cst::Clause& clause, const cst::Clause* before) {
  if (before == nullptr || !IsBad(*before)) return false;
  const std::string& word = clause.word.text;
  const std::string& other = before->word.text;
  return (other == "when" && (word == "then" || word == "where")) ||
         (other == "event" && (word == "from" || word == "by"));
}

// Whether a clause that could not be read may have named something, also when
// its own word is misspelt.
bool MayGiveNames(const std::string& word) {
  const std::vector<std::string_view> naming = {"by", "collect", "show",
                                                "event", "from"};
  return word.empty() ||
         std::find(naming.begin(), naming.end(), word) != naming.end() ||
         !Nearest(word, naming).empty();
}

}  // namespace

RuleChecker::RuleChecker(const RuleSymbol& symbol, Context* context)
    : symbol_(symbol),
      file_(*symbol.file),
      context_(*context),
      report_(context->report),
      expressions_(context) {}

Scope RuleChecker::MakeScope() const {
  Scope scope;
  scope.file = &file_;
  scope.schema = schema_;
  scope.lenient = has_events_;
  return scope;
}

const cst::Clause* RuleChecker::Only(std::string_view word) const {
  const auto found = first_.find(word);
  return found == first_.end() || IsBad(*found->second) ? nullptr
                                                        : found->second;
}

void RuleChecker::Note(const cst::Clause& clause, const cst::Clause* before) {
  const std::string& word = clause.word.text;
  const bool bad = IsBad(clause);
  if (bad) {
    incomplete_ = true;
    lenient_ = lenient_ || MayGiveNames(word);
  }
  const auto [place, fresh] = first_.emplace(word, &clause);
  if (fresh || MayRepeat(clause)) {
    if (!bad) own_.push_back(&clause);
    return;
  }
  if (MayContinue(clause, before)) return;
  Diagnostic& d =
      report_.Emit(Kind::kDuplicateClause, SpanOf(clause.word),
                   absl::StrFormat("`%s` may stand once in a rule", word));
  d.notes.push_back({SpanOf(place->second->word), "first written here"});
  lenient_ = lenient_ || MayGiveNames(word);
  if (!bad) repeats_.push_back(&clause);
}

void RuleChecker::NoteDefault(const cst::Clause& clause) {
  if (IsBad(clause)) {
    incomplete_ = true;
    return;
  }
  for (const cst::Clause* other : defaults_) {
    if (other->word.text != clause.word.text || MayRepeat(clause)) continue;
    Diagnostic& d = report_.Emit(
        Kind::kDuplicateClause, SpanOf(clause.word),
        absl::StrFormat("`%s` may stand once in `defaults`", clause.word.text));
    d.notes.push_back({SpanOf(other->word), "first written here"});
    return;
  }
  defaults_.push_back(&clause);
}

// The schema that the rule reads; null when it is unknown or refused.
void RuleChecker::Source() {
  schema_ = file_.schema;
  const auto written = first_.find("from");
  if (written == first_.end()) return;
  schema_ = nullptr;
  if (IsBad(*written->second)) return;
  const auto* from = std::get_if<cst::FromClause>(&written->second->value);
  const std::string& name = from->source.text;
  const Symbols& symbols = context_.symbols;
  const std::string with_group = file_.group + "." + name;
  if (name == "alert" || symbols.rules.contains(name) ||
      symbols.signals.contains(name) || symbols.rules.contains(with_group) ||
      symbols.signals.contains(with_group)) {
    report_.Emit(Kind::kFromRuleNotYet, SpanOf(from->source),
                 absl::StrFormat("`from %s`: reading what a rule tells is not "
                                 "in this version",
                                 name));
    incomplete_ = true;
    return;
  }
  schema_ = FindSchema(from->source, file_, &context_);
}

void RuleChecker::When() {
  const cst::Clause* clause = Only("when");
  if (clause == nullptr) return;
  const auto* when = std::get_if<cst::WhenClause>(&clause->value);
  CheckedCondition condition;
  if (!CheckCondition(when->condition, MakeScope(), &context_, &expressions_,
                      &condition)) {
    incomplete_ = true;
    return;
  }
  rule_.condition = std::move(condition);
}

void RuleChecker::Then(const cst::ThenClause& then, const cst::Clause& clause) {
  using K = cst::ThenClause::Kind;
  const auto refuse = [&](Kind kind, std::string_view what) {
    report_.Emit(kind, SpanOf(clause),
                 absl::StrFormat("`%s` is not in this version", what));
  };
  switch (then.kind) {
    case K::kReset:
      return refuse(Kind::kResetNotYet, "then reset");
    case K::kEdge:
      return refuse(Kind::kEdgeNotYet, "then edge");
    case K::kEscalate:
      return refuse(Kind::kEscalateNotYet, "then escalate");
    case K::kEvery:
      rule_.then.kind = CheckedThen::Kind::kEvery;
      return;
    case K::kOncePer:
      break;
  }
  if (!then.per_names.empty()) {
    refuse(Kind::kOncePerNameNotYet, "once per D per N");
  }
  rule_.then.kind = CheckedThen::Kind::kOncePer;
  if (then.per.has_value() &&
      !DurationMicros(then.per->text, &rule_.then.hold_us)) {
    report_.Emit(Kind::kBadConstant, SpanOf(*then.per),
                 absl::StrFormat("`%s` is too long", then.per->text));
  }
}

void RuleChecker::Keys(const cst::KeysClause& keys) {
  Constant value;
  TypeKind kind = TypeKind::kAny;
  const bool read = LiteralValue(keys.count, &value, &kind);
  const auto* number = std::get_if<std::int64_t>(&value.value);
  const auto most = static_cast<std::int64_t>(limits::kKeys);
  if (!read || number == nullptr || *number < 1 || *number > most) {
    report_.Emit(Kind::kTooManyKeys, SpanOf(keys.count),
                 absl::StrFormat("`keys` is 1 to %s", Grouped(limits::kKeys)));
    return;
  }
  rule_.keys = static_cast<std::uint64_t>(*number);
}

// Clauses that stand once too often: for the mistakes inside them only.
void RuleChecker::Repeats() {
  if (repeats_.empty()) return;
  CheckedRule kept = rule_;
  Texts(repeats_);
  for (const cst::Clause* clause : repeats_) {
    Where(*clause, CheckedFilter::Origin::kWhere);
    Metadata(*clause, false);
    if (const auto* by = std::get_if<cst::ByClause>(&clause->value)) {
      rule_.by.clear();
      By(by->parts);
    } else if (const auto* when =
                   std::get_if<cst::WhenClause>(&clause->value)) {
      CheckedCondition condition;
      CheckCondition(when->condition, MakeScope(), &context_, &expressions_,
                     &condition);
    } else if (const auto* from =
                   std::get_if<cst::FromClause>(&clause->value)) {
      FindSchema(from->source, file_, &context_);
    }
  }
  rule_ = std::move(kept);
}

CheckedRule RuleChecker::Run() {
  const std::size_t errors = report_.errors();
  rule_.name = symbol_.name;
  rule_.span = symbol_.span;
  rule_.name_span = symbol_.name_span;
  rule_.keys = limits::kKeysDefault;
  expressions_.BeginRule(symbol_.name_span);
  incomplete_ = !symbol_.item->whole_header;
  const cst::Clause* before = nullptr;
  for (const cst::Clause& clause : symbol_.item->clauses) {
    Note(clause, before);
    before = &clause;
  }
  if (file_.defaults != nullptr) {
    for (const cst::Clause& clause : file_.defaults->clauses) {
      NoteDefault(clause);
    }
  }
  for (const cst::Clause* clause : own_) {
    if (std::get_if<cst::EventClause>(&clause->value) == nullptr) continue;
    has_events_ = true;
    report_.Emit(Kind::kEventNotYet, SpanOf(clause->word),
                 "`event` is not in this version");
  }
  Source();
  if (schema_ != nullptr) {
    rule_.schema = static_cast<std::uint32_t>(
        context_.symbols.schemas.find(schema_->name)->second.index);
  }
  Filters();
  for (const cst::Clause* clause : own_) {
    if (const auto* by = std::get_if<cst::ByClause>(&clause->value)) {
      By(by->parts);
    }
  }
  When();
  if (const auto* threshold = AggregatesOf(rule_.condition)) {
    rule_.then.kind = CheckedThen::Kind::kOncePer;
    rule_.then.hold_us = threshold->window.length_us;
  }
  // What could not be read may mention the field.
  if (!incomplete_) SchemaDefault();
  for (const cst::Clause* clause : defaults_) Metadata(*clause, true);
  for (const cst::Clause* clause : own_) Metadata(*clause, false);
  Texts(defaults_);
  Texts(own_);
  if (schema_ != nullptr && !has_events_) {
    if (!incomplete_ && report_.errors() == errors) {
      Lint();
    } else if (!doubtful_ && !rule_.filters.empty()) {
      LintNeverFires(TruthFinder(schema_));
    }
  }
  Repeats();
  return std::move(rule_);
}

}  // namespace tocsin::dsl
