// One rule in one shard: the windows of its keys, its holds, what it collects;
// what happens after firing, and what goes when a limit is reached. Confined to
// its shard.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/shard/collected.h"
#include "engine/shard/eviction_order.h"
#include "engine/shard/incident.h"
#include "engine/shard/key_table.h"
#include "engine/shard/row_values.h"
#include "engine/shard/sample_ring.h"
#include "engine/shard/slice.h"
#include "engine/shard/timers.h"
#include "engine/window/block_pool.h"
#include "engine/window/key_window.h"

namespace tocsin {

// Keys that a shard holds of a rule with `keys <= N`: N when the rule lives
// whole in one shard, else its share and six sigmas.
std::uint64_t KeysOfShard(std::uint64_t keys);

// What values of these collects are kept under.
std::vector<std::uint64_t> HashesOf(
    const std::vector<CollectProgram>& collects);

class RuleState {
 public:
  // What the rules of a shard share.
  struct Shared {
    BlockPool* pool;
    SampleRing* samples;
    Timers* timers;
  };
  // One matched row in its slice.
  struct Arrival {
    const Slice* slice;
    const MatchedEvent* event;
    const MatchedRow* row;
    const RowValues* values;
  };

  // `rule` is the number of `program` in the rule set; both are read until the
  // next Adopt().
  RuleState(const RuleProgram* program, std::uint32_t rule, Shared shared);
  ~RuleState();
  RuleState(const RuleState&) = delete;
  RuleState& operator=(const RuleState&) = delete;

  // The same rule in a new rule set; sets its timers anew.
  void Adopt(const RuleProgram* program, std::uint32_t rule);

  void Arrive(const Arrival& arrival, ShardOutput* out);
  // The timer's hold ended, decided at `position`.
  void Decide(const Timer& timer, std::uint64_t position, ShardOutput* out);

  // Whether its incident still waits for this timer.
  bool IsCurrent(const Timer& timer) const {
    const auto found = incidents_.find(timer.key);
    return found != incidents_.end() && found->second->setter == timer.setter;
  }

  std::size_t keys() const { return table_.size() + incidents_.size(); }
  // Keys are sorted, so equal states give equal bytes.
  void Save(std::string* out);
  bool Load(std::string_view* rest);

 private:
  bool Stands(const Arrival& arrival, Evidence* evidence, ShardOutput* out);
  KeyTable::Slot* Room(std::uint64_t key, const Arrival& arrival,
                       ShardOutput* out);
  void EvictKey(const Arrival& arrival, ShardOutput* out);
  void EvictIncidents(const Arrival& arrival, ShardOutput* out);
  bool IsCurrentKey(const EvictionOrder::Entry& entry);
  bool IsCurrentIncident(const EvictionOrder::Entry& entry) const;
  void Report(const Arrival& arrival, std::uint64_t count, ShardOutput* out);
  void Collect(const Arrival& arrival, bool held, Incident* incident);
  void See(const Arrival& arrival, bool held, Collected* seen) const;
  void PurgeCollected(std::int64_t clock);
  void Fire(const Arrival& arrival, const Evidence& evidence,
            Incident* incident, ShardOutput* out);
  Incident* Open(std::uint64_t key, const Arrival& arrival, ShardOutput* out);
  void TakeCollected(const Arrival& arrival, Incident* incident,
                     Detection* detection);
  void SetTimer(std::uint64_t key, const Incident& incident);
  bool IsFilter() const { return !window_.has_value(); }
  // What is collected was so under `before`: by hash, in their order.
  void AdoptCollects(const std::vector<std::uint64_t>& before);
  bool LoadIncidents(std::string_view* rest);

  const RuleProgram* program_;
  std::uint32_t rule_;
  Shared shared_;
  std::uint64_t limit_;

  std::optional<KeyWindow> window_;  // None: a filter.
  KeyTable table_;
  std::unique_ptr<EvictionOrder> order_;  // Once the table has been full.
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Incident>> incidents_;
  EvictionOrder incident_order_;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Collected>> collected_;
  std::size_t purge_collected_at_ = 64;
};

}  // namespace tocsin
