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
#include "engine/base/prefetch.h"
#include "engine/shard/collected.h"
#include "engine/shard/eviction_order.h"
#include "engine/shard/incident.h"
#include "engine/shard/key_table.h"
#include "engine/shard/row_values.h"
#include "engine/shard/sample_ring.h"
#include "engine/shard/slice.h"
#include "engine/shard/timers.h"
#include "engine/window/block_pool.h"
#include "engine/window/condition_window.h"
#include "engine/window/first_seen.h"
#include "engine/window/key_window.h"

namespace tocsin {

// Keys that a shard holds of a rule with `keys <= N`: N when the rule lives
// whole in one shard, else its share and six sigmas.
std::uint64_t KeysOfShard(const RuleProgram& rule);

// In one shard: with at most limits::kWholeRuleKeys keys, and when a hold is
// common to several keys.
bool LivesWhole(const RuleProgram& rule);

// What values of these collects are kept under.
std::vector<std::uint64_t> HashesOf(
    const std::vector<CollectProgram>& collects);
std::vector<std::uint64_t> HashesOf(
    const std::vector<CaptureProgram>& captures);

class RuleState {
 public:
  // What the rules of a shard share.
  struct Shared {
    BlockPool* pool;
    SampleRing* samples;
    Timers* timers;
    ConditionTests* tests;
  };
  // One matched row in its slice.
  struct Arrival {
    const Slice* slice;
    const MatchResult* matched;
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
  void Adopt(const RuleProgram* program, std::uint32_t rule, Shared shared);

  void Arrive(const Arrival& arrival, ShardOutput* out);
  // What Arrive() will ask for: itself, where the key is, what it has.
  void Prefetch() const { PrefetchLines(this, 3); }
  void PrefetchSlot(std::uint64_t key_hash) const {
    table_.Prefetch(KeyTable::Hash(key_hash));
    if (condition_ != nullptr) condition_->Prefetch();
  }
  void PrefetchWindow(std::uint64_t key_hash) {
    const KeyTable::Slot* const slot = table_.Find(KeyTable::Hash(key_hash));
    if (slot != nullptr) BlockPool::PrefetchWord(slot->word);
  }
  // What the timer waited for, decided at `position`, when the clock has come
  // to `clock_us`.
  void Decide(const Timer& timer, std::uint64_t position, std::int64_t clock_us,
              ShardOutput* out);
  // A member that was never seen is silent since `us`.
  void Arm(std::string_view key, std::uint64_t key_hash, std::int64_t us);

  // Whether something still waits for this timer.
  bool IsCurrent(const Timer& timer) const;

  std::size_t keys() const { return table_.size() + incidents_.size(); }
  // Keys are sorted, so equal states give equal bytes.
  void Save(std::string* out);
  bool Load(std::string_view* rest);

 private:
  // How the rule's condition is decided.
  enum class Mode : std::uint8_t { kFilter, kCompact, kNew, kGeneral };
  // Of each `new` in the condition: kNew has one, whose times are in table_.
  struct NewPart {
    const ConditionProgram* condition;
    FirstSeen seen;
  };
  // An event, or a deadline, at which the condition stands.
  struct Moment {
    std::uint64_t key = 0;  // As KeyTable has it.
    std::string_view key_bytes;
    std::int64_t time_us = 0;
    std::int64_t clock_us = 0;
    std::uint64_t position = 0;  // Where in the sequence it is told.
    std::uint64_t setter = 0;    // Position of the event it is about.
    std::size_t row = 0;
    bool deadline = false;
    Hash128 identity;
    std::uint16_t schema = 0;
    std::string_view identity_values;
    const RowValues* values = nullptr;  // Of an arriving event.
    // What steps and completing event left behind; null: texts read the row.
    WindowDecision* decision = nullptr;
  };

  static Mode ModeOf(const RuleProgram& program);
  Moment MomentOf(const Arrival& arrival) const;
  Moment MomentOf(WindowDecision* decision, std::uint64_t key,
                  std::string_view key_bytes, std::uint64_t position,
                  std::int64_t clock_us) const;

  // rule_state.cc
  bool Stands(const Arrival& arrival, Evidence* evidence, ShardOutput* out);
  KeyTable::Slot* SeenSlot(std::uint64_t tuple, const Arrival& arrival,
                           ShardOutput* out);
  void FindNews(const ConditionProgram& condition);
  bool IsNew(const Arrival& arrival, NewPart* part, ShardOutput* out);
  bool Learns(const Arrival& arrival, const ConditionProgram& condition) const;
  void ArriveGeneral(const Arrival& arrival, ShardOutput* out);
  void FillRecord(const Arrival& arrival);
  void Detected(const Moment& moment, const Evidence& evidence, bool counted,
                ShardOutput* out);
  void Reset(std::uint64_t key, ShardOutput* out);
  void SetTimers(std::uint64_t key);
  std::string_view NameOf(std::uint64_t key, std::string_view otherwise) const;

