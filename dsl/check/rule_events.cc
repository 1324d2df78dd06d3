// Named events: their schemas, filters and keys.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/alert_type.h"
#include "dsl/check/rule_checker.h"
#include "dsl/check/sources.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {

void RuleChecker::DeclareEvents() {
  const bool from = first_.contains("from");
  for (const cst::Clause* clause : own_) {
    const auto* event = std::get_if<cst::EventClause>(&clause->value);
    if (event == nullptr) continue;
    has_events_ = true;
    DeclareEvent(*event);
  }
  if (!has_events_) return;
  if (!first_.contains("when")) {
    report_
        .Emit(Kind::kEventsWithoutWhen, symbol_.name_span,
              absl::StrFormat("rule `%s` has events and no `when` that says "
                              "what they are to do",
                              symbol_.name))
        .help =
        "when a then b within 10m, all of (a, b) within 10m; one "
        "filter alone stands in `where`";
    incomplete_ = true;
  }
  // A rule whose events all say what they read reads nothing else.
  const bool all_from = std::all_of(
      event_clauses_.begin(), event_clauses_.end(),
      [](const cst::EventClause* event) { return event->from.has_value(); });
  if (from || !all_from || rule_.events.empty()) return;
  schema_ = &context_.schemas[rule_.events.front().schema];
}

void RuleChecker::DeclareEvent(const cst::EventClause& clause) {
  const CheckedSchema* schema =
      clause.from.has_value() ? ReadSource(*clause.from) : schema_;
  if (schema == nullptr) {
    // Its name stays silent: what it reads is not known.
    incomplete_ = lenient_ = true;
    return;
  }
  if (!TakeEventName(clause.name, *schema)) return;
  if (rule_.events.size() == limits::kEvents) {
    report_.Emit(
        Kind::kRuleTooLarge, SpanOf(clause.name),
        absl::StrFormat("a rule has at most %d events", limits::kEvents));
    incomplete_ = lenient_ = true;
    return;
  }
  CheckedEvent event;
  event.name = clause.name.text;
  event.span = SpanOf(clause.name);
  event.schema = SchemaIndex(schema, context_);
  rule_.events.push_back(std::move(event));
  event_clauses_.push_back(&clause);
}

bool RuleChecker::TakeEventName(const cst::Name& name,
                                const CheckedSchema& schema) {
  const Span span = SpanOf(name);
  for (const CheckedEvent& other : rule_.events) {
    if (other.name != name.text) continue;
    Diagnostic& d = report_.Emit(
        Kind::kDuplicateName, span,
        absl::StrFormat("event `%s` is declared twice", name.text));
    d.notes.push_back({other.span, "first declared here"});
    incomplete_ = true;
    return false;
  }
  std::string taken;
  const Symbols& symbols = context_.symbols;
  if (symbols.lists.contains(name.text)) taken = "a list";
  if (symbols.lets.contains(name.text)) taken = "a let";
  if (symbols.tables.contains(name.text)) taken = "a table";
  if (HidesField(schema, name.text)) {
    taken = absl::StrFormat("a field of %s", schema.name);
  }
  for (const CheckedField& derived : schema.derives) {
    if (derived.name == name.text) {
      taken = absl::StrFormat("a derived field of %s", schema.name);
    }
  }
  if (taken.empty()) return true;
  report_
      .Emit(Kind::kNameTaken, span,
            absl::StrFormat("`%s` is %s already", name.text, taken))
      .help = "give the event another name";
  incomplete_ = lenient_ = true;
  return false;
}

// Filters and keys of each event, once those of the rule are read.
void RuleChecker::CompleteEvents() {
  if (!has_events_) return;
  for (std::size_t i = 0; i < rule_.events.size(); ++i) {
    EventFilters(*event_clauses_[i], &rule_.events[i]);
  }
  EventKeys();
}

