// Arrive() is the way of an event: collect, condition, then what happens after
// firing (rule_fire.cc). `new` is in rule_new.cc, what is collected in
// rule_collect.cc, the limits in rule_limits.cc, saving and loading in
// rule_saved.cc.
#include "engine/shard/rule_state.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tocsin {
namespace {

using Kind = ConditionProgram::Kind;

constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();

std::string_view IdentityOf(const RuleState::Arrival& arrival) {
  return std::string_view(arrival.matched->arena)
      .substr(arrival.event->identity_offset, arrival.event->identity_size);
}

}  // namespace

// Counts and distincts over a sliding window, with texts that the completing
// event gives, have forms of their own; so has `new` alone.
RuleState::Mode RuleState::ModeOf(const RuleProgram& program) {
  const ConditionProgram& root = program.condition;
  if (root.kind == Kind::kNew) return Mode::kNew;
  const bool plain = root.kind == Kind::kFilter ||
                     (root.kind == Kind::kAggregates && root.test == kNoExpr &&
                      root.window == WindowKind::kSliding);
  if (!plain || program.then == ThenKind::kEdge || !program.events.empty() ||
      program.texts_from_slots) {
    return Mode::kGeneral;
  }
  for (const AggregateProgram& aggregate : program.aggregates) {
    const bool counts = aggregate.kind == AggregateProgram::Kind::kCount ||
                        aggregate.kind == AggregateProgram::Kind::kDistinct;
    if (!counts || aggregate.threshold_of != kNoExpr) return Mode::kGeneral;
  }
  return program.aggregates.empty() ? Mode::kFilter : Mode::kCompact;
}

RuleState::RuleState(const RuleProgram* program, std::uint32_t rule,
                     Shared shared)
    : program_(program),
      rule_(rule),
      mode_(ModeOf(*program)),
      then_(program->then),
      shared_(shared),
      limit_(KeysOfShard(*program)),
      muted_until_(kLongAgo) {
  if (mode_ == Mode::kCompact) window_.emplace(WindowSpec::Of(*program));
  if (mode_ == Mode::kGeneral) {
    condition_ = std::make_unique<ConditionWindow>(program, shared.tests);
  }
  FindNews(program->condition);
}

RuleState::~RuleState() {
  table_.ForEach([this](const KeyTable::Slot& slot) { Release(slot); });
  seen_.ForEach([this](const KeyTable::Slot& slot) {
    news_[0].seen.Free(slot.word, shared_.pool);
  });
}

void RuleState::Adopt(const RuleProgram* program, std::uint32_t rule,
                      Shared shared) {
  shared_ = shared;
  const std::vector<std::uint64_t> collects = HashesOf(program_->collects);
  const std::vector<std::uint64_t> captures = HashesOf(program_->captures);
  program_ = program;
  rule_ = rule;
  limit_ = KeysOfShard(*program);
  AdoptCollects(collects);
  news_.clear();
  FindNews(program->condition);
  if (condition_ != nullptr) {
    condition_->Adopt(program, shared.tests);
    condition_->AdoptCaptures(captures);
  }
  for (const auto& [key, incident] : incidents_) SetTimer(key, *incident);
  CountAgain();
  if (condition_ == nullptr) return;
  std::vector<std::uint64_t> keys;
  table_.ForEach(
      [&keys](const KeyTable::Slot& slot) { keys.push_back(slot.key); });
  for (const std::uint64_t key : keys) {
    deadlines_.clear();
    condition_->Deadlines(key, table_.Find(key)->word, shared_.pool,
                          &deadlines_);
    SetTimers(key);
  }
}

bool RuleState::IsCurrent(const Timer& timer) const {
  if (timer.what == Timer::What::kCondition) return names_.contains(timer.key);
  const auto found = incidents_.find(timer.key);
  return found != incidents_.end() && found->second->setter == timer.setter;
}

Moment RuleState::MomentOf(const Arrival& arrival) const {
  Moment moment;
  moment.key = KeyTable::Hash(arrival.row->key_hash);
  moment.key_bytes = arrival.matched->Key(*arrival.row);
  moment.time_us = arrival.event->time_us;
  moment.clock_us = arrival.event->clock_us;
  moment.position = moment.setter = arrival.event->position;
  moment.row = arrival.event->row;
  moment.identity = arrival.event->identity;
  moment.schema = arrival.event->schema;
  moment.identity_values = IdentityOf(arrival);
  moment.values = arrival.values;
  return moment;
}

