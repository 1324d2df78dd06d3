// The order in which a rule is read: source, filter, key, condition, then,
// evidence, texts; each needs those before it.
#include "dsl/check/rule_checker.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/reach.h"
#include "dsl/check/sources.h"
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
      at_(symbol.file),
      context_(*context),
      report_(context->report),
      expressions_(context) {}

Scope RuleChecker::MakeScope() const {
  Scope scope;
  scope.file = at_;
  scope.schema = schema_;
  if (has_events_) scope.unreachable = &rule_.events;
  return scope;
}

// Of what an alert says of its evidence.
Scope RuleChecker::EvidenceScope() const {
  Scope scope = MakeScope();
  scope.evidence = true;
  scope.lenient = lenient_;
  if (!has_events_) return scope;
  scope.events = &rule_.events;
  scope.plain = PlainField::kNeedsStep;
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
  schema_ = ReadSource(from->source);
}

const CheckedSchema* RuleChecker::ReadSource(const cst::Dotted& source) {
  std::uint32_t depth = 0;
  const CheckedSchema* schema = FindSource(source, file_, &context_, &depth);
  if (schema == nullptr) incomplete_ = true;
  rule_.depth = std::max(rule_.depth, depth);
  return schema;
}

void RuleChecker::When() {
  const cst::Clause* clause = Only("when");
  if (clause == nullptr) return;
  const auto* when = std::get_if<cst::WhenClause>(&clause->value);
  CheckedCondition condition;
  if (!CheckCondition(when->condition, MakeNames(), &context_, &expressions_,
                      &condition)) {
    incomplete_ = true;
    return;
  }
  rule_.condition = std::move(condition);
}

ConditionNames RuleChecker::MakeNames() const {
  ConditionNames names;
  names.file = &file_;
  names.schema = schema_;
  names.events = has_events_ ? &rule_.events : nullptr;
  names.by = &rule_.by;
  names.lenient = lenient_;
  names.keys_written = first_.contains("keys");
  for (const cst::Clause* clause : tuned_) {
    names.keys_written = names.keys_written || clause->word.text == "keys";
  }
  return names;
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
      By(by->parts, &rule_.by);
    } else if (const auto* when =
                   std::get_if<cst::WhenClause>(&clause->value)) {
      CheckedCondition condition;
      CheckCondition(when->condition, MakeNames(), &context_, &expressions_,
                     &condition);
    } else if (const auto* from =
                   std::get_if<cst::FromClause>(&clause->value)) {
      ReadSource(from->source);
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
  for (const TuneSymbol* tune : symbol_.tunes) {
    for (const cst::Clause& clause : tune->item->clauses) {
      tuned_.push_back(&clause);
    }
  }
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
  Source();
  DeclareEvents();
  rule_.signal = symbol_.item->signal;
  if (schema_ != nullptr) rule_.schema = SchemaIndex(schema_, context_);
  Filters();
  for (const cst::Clause* clause : own_) {
    if (const auto* by = std::get_if<cst::ByClause>(&clause->value)) {
      By(by->parts, &rule_.by);
    }
  }
  CompleteEvents();
  When();
  DefaultThen();
  // What could not be read may mention the field.
  if (!incomplete_) SchemaDefault();
  for (const cst::Clause* clause : defaults_) Metadata(*clause, true);
  for (const cst::Clause* clause : own_) Metadata(*clause, false);
  Tuned([this](const cst::Clause& clause) { Metadata(clause, false); });
  CheckThen();
  Texts(defaults_);
  Texts(own_);
  Tuned([this](const cst::Clause& clause) { Texts({&clause}); });
  CheckEvents();
  if (schema_ != nullptr && !has_events_) {
    if (!incomplete_ && report_.errors() == errors) {
      Lint();
    } else if (!doubtful_ && !rule_.filters.empty()) {
      LintNeverFires(TruthFinder(schema_));
    }
  }
  if (!incomplete_ && !doubtful_ && report_.errors() == errors) {
    CheckReach(rule_, &context_);
  }
  Repeats();
  return std::move(rule_);
}

// Visits the clauses of the tunes of this rule, each in its own file.
void RuleChecker::Tuned(const std::function<void(const cst::Clause&)>& visit) {
  for (const TuneSymbol* tune : symbol_.tunes) {
    at_ = tune->file;
    for (const cst::Clause& clause : tune->item->clauses) visit(clause);
  }
  at_ = &file_;
}

}  // namespace tocsin::dsl
