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
  return {&pool_, &strata_[stratum]->samples, &strata_[stratum]->timers,
          &*tests_};
}

std::size_t Shard::timers() const {
  std::size_t timers = 0;
  for (const auto& stratum : strata_) timers += stratum->timers.size();
  return timers;
}

bool Shard::IsFresh() const {
  return states_.empty() &&
         std::all_of(strata_.begin(), strata_.end(), [](const auto& stratum) {
           return stratum->dedup.size() == 0;
         });
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

// Everything due before `clock_us`, at the event that moved the clock past it.
void Shard::Decide(const Slice& slice, std::int64_t clock_us, Stratum* stratum,
                   ShardOutput* out) {
  while (stratum->timers.next_us() < clock_us) {
    const Timer timer = stratum->timers.Take();
    const auto moved_by = std::upper_bound(slice.clocks.begin(),
                                           slice.clocks.end(), timer.due_us);
    RuleState* const state = Find(timer.rule);
    if (state == nullptr) continue;
    // The clock as of that event, wherever the shard happens to be asked.
    const std::int64_t clock =
        moved_by == slice.clocks.end() ? slice.clock_us : *moved_by;
    state->Decide(timer,
                  slice.first_position + (moved_by - slice.clocks.begin()),
                  clock, out);
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
    Decide(slice, event.clock_us, of, out);
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
  Decide(slice, slice.clock_us, of, out);
  of->timers.Compact([this](const Timer& timer) {
    const RuleState* const state = Find(timer.rule);
    return state != nullptr && state->IsCurrent(timer);
  });
}

void Shard::Save(std::string* out) {
  PutNumber(static_cast<std::uint32_t>(strata_.size()), out);
  for (const auto& stratum : strata_) {
    stratum->dedup.Save(out);
    stratum->samples.Save(out);
  }
  std::map<Hash128, RuleState*> by_uid;
  for (const auto& [rule, state] : states_) {
    by_uid.emplace(rules_->rules[rule].uid, state.get());
  }
  PutNumber(static_cast<std::uint32_t>(by_uid.size()), out);
  for (const auto& [uid, state] : by_uid) {
    PutNumber(uid.high, out);
    PutNumber(uid.low, out);
    std::string bytes;
    state->Save(&bytes);
    PutBytes(bytes, out);
  }
}

bool Shard::Load(std::string_view bytes) {
  std::map<Hash128, std::uint32_t> by_uid;
  for (std::uint32_t i = 0; i < rules_->rules.size(); ++i) {
    by_uid.emplace(rules_->rules[i].uid, i);
  }
  std::uint32_t strata = 0, count = 0;
  if (!TakeNumber(&bytes, &strata)) return false;
  for (std::uint32_t i = 0; i < strata; ++i) {
    Stratum none;  // Of a stratum that is no more.
    Stratum& stratum = i < strata_.size() ? *strata_[i] : none;
    if (!stratum.dedup.Load(&bytes) || !stratum.samples.Load(&bytes)) {
      return false;
    }
  }
  if (!TakeNumber(&bytes, &count)) return false;
  for (; count > 0; --count) {
    Hash128 uid;
    std::string_view state;
    if (!TakeNumber(&bytes, &uid.high) || !TakeNumber(&bytes, &uid.low) ||
        !TakeBytes(&bytes, &state)) {
      return false;
    }
    const auto found = by_uid.find(uid);
    if (found == by_uid.end()) continue;
    if (!StateOf(found->second)->Load(&state) || !state.empty()) return false;
  }
  return bytes.empty();
}

}  // namespace tocsin
