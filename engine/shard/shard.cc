#include "engine/shard/shard.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/coding.h"

namespace tocsin {
namespace {

constexpr int kShardBits = 10;
static_assert(1u << kShardBits == limits::kShards);

}  // namespace

std::uint32_t ShardOf(const RuleProgram& rule, std::uint64_t key_hash) {
  const std::uint64_t hash = LivesWhole(rule) ? rule.uid.high : key_hash;
  return static_cast<std::uint32_t>(hash >> (64 - kShardBits));
}

RuleState::Shared Shard::SharedOf(std::uint32_t stratum) {
  return {&pool_,
          &strata_[stratum]->samples,
          &strata_[stratum]->timers,
          &*tests_,
          &saving_,
          &records_};
}

std::size_t Shard::timers() const {
  std::size_t timers = 0;
  for (const auto& stratum : strata_) timers += stratum->timers.size();
  return timers;
}

void Shard::Adopt(const RuleSet* rules) {
  std::map<Hash128, std::uint32_t> by_uid;
  if (!states_.empty()) {
    for (std::uint32_t i = 0; i < rules->rules.size(); ++i) {
      by_uid.emplace(rules->rules[i].uid, i);
    }
  }
  while (strata_.size() < rules->strata) {
    strata_.push_back(std::make_unique<Stratum>());
  }
  for (const auto& stratum : strata_) stratum->timers.Clear();
  tests_.emplace(rules);
  absl::flat_hash_map<std::uint32_t, std::unique_ptr<RuleState>> kept;
  for (auto& [rule, state] : states_) {
    const auto found = by_uid.find(rules_->rules[rule].uid);
    if (found == by_uid.end()) continue;
    const RuleProgram& program = rules->rules[found->second];
    state->Adopt(&program, found->second, SharedOf(program.stratum));
    kept.emplace(found->second, std::move(state));
  }
  states_ = std::move(kept);
  rules_ = rules;
}

RuleState* Shard::StateOf(std::uint32_t rule) {
  std::unique_ptr<RuleState>& state = states_[rule];
  if (state == nullptr) {
    state = std::make_unique<RuleState>(&rules_->rules[rule], rule,
                                        SharedOf(rules_->rules[rule].stratum));
  }
  return state.get();
}

RuleState* Shard::Find(std::uint32_t rule) const {
  const auto found = states_.find(rule);
  return found == states_.end() ? nullptr : found->second.get();
}

std::size_t Shard::keys(std::uint32_t rule) const {
  const RuleState* const state = Find(rule);
  return state == nullptr ? 0 : state->keys();
}

void Shard::AddKeys(std::vector<std::uint64_t>* keys) const {
  for (const auto& [rule, state] : states_) (*keys)[rule] += state->keys();
}

void Shard::AddBytes(std::vector<std::uint64_t>* bytes) const {
  for (const auto& [rule, state] : states_) (*bytes)[rule] += state->bytes();
}

// Before what happens at `position`: the plan that begins to hold there, once
// in each stratum.
void Shard::TakePlan(const Slice& slice, std::uint64_t position,
                     std::uint32_t stratum, ShardOutput* out) {
  const BudgetPlan* const plan = slice.budget_plan;
  if (plan == nullptr || position < plan->from ||
      strata_[stratum]->plan_from == plan->from) {
    return;
  }
  strata_[stratum]->plan_from = plan->from;
  for (const auto& [rule, state] : states_) {
    if (rules_->rules[rule].stratum == stratum) state->Unlimit();
  }
  // A plan of a store that had others may be behind.
  const std::uint64_t at = std::max(plan->from, slice.first_position);
  const std::int64_t clock = slice.clocks[at - slice.first_position];
  for (const BudgetPlan::Limited& limited : plan->limited) {
    if (limited.rule == BudgetPlan::kGone ||
        rules_->rules[limited.rule].stratum != stratum) {
      continue;
    }
    RuleState* const state = Find(limited.rule);
    if (state == nullptr) continue;
    state->Limit(plan->level, limited.used, {limited.rule, at, clock, clock, 1},
                 out);
  }
}

// Everything due before `clock_us`, at the event that moved the clock past it.
void Shard::Decide(const Slice& slice, std::int64_t clock_us,
                   std::uint32_t stratum, ShardOutput* out) {
  Timers& timers = strata_[stratum]->timers;
  while (timers.next_us() < clock_us) {
    const Timer timer = timers.Take();
    const auto moved_by = std::upper_bound(slice.clocks.begin(),
                                           slice.clocks.end(), timer.due_us);
    const std::uint64_t position =
        slice.first_position + (moved_by - slice.clocks.begin());
    TakePlan(slice, position, stratum, out);
    RuleState* const state = Find(timer.rule);
    if (state == nullptr) continue;
    // The clock as of that event, wherever the shard happens to be asked.
    const std::int64_t clock =
        moved_by == slice.clocks.end() ? slice.clock_us : *moved_by;
    state->Decide(timer, position, clock, out);
  }
}

void Shard::Arm(std::uint32_t rule, std::string_view key,
                std::uint64_t key_hash, std::int64_t us) {
  StateOf(rule)->Arm(key, key_hash, us);
}

void Shard::PrefetchTable(const MatchedRow& row) const {
  if (const RuleState* const state = Find(row.rule)) state->Prefetch();
}

void Shard::PrefetchSlot(const MatchedRow& row) const {
  const RuleState* const state = Find(row.rule);
  if (state != nullptr) state->PrefetchSlot(row.key_hash);
}

void Shard::PrefetchWindow(const MatchedRow& row) {
  RuleState* const state = Find(row.rule);
  if (state != nullptr) state->PrefetchWindow(row.key_hash);
}

void Shard::Apply(const Slice& slice, std::uint32_t stratum,
                  std::span<const RowRef> rows, ShardOutput* out) {
  Stratum* const of = strata_[stratum].get();
  for (const RowRef& ref : rows) {
    const MatchResult& matched = *ref.matched;
    const MatchedRow& row = matched.rows[ref.row];
    const MatchedEvent& event = matched.events[row.event];
    const RuleProgram& rule = rules_->rules[row.rule];
    Decide(slice, event.clock_us, stratum, out);
    TakePlan(slice, event.position, stratum, out);
    if (event.late) ++out->Delta(row.rule)->late;
    if (!rules_->schemas[event.schema].identity_position &&
        of->dedup.Seen(event.identity, row.key_hash, event.time_us,
                       event.clock_us)) {
      ++out->Delta(row.rule)->duplicates;
      out->duplicates.push_back(event.position);
      continue;
    }
    values_.Read(rule, row.key_hash, matched.Values(row));
    StateOf(row.rule)->Arrive({&slice, &matched, &event, &row, &values_}, out);
  }
  out->forgotten += of->dedup.TakeForgotten();
  Decide(slice, slice.clock_us, stratum, out);
  TakePlan(slice, slice.end_position(), stratum, out);
  of->timers.Compact([this](const Timer& timer) {
    const RuleState* const state = Find(timer.rule);
    return state != nullptr && state->IsCurrent(timer);
  });
}

}  // namespace tocsin