Moment RuleState::MomentOf(WindowDecision* decision, std::uint64_t key,
                           std::string_view key_bytes, std::uint64_t position,
                           std::int64_t clock_us) const {
  Moment moment;
  moment.key = key;
  moment.key_bytes = key_bytes;
  moment.time_us = decision->time_us;
  moment.clock_us = clock_us;
  moment.deadline = decision->deadline;
  const Record& completing = decision->completing;
  moment.position = position;
  moment.setter = completing.position;
  moment.identity = completing.identity;
  moment.schema = completing.schema;
  moment.identity_values = completing.identity_values;
  moment.decision = decision;
  return moment;
}

void RuleState::Arrive(const Arrival& arrival, ShardOutput* out) {
  ArriveUncounted(arrival, out);
  TellBytes(arrival.event->position, out);
}

void RuleState::ArriveUncounted(const Arrival& arrival, ShardOutput* out) {
  if (mode_ == Mode::kGeneral) return ArriveGeneral(arrival, out);
  const Moment moment = MomentOf(arrival);
  Incident* incident = nullptr;
  if (HasIncidents()) {
    const auto found = incidents_.find(HoldOf(moment));
    if (found != incidents_.end()) incident = found->second.get();
  }
  if (!program_->collects.empty()) {
    const bool held =
        incident != nullptr && Holds(*incident, arrival.event->time_us);
    Collect(arrival, held, incident);
  }
  Evidence evidence{arrival.event->time_us, arrival.event->time_us, 1, 1};
  if (!IsFilter() && !Stands(arrival, &evidence, out)) return;
  const bool counted =
      mode_ == Mode::kCompact && program_->aggregates.size() == 1 &&
      program_->aggregates[0].kind == AggregateProgram::Kind::kCount;
  Detected(moment, evidence, counted, out);
  Reset(moment.key, out);
}

// The window's answer for a rule that has one.
bool RuleState::Stands(const Arrival& arrival, Evidence* evidence,
                       ShardOutput* out) {
  if (arrival.values->adds.empty()) return false;
  const MatchedEvent& event = *arrival.event;
  const std::uint64_t key = KeyTable::Hash(arrival.row->key_hash);
  shared_.samples->Add(key, event.time_us, event.position, event.schema,
                       IdentityOf(arrival));
  if (mode_ == Mode::kNew) return IsNew(arrival, &news_[0], out);
  if (window_->stateless()) return true;
  KeyTable::Slot* const slot = SlotOf(key, arrival, out);
  slot->mark = Changed(EntryKind::kKey, key, slot->mark);
  const std::uint64_t early = window_->settled_early();
  const std::uint64_t before = slot->word;
  const bool stands =
      window_->Arrive(event.time_us, event.clock_us, arrival.values->adds,
                      &slot->word, shared_.pool, evidence);
  bytes_.WordChanged(before, slot->word);
  if (window_->settled_early() != early) {
    Report({rule_, event.position, event.time_us, event.clock_us,
            window_->settled_early() - early},
           out);
  }
  Touched(key);
  return stands;
}

// ---- conditions that leave records behind -----------------------------------

void RuleState::FillRecord(const Arrival& arrival) {
  record_.position = arrival.event->position;
  record_.row = arrival.event->row;
  record_.identity = arrival.event->identity;
  record_.schema = arrival.event->schema;
  record_.identity_values = IdentityOf(arrival);
  record_.adds = arrival.values->adds;
  record_.numbers = arrival.values->numbers;
  record_.thresholds = arrival.values->thresholds;
  record_.captures.assign(arrival.values->captures.begin(),
                          arrival.values->captures.end());
}

void RuleState::ArriveGeneral(const Arrival& arrival, ShardOutput* out) {
  const MatchedEvent& event = *arrival.event;
  const Moment moment = MomentOf(arrival);
  if (event.late && !program_->monotone && !program_->late_now) return;
  Incident* incident = nullptr;
  if (HasIncidents()) {
    const auto found = incidents_.find(HoldOf(moment));
    if (found != incidents_.end()) incident = found->second.get();
  }
  if (!program_->collects.empty()) {
    const bool held = incident != nullptr && Holds(*incident, event.time_us);
    Collect(arrival, held, incident);
  }
  if (incident != nullptr && then_ == ThenKind::kEdge &&
      program_->condition.kind == Kind::kSilent) {
    Resolve(HoldOf(moment), event.time_us, event.position, event.position,
            false, out);
  }
  shared_.samples->Add(moment.key, event.time_us, event.position, event.schema,
                       moment.identity_values);
  WindowArrival window;
  window.time = event.time_us;
  window.clock = event.clock_us;
  window.late = event.late;
  window.events = arrival.values->events;
  for (NewPart& part : news_) {
    const std::uint64_t bit = std::uint64_t{1}
                              << (History::kAggregateBit +
                                  part.condition->first_aggregate);
    window.events &= ~bit;
    if (IsNew(arrival, &part, out)) window.events |= bit;
  }
  FillRecord(arrival);
  window.record = &record_;
  const std::uint64_t key = moment.key;
  KeyTable::Slot* const slot = SlotOf(key, arrival, out);
  slot->mark = Changed(EntryKind::kKey, key, slot->mark);
  if (!program_->monotone || then_ == ThenKind::kEdge) {
    Name(key, moment.key_bytes);
  }
  decisions_.clear();
  deadlines_.clear();
  const std::uint64_t before = slot->word;
  condition_->Arrive(window, key, &slot->word, shared_.pool, &decisions_,
                     &deadlines_);
  bytes_.WordChanged(before, slot->word);
  SetTimers(key);
  Touched(key);
  const std::uint64_t early = condition_->settled_early();
  if (early != reported_early_) {
    Report({rule_, event.position, event.time_us, event.clock_us,
            early - std::exchange(reported_early_, early)},
           out);
  }
  for (WindowDecision& decision : decisions_) {
    Moment at = moment;
    at.decision = &decision;
    Detected(
        at,
        {decision.first_us, decision.last_us, decision.count, decision.events},
        false, out);
  }
  if (!decisions_.empty()) Reset(key, out);
}

