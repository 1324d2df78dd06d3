// RuleState and the state budget: what is kept in bytes, and who goes when it
// is too much (docs/decisions/0022-state-budget.md).
#include <algorithm>

#include "engine/base/limits.h"
#include "engine/shard/rule_state.h"
#include "engine/window/footprint.h"

namespace tocsin {

std::uint64_t RuleState::key_bytes() const {
  const std::uint64_t condition =
      condition_ == nullptr ? 0 : condition_->footprint();
  return table_.size() * footprint::kKey + bytes_.blocks + condition +
         names_.size() * footprint::kName + bytes_.names +
         collected_.size() * footprint::kCollected + bytes_.collected;
}

std::uint64_t RuleState::held_bytes() const { return bytes_.incidents; }

std::uint64_t RuleState::seen_bytes() const {
  return seen_.size() * footprint::kKey + bytes_.seen_blocks;
}

void RuleState::Name(std::uint64_t key, std::string_view name) {
  if (names_.try_emplace(key, name).second) bytes_.names += name.size();
}

// After something of it may have changed.
void RuleState::CountIncident(Incident* incident) {
  bytes_.incidents -= incident->counted;
  incident->counted = incident->Footprint();
  bytes_.incidents += incident->counted;
}

// After what is not followed entry by entry: other rules, a checkpoint.
void RuleState::CountAgain() {
  bytes_.incidents = bytes_.collected = 0;
  for (const auto& [key, incident] : incidents_) {
    incident->counted = 0;
    CountIncident(incident.get());
  }
  for (const auto& [key, collected] : collected_) {
    bytes_.collected += collected->footprint();
  }
  bytes_.told = bytes();
}

// What became more or less at an event, or at a deadline it moved the clock
// past.
void RuleState::TellBytes(std::uint64_t position, ShardOutput* out) {
  const std::uint64_t now = bytes();
  if (now == bytes_.told) return;
  RuleDelta* const delta = out->Delta(rule_);
  const auto more = static_cast<std::int64_t>(now - bytes_.told);
  delta->bytes += more;
  if (position < out->budget_point) delta->bytes_before += more;
  bytes_.told = now;
}

// Of keys and holds those that take more; of these as at the limits of the
// rule.
bool RuleState::EvictOverBudget(Eviction at, ShardOutput* out) {
  at.over_budget = true;
  if (table_.size() == 0 || held_bytes() > key_bytes()) {
    return EvictIncident(at, out);
  }
  EvictKey(at, out);
  return true;
}

// A rule that lives in one shard has all of the level; of one that is spread
// each shard gives up the same part, and may have an even share in any case.
void RuleState::Limit(std::uint64_t level, std::uint64_t used,
                      const Eviction& at, ShardOutput* out) {
  constexpr int kPartBits = 16;  // level <= 2 * used, and bytes() < 2^46.
  const std::uint64_t part =
      (level << kPartBits) / std::max<std::uint64_t>(used, 1);
  bytes_.limit = LivesWhole(*program_) ? level
                                       : std::max((bytes() * part) >> kPartBits,
                                                  level / limits::kShards);
  if (bytes() > bytes_.limit) {
    if (!collected_.empty()) PurgeCollected(at.clock_us);
    if (seen_.size() > 0) PurgeSeen(at.clock_us);
  }
  for (std::size_t i = 0; i < limits::kShedAtOnce && bytes() > bytes_.limit &&
                          EvictOverBudget(at, out);
       ++i) {
  }
  TellBytes(at.position, out);
}

}  // namespace tocsin
