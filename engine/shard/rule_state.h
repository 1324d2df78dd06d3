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
#include "engine/shard/arrival.h"
#include "engine/shard/collected.h"
#include "engine/shard/eviction_order.h"
#include "engine/shard/incident.h"
#include "engine/shard/key_table.h"
#include "engine/shard/moment.h"
#include "engine/shard/rule_limits.h"
#include "engine/shard/state_bytes.h"
#include "engine/window/condition_window.h"
#include "engine/window/first_seen.h"
#include "engine/window/key_window.h"

namespace tocsin {

class RuleState {
 public:
  using Shared = RuleShared;
  using Arrival = RowArrival;

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
    if (order_ != nullptr) order_->Prefetch();
  }
  void PrefetchWindow(std::uint64_t key_hash) {
    const KeyTable::Slot* const slot = table_.Find(KeyTable::Hash(key_hash));
    if (slot != nullptr) BlockPool::PrefetchWord(slot->word);
    if (order_ != nullptr) table_.Prefetch(order_->Soon(0));
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
  // ---- the state budget (rule_budget.cc) ----
  // What is kept counts so many bytes, whatever way it came about.
  std::uint64_t bytes() const {
    return key_bytes() + held_bytes() + seen_bytes();
  }
  // From now on at most so many, of all shards' `used`: this shard's part of
  // it. What is more goes, at most so many keys and holds at once.
  void Limit(std::uint64_t level, std::uint64_t used, const Eviction& at,
             ShardOutput* out);
  void Unlimit() { bytes_.limit = kNoBudget; }
  // ---- checkpoints (rule_saved.cc) ----
  // A marker, told to Shared::saving before: writes what belongs to no entry,
  // and what is gone. False when nothing is left for SaveSome().
  bool BeginSave(bool whole);
  // Writes at most so many entries; how many.
  std::size_t SaveSome(std::size_t most);
  bool AllSaved() const { return frozen_.empty(); }
  // Records of a checkpoint, in their order; false when they are none. Then
  // EndLoad().
  bool LoadHeader(std::string_view bytes);
  bool LoadEntry(EntryKind kind, std::uint64_t key, std::string_view bytes);
  bool LoadGone(EntryKind kind, std::uint64_t key);
  void EndLoad();

 private:
  // How the rule's condition is decided.
  enum class Mode : std::uint8_t { kFilter, kCompact, kNew, kGeneral };
  // Of each `new` in the condition: kNew has one, whose times are in table_.
  struct NewPart {
    const ConditionProgram* condition;
    FirstSeen seen;
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
  void PurgeSeen(std::int64_t clock_us);
  void FindNews(const ConditionProgram& condition);
  bool IsNew(const Arrival& arrival, NewPart* part, ShardOutput* out);
  bool Learns(const Arrival& arrival, const ConditionProgram& condition) const;
  void ArriveUncounted(const Arrival& arrival, ShardOutput* out);
  void DecideUncounted(const Timer& timer, std::uint64_t position,
                       std::int64_t clock_us, ShardOutput* out);
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
  bool EvictIncident(const Eviction& at, ShardOutput* out);
  bool IsCurrentKey(const EvictionOrder::Entry& entry);
  bool IsCurrentIncident(const EvictionOrder::Entry& entry) const;
  void Report(const Eviction& at, ShardOutput* out);
  bool IsFilter() const { return mode_ == Mode::kFilter; }

  // rule_budget.cc
  std::uint64_t key_bytes() const;
  std::uint64_t held_bytes() const;
  std::uint64_t seen_bytes() const;
  void Name(std::uint64_t key, std::string_view name);
  void CountIncident(Incident* incident);
  void CountAgain();
  void TellBytes(std::uint64_t position, ShardOutput* out);
  bool OverBudget() const { return bytes() >= bytes_.limit; }
  bool EvictOverBudget(Eviction at, ShardOutput* out);

  // rule_saved.cc
  // An entry is about to change: gives its new mark.
  SaveMark Changed(EntryKind kind, std::uint64_t key, SaveMark mark) {
    return mark == shared_.saving->changed() ? mark
                                             : NoteChange(kind, key, mark);
  }
  SaveMark NoteChange(EntryKind kind, std::uint64_t key, SaveMark mark);
  // One was made: gives its mark; one is about to go.
  SaveMark Made(EntryKind kind, std::uint64_t key);
  void Goes(EntryKind kind, std::uint64_t key, SaveMark mark);
  void EraseIncident(std::uint64_t hold);
  void EraseCollected(std::uint64_t key);
  void EraseSlot(KeyTable::Slot* slot);
  void NameRule();
  void WriteEntry(EntryKind kind, std::uint64_t key);
  void PutEntry(EntryKind kind, std::uint64_t key, std::string* out);
  bool SaveEntry(EntryKind kind, std::uint64_t key);
  std::string Header() const;
  void SaveSlot(const KeyTable::Slot& slot, std::string* out);
  bool LoadSlot(std::string_view* rest, KeyTable::Slot* slot);
  bool LoadKey(std::uint64_t key, std::string_view* rest);
  bool LoadSeen(std::uint64_t key, std::string_view* rest);

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
  StateBytes bytes_;

  // Entries by kind and key: changed since the last marker; to be saved as of
  // it; gone since.
  std::vector<EntryId> changed_, frozen_, gone_;
  std::uint64_t header_hash_ = 0;  // Of the header that was saved last.
  // Of the header that was loaded last, until EndLoad().
  std::vector<std::uint64_t> loaded_captures_, loaded_collects_;
};

}  // namespace tocsin