void RuleChecker::EventFilters(const cst::EventClause& clause,
                               CheckedEvent* event) {
  const CheckedSchema* own = schema_;
  schema_ = &context_.schemas[event->schema];
  if (schema_ == own) {
    event->filters = rule_.filters;
  } else {
    // What the rule says of all its events, as it reads in this schema.
    std::vector<CheckedFilter> filters = std::move(rule_.filters);
    std::vector<Exception> exceptions = std::move(exceptions_);
    rule_.filters.clear();
    Filters();
    event->filters = std::move(rule_.filters);
    rule_.filters = std::move(filters);
    exceptions_ = std::move(exceptions);
  }
  const std::size_t errors = report_.errors();
  Value value = expressions_.Condition(clause.condition, MakeScope());
  schema_ = own;
  if (value.bad) {
    incomplete_ = true;
    return;
  }
  doubtful_ = doubtful_ || report_.errors() != errors;
  CheckedFilter filter;
  filter.origin = CheckedFilter::Origin::kEvent;
  filter.expr = std::move(value.expr);
  event->filters.push_back(std::move(filter));
}

// A `by` of the rule, read in each event's schema, or one on every event.
void RuleChecker::EventKeys() {
  const bool rule_level = first_.contains("by");
  const CheckedSchema* own = schema_;
  std::vector<CheckedKey> keys = std::move(rule_.by);
  rule_.by.clear();
  const cst::EventClause* with = nullptr;
  const cst::EventClause* without = nullptr;
  for (std::size_t i = 0; i < rule_.events.size(); ++i) {
    CheckedEvent& event = rule_.events[i];
    const cst::EventClause& clause = *event_clauses_[i];
    (clause.by.empty() ? without : with) = &clause;
    schema_ = &context_.schemas[event.schema];
    if (!clause.by.empty()) {
      By(clause.by, &event.by);
    } else if (schema_ == own) {
      event.by = keys;
    } else if (const cst::Clause* by = Only("by")) {
      By(std::get<cst::ByClause>(by->value).parts, &event.by);
    }
  }
  schema_ = own;
  if (with != nullptr && rule_level) {
    Diagnostic& d = report_.Emit(
        Kind::kKeysDisagree, SpanOf(with->by.front()),
        absl::StrFormat("event `%s` has a key of its own, and the rule has one "
                        "for all of them",
                        with->name.text));
    d.notes.push_back(
        {SpanOf(first_.find("by")->second->word), "the rule's key"});
    d.help = "one `by` of the rule, or one on every event";
    incomplete_ = true;
  } else if (with != nullptr && without != nullptr) {
    Diagnostic& d =
        report_.Emit(Kind::kKeysDisagree, SpanOf(without->name),
                     absl::StrFormat("event `%s` has no key, and `%s` has one",
                                     without->name.text, with->name.text));
    d.help = absl::StrFormat("event %s by .. = ..", without->name.text);
    incomplete_ = true;
  } else if (with != nullptr && !incomplete_) {
    for (std::size_t i = 1; i < rule_.events.size(); ++i) {
      AgreeOnKeys(rule_.events[i], *event_clauses_[i]);
    }
  }
  rule_.by = with != nullptr && !rule_.events.empty() && keys.empty()
                 ? rule_.events.front().by
                 : std::move(keys);
}

// The key of an event against that of the first: number, names and types.
void RuleChecker::AgreeOnKeys(const CheckedEvent& event,
                              const cst::EventClause& clause) {
  const CheckedEvent& first = rule_.events.front();
  const auto refuse = [&](Span span, std::string message, std::string help) {
    Diagnostic& d = report_.Emit(Kind::kKeysDisagree, span, std::move(message));
    d.help = std::move(help);
    d.notes.push_back({first.span, "the first event"});
    incomplete_ = true;
  };
  if (event.by.size() != first.by.size()) {
    return refuse(SpanOf(clause.by.back()),
                  absl::StrFormat("the key of `%s` has %d part%s, that of `%s` "
                                  "%d",
                                  event.name, event.by.size(),
                                  event.by.size() == 1 ? "" : "s", first.name,
                                  first.by.size()),
                  "the keys of all events agree, part by part");
  }
  for (std::size_t i = 0; i < event.by.size(); ++i) {
    const CheckedKey& a = first.by[i];
    const CheckedKey& b = event.by[i];
    const Span span = i < clause.by.size() ? SpanOf(clause.by[i]) : event.span;
    if (a.name != b.name) {
      refuse(span,
             absl::StrFormat("`%s` here, and `%s` in the key of `%s`", b.name,
                             a.name, first.name),
             absl::StrFormat("give it the same name: as %s", a.name));
      continue;
    }
    const TypeKind x = a.each ? TestedType(a.expr.type).kind : a.expr.type.kind;
    const TypeKind y = b.each ? TestedType(b.expr.type).kind : b.expr.type.kind;
    const bool fits = x == y || x == TypeKind::kAny || y == TypeKind::kAny ||
                      (IsNumber(x) && IsNumber(y));
    if (fits) continue;
    refuse(span,
           absl::StrFormat("`%s` is %s here, and %s in the key of `%s`", b.name,
                           AKind(y), AKind(x), first.name),
           (x == TypeKind::kIp && y == TypeKind::kString) ||
                   (x == TypeKind::kString && y == TypeKind::kIp)
               ? "ip(..) reads a text as an address, text(..) makes it a text"
               : "convert one of them: text(..), int(..)");
  }
}

