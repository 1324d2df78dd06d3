// The way in is Matcher::Match(): per row schema, time, candidates, tests, then
// key and values of what is left.
#include "engine/match/match.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/event/identity.h"
#include "engine/match/candidate_index.h"
#include "engine/match/encode.h"
#include "engine/match/evaluator.h"
#include "engine/match/group_rows.h"
#include "engine/match/kafka_place.h"
#include "engine/match/read_time.h"

namespace tocsin {
namespace {

void AppendBytes(const Hash128& hash, std::string* out) {
  for (const std::uint64_t half : {hash.high, hash.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      *out += static_cast<char>(half >> shift & 0xFF);
    }
  }
}

}  // namespace

void MatchResult::Clear() {
  events.clear();
  rows.clear();
  arena.clear();
  counts.clear();
  no_schema = 0;
  no_time = 0;
  bad_bodies = 0;
}

struct Matcher::Impl {
  Impl(const RuleSet* rule_set, std::uint64_t key_seed);

  // kNoSchema when none takes the row.
  std::uint16_t SchemaOfRow();
  std::int64_t TimeOfRow(const SchemaProgram& schema);
  void MatchRow(std::size_t row);
  void MatchRules(std::size_t row);
  void Start(EventBatch* new_batch, MatchResult* new_result);
  void Stand(EventBatch* of, std::size_t row, const AlertContext* context);
  AlertContext ContextOf(std::uint32_t rule, const AlertValues& values) const;
  Hash128 ContentOf(const Row& row) const;
  // Adds the event that the rows of `row` refer to.
  void AddEvent(std::size_t row);
  void AppendPlace(FieldId kafka, MatchedEvent* event);