  // rule_fire.cc
  std::uint64_t HoldOf(const Moment& moment) const;
  // An incident of `escalate` ends when no detection comes for a window.
  std::int64_t HoldSpan() const {
    return then_ == ThenKind::kEscalate ? program_->window_us
                                        : program_->hold_us;
  }
  bool Holds(const Incident& incident, std::int64_t time_us) const;
  void Fire(const Moment& moment, const Evidence& evidence, bool counted,
            std::uint64_t hold, Incident* incident, ShardOutput* out);
  Detection OfRule() const;
  Detection MakeDetection(const Moment& moment, const Evidence& evidence) const;
  Incident* Open(std::uint64_t hold, const Moment& moment, ShardOutput* out);
  void Touch(const Moment& moment, Incident* incident);
  void Resolve(std::uint64_t hold, std::int64_t time_us, std::uint64_t setter,
               std::uint64_t position, bool deadline, ShardOutput* out);
  static std::int64_t DueOf(std::int64_t deadline_us, const Moment& moment);
  std::int64_t EdgeUntil(const Moment& moment);
  void SetClose(std::uint64_t key, const Incident& incident);
  void EndHold(const Timer& timer, std::uint64_t position, ShardOutput* out);
  void DecideClose(const Timer& timer, std::uint64_t position,
                   ShardOutput* out);
  void SetTimer(std::uint64_t hold, const Incident& incident);
  bool HasIncidents() const {
    return program_->once || then_ != ThenKind::kEvery;
  }

  // rule_collect.cc
  void Collect(const Arrival& arrival, bool held, Incident* incident);
  void See(const RowValues& values, std::int64_t time_us, bool held,
           Collected* seen) const;
  void PurgeCollected(std::int64_t clock);
  void TakeCollected(const Moment& moment, Incident* incident,
                     Detection* detection);
  // What is collected was so under `before`: by hash, in their order.
  void AdoptCollects(const std::vector<std::uint64_t>& before);

  // rule_limits.cc
  std::int64_t Newest(const KeyTable::Slot& slot) const;
  std::uint64_t Progress(const KeyTable::Slot& slot) const;
  std::int64_t Span() const;
  void Release(const KeyTable::Slot& slot);
  KeyTable::Slot* SlotOf(std::uint64_t key, const Arrival& arrival,
                         ShardOutput* out);
  KeyTable::Slot* Room(std::uint64_t key, std::uint64_t position,
                       std::int64_t time_us, std::int64_t clock_us,
                       ShardOutput* out);
  void Touched(std::uint64_t key);
  void EvictKey(const Eviction& at, ShardOutput* out);
  void EvictIncidents(const Moment& moment, ShardOutput* out);
  bool IsCurrentKey(const EvictionOrder::Entry& entry);
  bool IsCurrentIncident(const EvictionOrder::Entry& entry) const;
  void Report(const Eviction& at, ShardOutput* out);
  bool IsFilter() const { return mode_ == Mode::kFilter; }

  void SaveSlot(const KeyTable::Slot& slot, std::string* out);
  bool LoadSlot(std::string_view* rest, KeyTable::Slot* slot);
  bool LoadIncidents(std::string_view* rest);
  bool LoadSeen(std::string_view* rest);

  KeyTable table_;  // First: what PrefetchSlot() reads.
  const RuleProgram* program_;
  std::uint32_t rule_;
  Mode mode_;
  ThenKind then_;
  Shared shared_;
  std::uint64_t limit_;

  std::optional<KeyWindow> window_;             // kCompact
  std::vector<NewPart> news_;                   // By kNew of the condition.
  std::unique_ptr<ConditionWindow> condition_;  // kGeneral
  // Of a general rule: its keys by name, when it tells something without an
  // event; and what `new` has seen, when it is joined with others.
  absl::flat_hash_map<std::uint64_t, std::string> names_;
  KeyTable seen_;
  std::int64_t muted_until_;  // A `new` that forgot something learns again.
  std::uint64_t reported_early_ = 0;
  Record record_;
  std::vector<WindowDecision> decisions_;
  std::vector<WindowDeadline> deadlines_;
  std::unique_ptr<EvictionOrder> order_;  // Once the table has been full.
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Incident>> incidents_;
  EvictionOrder incident_order_;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Collected>> collected_;
  std::size_t purge_collected_at_ = 64;
};

}  // namespace tocsin