// Whether fields mean the same in all events.
bool RuleChecker::OneSchema() const {
  return std::all_of(rule_.events.begin(), rule_.events.end(),
                     [&](const CheckedEvent& event) {
                       return event.schema == rule_.events.front().schema;
                     });
}

// What an alert says of events that are no part of what fires it.
void RuleChecker::CheckEvidence(const std::vector<bool>& happening) {
  const auto visit = [&](const auto& self, const CheckedExpr& expr) -> void {
    const bool step = expr.op == ExprOp::kStep || expr.op == ExprOp::kStepCount;
    if (step && !happening[expr.index]) {
      report_
          .Emit(Kind::kBadStep, expr.span,
                absl::StrFormat("`%s` is no part of what fires the rule, so "
                                "there is nothing of it to read",
                                rule_.events[expr.index].name))
          .help = "read an event that has happened";
    }
    for (const CheckedExpr& child : expr.children) self(self, child);
  };
  const auto text = [&](const std::optional<CheckedTemplate>& part) {
    if (!part.has_value()) return;
    for (const CheckedTemplate::Part& piece : part->parts) {
      if (piece.hole.has_value()) visit(visit, *piece.hole);
    }
  };
  text(rule_.alert);
  text(rule_.title);
  text(rule_.runbook);
  if (rule_.risk.has_value()) visit(visit, *rule_.risk);
  for (const CheckedField& show : rule_.shows) visit(visit, show.expr);
  for (const auto& arm : rule_.severity_arms) visit(visit, arm.condition);
}

void RuleChecker::CheckEvents() {
  if (!has_events_ || incomplete_) return;
  std::vector<bool> used(rule_.events.size());
  std::vector<bool> happening(rule_.events.size());
  NoteEvents(rule_.condition, &used, &happening);
  CheckEvidence(happening);
  for (std::size_t i = 0; i < used.size(); ++i) {
    const CheckedEvent& event = rule_.events[i];
    if (!used[i]) {
      report_
          .Emit(Kind::kUnusedEvent, event.span,
                absl::StrFormat("`when` does not speak of event `%s`",
                                event.name))
          .help = "take it out, or say what it is to do";
    }
    std::vector<CheckedExpr> parts;
    for (const CheckedFilter& filter : event.filters) {
      const bool exception =
          filter.origin == CheckedFilter::Origin::kUnless ||
          filter.origin == CheckedFilter::Origin::kDefaultsUnless ||
          filter.origin == CheckedFilter::Origin::kTuneUnless;
      parts.push_back(exception ? MakeNot(filter.expr, filter.expr.span)
                                : filter.expr);
    }
    if (parts.empty() || doubtful_) continue;
    const TruthFinder finder(&context_.schemas[event.schema]);
    const CheckedExpr all =
        MakeJoin(ExprOp::kAnd, std::move(parts), event.span);
    if (finder.Decide(all, Facts{}) != Truth::kFalse) continue;
    report_
        .Emit(Kind::kNeverFires, SpanOf(event_clauses_[i]->condition),
              absl::StrFormat("event `%s` never happens: no event passes its "
                              "filter together with that of the rule",
                              event.name))
        .help = "`where` and `unless` of a rule hold for each of its events";
  }
}

}  // namespace tocsin::dsl