  const RuleSet& rules;
  std::vector<std::uint16_t> of_events;  // Schemas that take a source's events.
  Evaluator evaluator;
  std::vector<CandidateIndex> indexes;                 // By schema.
  std::vector<std::vector<std::string_view>> without;  // By schema.
  GroupRows groups;
  TimeReader times;
  std::string identity, shown_place;  // Made here, kept for their room.
  EventBatch* batch = nullptr;
  MatchResult* result = nullptr;
};

Matcher::Impl::Impl(const RuleSet* rule_set, std::uint64_t key_seed)
    : rules(*rule_set), evaluator(rule_set), groups(key_seed) {
  for (SchemaIndex& plan : PlanIndex(rules)) {
    indexes.emplace_back(rule_set, std::move(plan));
  }
  for (const SchemaProgram& schema : rules.schemas) {
    without.emplace_back(schema.content_without.begin(),
                         schema.content_without.end());
  }
  for (const RuleProgram& rule : rules.rules) groups.AddRule(rule.uid);
  for (std::size_t i = 0; i < rules.schemas.size(); ++i) {
    if (rules.schemas[i].alerts_of.empty()) {
      of_events.push_back(static_cast<std::uint16_t>(i));
    }
  }
}

std::uint16_t Matcher::Impl::SchemaOfRow() {
  for (const std::uint16_t i : of_events) {
    const ExprId match = rules.schemas[i].match;
    if (match == kNoExpr || evaluator.Test(match)) return i;
  }
  return kNoSchema;
}

std::int64_t Matcher::Impl::TimeOfRow(const SchemaProgram& schema) {
  std::int64_t us = kNoTime;
  for (const TimeProgram& source : schema.times) {
    if (times.Read(source, evaluator.reader().Field(source.field), &us)) {
      return us;
    }
  }
  return kNoTime;
}

Hash128 Matcher::Impl::ContentOf(const Row& row) const {
  // content leaves out the keys of any schema, which are at the front, if at
  // all.
  const bool usual =
      row.content == 1 ||
      (row.content != 0 &&
       without[row.schema].size() == rules.projection.left_out().size());
  return usual ? ContentHash(batch->Raw(row), row.content)
               : ContentHash(batch->Raw(row), without[row.schema]);
}

void Matcher::Impl::AddEvent(std::size_t row) {
  const Row& of = batch->rows[row];
  const SchemaProgram& schema = rules.schemas[of.schema];
  MatchedEvent event;
  event.row = static_cast<std::uint32_t>(row);
  event.schema = of.schema;
  event.time_us = of.time_us;
  event.identity_offset = static_cast<std::uint32_t>(result->arena.size());
  for (const IdentityProgram& part : schema.identity) {
    identity.clear();
    AppendEncoding(evaluator.reader().Field(part.field), &evaluator.reader(),
                   &identity);
    AppendSized(identity, &result->arena);
  }
  event.identity_size =
      static_cast<std::uint32_t>(result->arena.size()) - event.identity_offset;
  if (!schema.identity_position) {
    identity.assign(result->arena, event.identity_offset, event.identity_size);
    AppendBytes(ContentOf(of), &identity);
    event.identity = HashWide(identity);
  }
  AppendPlace(schema.kafka, &event);
  result->events.push_back(event);
}

// Behind the identity, for samples.
void Matcher::Impl::AppendPlace(FieldId kafka, MatchedEvent* event) {
  if (kafka == kNoField) return;
  const Value place = evaluator.reader().Field(kafka);
  if (place.kind == ValueKind::kMissing) return;
  identity.clear();
  AppendEncoding(place, &evaluator.reader(), &identity);
  if (!identity.starts_with('o')) return;
  shown_place.assign(1, 'o');
  AppendShownPlace(std::string_view(identity).substr(1), &shown_place);
  if (shown_place.size() == 1) return;
  AppendSized(shown_place, &result->arena);
  event->identity_size =
      static_cast<std::uint32_t>(result->arena.size()) - event->identity_offset;
}

void Matcher::Impl::MatchRow(std::size_t row) {
  Row& of = batch->rows[row];
  evaluator.Begin(batch, row);
  evaluator.SetTime(kNoTime);
  of.schema = SchemaOfRow();
  of.time_us = kNoTime;
  if (of.schema == kNoSchema) {
    ++result->no_schema;
    return;
  }
  of.time_us = TimeOfRow(rules.schemas[of.schema]);
  if (of.time_us == kNoTime) ++result->no_time;
  evaluator.SetTime(of.time_us);
  MatchRules(row);
}

// The evaluator stands at the row, whose schema is known.
void Matcher::Impl::MatchRules(std::size_t row) {
  const std::uint16_t schema = batch->rows[row].schema;
  CandidateIndex& index = indexes[schema];
  const auto event = static_cast<std::uint32_t>(result->events.size());
  const std::size_t rows_before = result->rows.size();
  std::uint32_t rule = kNoIndex;  // Whose feeds are being walked.
  std::size_t first_row = rows_before;
  const auto close = [&] {
    if (result->rows.size() == first_row) return;
    groups.Close(rules.rules[rule], schema, first_row, &evaluator, result);
    first_row = result->rows.size();
  };
  for (const CandidateIndex::Candidate& candidate : index.Find(&evaluator)) {
    const std::span<const ExprId> tests = index.Tests(candidate);
    const bool matches =
        std::all_of(tests.begin(), tests.end(),
                    [&](ExprId test) { return evaluator.Test(test); });
    if (!matches) continue;
    const FeedProgram& feed = rules.feeds[candidate.feed];
    RuleCounts& counts = result->counts[feed.rule];
    if (feed.rule != rule) {
      close();
      rule = feed.rule;
      ++counts.matches;
    }
    groups.Append(feed, event, &evaluator, &counts, result);
  }
  close();
  if (result->rows.size() > rows_before) AddEvent(row);
}

Matcher::Matcher(const RuleSet* rules, SymbolTables* symbols,
                 std::uint64_t key_seed)
    : impl_(std::make_unique<Impl>(rules, key_seed)) {
  // Symbols are read as columns of the batch; their texts are in its cells.
  static_cast<void>(symbols);
}

Matcher::~Matcher() = default;

void Matcher::Match(EventBatch* batch, MatchResult* result) {
  Impl& impl = *impl_;
  impl.Start(batch, result);
  for (std::size_t row = 0; row < batch->rows.size(); ++row) {
    if (batch->rows[row].fate == Fate::kEvent) impl.MatchRow(row);
  }
  result->bad_bodies = impl.evaluator.reader().TakeBadBodies();
}

void Matcher::MatchAlerts(EventBatch* batch, MatchResult* result) {
  Impl& impl = *impl_;
  impl.Start(batch, result);
  for (std::size_t row = 0; row < batch->rows.size(); ++row) {
    if (batch->rows[row].fate != Fate::kEvent) continue;
    impl.evaluator.Begin(batch, row);
    impl.evaluator.SetTime(batch->rows[row].time_us);
    impl.MatchRules(row);
  }
}

void Matcher::Impl::Start(EventBatch* new_batch, MatchResult* new_result) {
  new_result->Clear();
  new_result->counts.resize(rules.rules.size());
  batch = new_batch;
  result = new_result;
  evaluator.SetAlert(nullptr);
}

// For what an alert reads: of its completing event, or of none.
void Matcher::Impl::Stand(EventBatch* of, std::size_t row,
                          const AlertContext* context) {
  if (of == nullptr) {
    evaluator.BeginAlone();
  } else {
    evaluator.Begin(of, row);
    evaluator.SetTime(of->rows[row].time_us);
  }
  evaluator.SetAlert(context);
}

AlertContext Matcher::Impl::ContextOf(std::uint32_t rule,
                                      const AlertValues& values) const {
  const RuleProgram& program = rules.rules[rule];
  return {
      &values, program.name,
      values.severity.empty() ? LevelName(program.severity) : values.severity};
}

void Matcher::Show(EventBatch* batch, std::size_t row, std::uint32_t rule,
                   ExprId expr, const AlertValues& values,
                   std::string* encoding) {
  const AlertContext context = impl_->ContextOf(rule, values);
  Evaluator& evaluator = impl_->evaluator;
  impl_->Stand(batch, row, &context);
  AppendCutEncoding(evaluator.Eval(expr), &evaluator.reader(), encoding);
  evaluator.SetAlert(nullptr);
}

bool Matcher::Holds(EventBatch* batch, std::size_t row, std::uint32_t rule,
                    ExprId expr, const AlertValues& values) {
  const AlertContext context = impl_->ContextOf(rule, values);
  impl_->Stand(batch, row, &context);
  const bool holds = impl_->evaluator.Test(expr);
  impl_->evaluator.SetAlert(nullptr);
  return holds;
}

std::string Matcher::Render(EventBatch* batch, std::size_t row,
                            std::uint32_t rule, const TemplateProgram& text,
                            const AlertValues& values) {
  const AlertContext context = impl_->ContextOf(rule, values);
  Evaluator& evaluator = impl_->evaluator;
  impl_->Stand(batch, row, &context);
  std::string rendered;
  for (const TemplateProgram::Part& part : text.parts) {
    if (part.hole == kNoExpr) {
      rendered += part.text;
    } else {
      const ExprNode& hole = impl_->rules.exprs.node(part.hole);
      const bool more = hole.op == Op::kCollected && hole.index < 64 &&
                        (values.more >> hole.index & 1) != 0;
      AppendPrinted(evaluator.Eval(part.hole), more, &evaluator.reader(),
                    &rendered);
    }
  }
  evaluator.SetAlert(nullptr);
  return rendered;
}

}  // namespace tocsin