// `then reset`: what the key has so far counts no more.
void RuleState::Reset(std::uint64_t key, ShardOutput* out) {
  if (then_ != ThenKind::kReset) return;
  KeyTable::Slot* const slot = table_.Find(key);
  if (slot == nullptr || slot->word == 0) return;
  EraseSlot(slot);
  --out->Delta(rule_)->keys;
}

// Timers for what the condition asked for.
void RuleState::SetTimers(std::uint64_t key) {
  for (const WindowDeadline& deadline : deadlines_) {
    shared_.timers->Set({deadline.deadline_us, deadline.deadline_us,
                         deadline.setter, Timer::What::kCondition, rule_, key});
  }
  deadlines_.clear();
}

std::string_view RuleState::NameOf(std::uint64_t key,
                                   std::string_view otherwise) const {
  const auto found = names_.find(key);
  return found == names_.end() ? otherwise : std::string_view(found->second);
}

void RuleState::Decide(const Timer& timer, std::uint64_t position,
                       std::int64_t clock_us, ShardOutput* out) {
  DecideUncounted(timer, position, clock_us, out);
  TellBytes(position, out);
}

void RuleState::DecideUncounted(const Timer& timer, std::uint64_t position,
                                std::int64_t clock_us, ShardOutput* out) {
  if (timer.what == Timer::What::kHold) return EndHold(timer, position, out);
  if (timer.what == Timer::What::kClose) {
    return DecideClose(timer, position, out);
  }
  KeyTable::Slot* const slot = table_.Find(timer.key);
  if (slot == nullptr) return;
  slot->mark = Changed(EntryKind::kKey, timer.key, slot->mark);
  decisions_.clear();
  deadlines_.clear();
  const std::uint64_t before = slot->word;
  condition_->Decide({timer.deadline_us, timer.setter}, clock_us, timer.key,
                     &slot->word, shared_.pool, &decisions_, &deadlines_);
  bytes_.WordChanged(before, slot->word);
  SetTimers(timer.key);
  Touched(timer.key);
  const std::string name(NameOf(timer.key, {}));
  for (WindowDecision& decision : decisions_) {
    const Moment moment =
        MomentOf(&decision, timer.key, name, position, clock_us);
    if (decision.stands) {
      Detected(moment,
               {decision.first_us, decision.last_us, decision.count,
                decision.events},
               false, out);
    } else if (then_ == ThenKind::kEdge && incidents_.contains(timer.key)) {
      Resolve(timer.key, decision.time_us, moment.setter, position, true, out);
    }
  }
  if (!decisions_.empty()) Reset(timer.key, out);
}

void RuleState::Arm(std::string_view key, std::uint64_t key_hash,
                    std::int64_t us) {
  if (condition_ == nullptr) return;
  const std::uint64_t hash = KeyTable::Hash(key_hash);
  if (table_.Find(hash) != nullptr) return;
  if (table_.Full()) {
    table_.Rebuild(table_.NextCapacity(),
                   [](const KeyTable::Slot&) { return true; });
  }
  Name(hash, key);
  KeyTable::Slot* const slot = table_.Insert(hash);
  slot->mark = Made(EntryKind::kKey, hash);
  deadlines_.clear();
  condition_->Arm(us, hash, &slot->word, shared_.pool, &deadlines_);
  bytes_.WordChanged(0, slot->word);
  bytes_.told = bytes();
  SetTimers(hash);
  Touched(hash);
}

}  // namespace tocsin
