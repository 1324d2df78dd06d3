// RuleState's `collect`: distinct values as evidence, kept for a window and
// over a hold.
#include <algorithm>
#include <limits>

#include "engine/shard/rule_state.h"
#include "engine/window/span.h"

namespace tocsin {

std::vector<std::uint64_t> HashesOf(
    const std::vector<CollectProgram>& collects) {
  std::vector<std::uint64_t> hashes;
  for (const CollectProgram& collect : collects) hashes.push_back(collect.hash);
  return hashes;
}

std::vector<std::uint64_t> HashesOf(
    const std::vector<CaptureProgram>& captures) {
  std::vector<std::uint64_t> hashes;
  for (const CaptureProgram& capture : captures) hashes.push_back(capture.hash);
  return hashes;
}

// A collect is not in the rule's uid: values stay with what they are of.
void RuleState::AdoptCollects(const std::vector<std::uint64_t>& before) {
  const std::vector<std::uint64_t> after = HashesOf(program_->collects);
  if (before == after) return;
  std::vector<std::size_t> from;
  bool any = false;
  for (const std::uint64_t hash : after) {
    const auto found = std::find(before.begin(), before.end(), hash);
    from.push_back(found == before.end() ? Collected::kNew
                                         : found - before.begin());
    any = any || found != before.end();
  }
  if (!any) collected_.clear();
  for (const auto& [key, values] : collected_) values->Remap(from);
  for (const auto& [key, incident] : incidents_) incident->held.Remap(from);
}

void RuleState::See(const RowValues& values, std::int64_t time_us, bool held,
                    Collected* seen) const {
  for (const RowValues::Collect& value : values.collects) {
    const Collected::Limits limits{
        program_->collects[value.collect].up_to,
        IsFilter() ? Collected::kNothingElse : program_->window_us};
    seen->See(value.collect, limits, value.encoding, time_us, held);
  }
}

// A filter collects of the completing event (TakeCollected) and of its holds.
void RuleState::Collect(const Arrival& arrival, bool held, Incident* incident) {
  const std::int64_t time = arrival.event->time_us;
  if (IsFilter()) {
    if (!held) return;
    if (incident->mark != shared_.saving->changed()) {
      incident->mark = NoteChange(EntryKind::kIncident,
                                  HoldOf(MomentOf(arrival)), incident->mark);
    }
    See(*arrival.values, time, true, &incident->held);
    CountIncident(incident);
    return;
  }
  const std::uint64_t key = KeyTable::Hash(arrival.row->key_hash);
  auto found = collected_.find(key);
  if (found == collected_.end()) {
    if (arrival.values->collects.empty()) return;
    if (collected_.size() >= purge_collected_at_) {
      PurgeCollected(arrival.event->clock_us);
    }
    // A key without a window may not push out one that has one.
    if (collected_.size() >= 2 * limit_) return;
    found = collected_.emplace(key, std::make_unique<Collected>()).first;
    found->second->mark = Made(EntryKind::kCollected, key);
  }
  found->second->mark =
      Changed(EntryKind::kCollected, key, found->second->mark);
  bytes_.collected -= found->second->footprint();
  See(*arrival.values, time, held, found->second.get());
  bytes_.collected += found->second->footprint();
}

// What an alert at this moment tells under `collect`.
void RuleState::TakeCollected(const Moment& moment, Incident* incident,
                              Detection* detection) {
  const std::size_t collects = program_->collects.size();
  if (collects == 0) return;
  detection->collected.resize(collects);
  if (!IsFilter()) {
    const auto found = collected_.find(moment.key);
    if (found == collected_.end()) return;
    found->second->mark =
        Changed(EntryKind::kCollected, moment.key, found->second->mark);
    found->second->Take(Minus(moment.time_us, program_->window_us),
                        &detection->collected, &detection->more);
    return;
  }
  Collected own;
  Collected* const seen = incident != nullptr ? &incident->held : &own;
  See(*moment.values, moment.time_us, true, seen);
  seen->Take(Collected::kNothingElse, &detection->collected, &detection->more);
}

void RuleState::PurgeCollected(std::int64_t clock) {
  for (auto i = collected_.begin(); i != collected_.end();) {
    const bool expired =
        i->second->newest_us() < Minus(clock, program_->window_us);
    if (expired && incidents_.find(i->first) == incidents_.end()) {
      Goes(EntryKind::kCollected, i->first, i->second->mark);
      bytes_.collected -= i->second->footprint();
      collected_.erase(i++);
    } else {
      ++i;
    }
  }
  purge_collected_at_ = std::max<std::size_t>(64, 2 * collected_.size());
}

}  // namespace tocsin
