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
  const std::uint64_t hash =
      rule.keys <= limits::kWholeRuleKeys ? rule.uid.high : key_hash;
  return static_cast<std::uint32_t>(hash >> (64 - kShardBits));
}

void Shard::Adopt(const RuleSet* rules) {
  std::map<Hash128, std::uint32_t> by_uid;
  if (!states_.empty()) {
    for (std::uint32_t i = 0; i < rules->rules.size(); ++i) {
      by_uid.emplace(rules->rules[i].uid, i);
    }
  }
  timers_.Clear();
  absl::flat_hash_map<std::uint32_t, std::unique_ptr<RuleState>> kept;
  for (auto& [rule, state] : states_) {
    const auto found = by_uid.find(rules_->rules[rule].uid);
    if (found == by_uid.end()) continue;
    state->Adopt(&rules->rules[found->second], found->second);
    kept.emplace(found->second, std::move(state));
  }
  states_ = std::move(kept);
  rules_ = rules;
}

RuleState* Shard::StateOf(std::uint32_t rule) {
  std::unique_ptr<RuleState>& state = states_[rule];
  if (state == nullptr) {
    state = std::make_unique<RuleState>(
        &rules_->rules[rule], rule,
        RuleState::Shared{&pool_, &samples_, &timers_});
  }
  return state.get();
}

std::size_t Shard::keys(std::uint32_t rule) const {
  const auto found = states_.find(rule);
  return found == states_.end() ? 0 : found->second->keys();
}

void Shard::AddKeys(std::vector<std::uint64_t>* keys) const {
  for (const auto& [rule, state] : states_) (*keys)[rule] += state->keys();
}

// Everything due before `clock_us`, at the event that moved the clock past it.
void Shard::Decide(const Slice& slice, std::int64_t clock_us,
                   ShardOutput* out) {
  while (timers_.next_us() < clock_us) {
    const Timer timer = timers_.Take();
    const auto moved_by = std::upper_bound(slice.clocks.begin(),
                                           slice.clocks.end(), timer.due_us);
    const auto found = states_.find(timer.rule);
    if (found == states_.end()) continue;
    found->second->Decide(
        timer, slice.first_position + (moved_by - slice.clocks.begin()), out);
  }
}

void Shard::Apply(const Slice& slice, std::span<const std::uint32_t> rows,
                  ShardOutput* out) {
  const MatchResult& matched = *slice.matched;
  for (const std::uint32_t i : rows) {
    const MatchedRow& row = matched.rows[i];
    const MatchedEvent& event = matched.events[row.event];
    const RuleProgram& rule = rules_->rules[row.rule];
    Decide(slice, event.clock_us, out);
    if (event.late) ++out->Delta(row.rule)->late;
    if (!rules_->schemas[event.schema].identity_position &&
        dedup_.Seen(event.identity, row.key_hash, event.time_us,
                    event.clock_us)) {
      ++out->Delta(row.rule)->duplicates;
      out->duplicates.push_back(row.event);
      continue;
    }
    values_.Read(rule, row.key_hash, matched.Values(row));
    StateOf(row.rule)->Arrive({&slice, &event, &row, &values_}, out);
  }
  out->forgotten += dedup_.TakeForgotten();
  Decide(slice, slice.clock_us, out);
  timers_.Compact([this](const Timer& timer) {
    const auto found = states_.find(timer.rule);
    return found != states_.end() && found->second->IsCurrent(timer);
  });
}

void Shard::Save(std::string* out) {
  dedup_.Save(out);
  samples_.Save(out);
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
  std::uint32_t count = 0;
  if (!dedup_.Load(&bytes) || !samples_.Load(&bytes) ||
      !TakeNumber(&bytes, &count)) {
    return false;
  }
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
