// Decides every condition that CountWindow, JointWindow and FirstSeen do not,
// for one key at a time: sequences, absence, silence, parts, aggregates behind
// the clock or over tumbling, hopping and session windows, and conditions that
// are joined. Keeps what language.md, "State", says, thinned as it grows.
//
// What is decided on arrival is told by Arrive(); what waits for the clock asks
// for a deadline there and is told by Decide(). Confined to its shard.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/prefetch.h"
#include "engine/match/condition_tests.h"
#include "engine/program/rule_set.h"
#include "engine/program/zone.h"
#include "engine/window/history.h"
#include "engine/window/run_search.h"
#include "engine/window/totals.h"

namespace tocsin {

// An event of a key, as the shards hand it on.
struct WindowArrival {
  std::int64_t time = 0;
  std::int64_t clock = 0;
  bool late = false;
  std::uint64_t events = 0;  // As History::Entry.
  const Record* record = nullptr;
};

// Something to be decided once the clock is past `deadline_us`.
struct WindowDeadline {
  std::int64_t deadline_us = 0;
  std::uint64_t setter = 0;  // Position of the event that set it.
};

// A decision that a condition stands, or (told only of those that are decided
// for each event) that it does not.
struct WindowDecision {
  bool stands = true;
  bool deadline = false;  // Not at an arriving event.
  std::int64_t time_us = 0, first_us = 0, last_us = 0;
  std::uint64_t count = 1, events = 1;
  // Of the events that make up a sequence; empty: all from first to last do.
  std::vector<std::int64_t> times;
  Record completing;
  std::vector<std::string> slots;
  std::vector<std::uint64_t> step_counts;
};

class ConditionWindow {
 public:
  // Both outlive it.
  ConditionWindow(const RuleProgram* rule, ConditionTests* tests);
  // Arrive() will be called soon.
  void Prefetch() const { PrefetchLines(this, 4); }
  // The same meaning in another rule set.
  void Adopt(const RuleProgram* rule, ConditionTests* tests);

  // What events left behind was captured under `before`: by hash, in their
  // order. Captures are not in the rule's uid.
  void AdoptCaptures(const std::vector<std::uint64_t>& before);

  void Arrive(const WindowArrival& arrival, std::uint64_t key,
              std::uint64_t* word, BlockPool* pool,
              std::vector<WindowDecision>* decisions,
              std::vector<WindowDeadline>* deadlines);
  void Decide(const WindowDeadline& deadline, std::int64_t clock,
              std::uint64_t key, std::uint64_t* word, BlockPool* pool,
              std::vector<WindowDecision>* decisions,
              std::vector<WindowDeadline>* deadlines);
  // Every deadline that the key waits for.
  void Deadlines(std::uint64_t key, std::uint64_t word, BlockPool* pool,
                 std::vector<WindowDeadline>* deadlines);
  // Since when a member of a list has been silent that was never seen.
  void Arm(std::int64_t started_us, std::uint64_t key, std::uint64_t* word,
           BlockPool* pool, std::vector<WindowDeadline>* deadlines);
  // Of a monotone condition over a sliding window: how long what stands now
  // goes on standing without another event.
  std::int64_t StandsUntil(std::uint64_t word, BlockPool* pool);

  std::int64_t Newest(std::uint64_t word, BlockPool* pool) const {
    return history_.Newest(word, pool);
  }
  std::uint64_t Progress(std::uint64_t word, BlockPool* pool) const;
  // For how long behind its newest event a key may matter.
  std::int64_t span_us() const { return span_; }
  void Free(std::uint64_t key, std::uint64_t word, BlockPool* pool);
  void Save(std::uint64_t key, std::uint64_t word, BlockPool* pool,
            std::string* out) const;
  bool Load(std::string_view* rest, std::uint64_t key, BlockPool* pool,
            std::uint64_t* word);
  // What its keys count beside their blocks: records and panes.
  std::size_t footprint() const {
    return history_.record_footprint() + panes_footprint_;
  }
  // Events, values or combinations that a limit made it leave out.
  std::uint64_t settled_early() const {
    return settled_early_ + search_->given_up();
  }

 private:
  using Entry = History::Entry;
  // Of a key with panes.
  struct Panes {
    std::vector<std::vector<Pane>> of;  // By leaf; by start.
    std::vector<std::int64_t> ends;     // Of windows waited for, or told.
    std::optional<Pane> session;
    std::size_t bytes = 0;    // What the panes and the session count.
    std::size_t counted = 0;  // Of panes_footprint_.

    std::size_t Footprint() const;
    void CountAgain();
    // The one that starts there, made when it is not: then Add() to it.
    Pane* At(std::int64_t start, std::vector<Pane>* some);
    void Add(const Entry& entry, const Record& record, const RuleProgram& rule,
             const ConditionProgram& condition, Pane* pane);
    void DropBefore(std::int64_t oldest, std::vector<Pane>* some);
    Pane EndSession();
  };
  // A key whose event is looked at.
  struct At {
    std::uint64_t key = 0;
    std::uint64_t* word = nullptr;
    BlockPool* pool = nullptr;
    std::int64_t clock = 0;
    std::vector<WindowDecision>* decisions = nullptr;
    std::vector<WindowDeadline>* deadlines = nullptr;
  };

  void AddLeaves(const ConditionProgram& condition);
  void CountFootprint();
  void ArriveUncounted(const WindowArrival& arrival, const At& at);
  void DecideUncounted(const WindowDeadline& deadline, const At& at);
  bool IsAligned() const;
  bool AddsNothing(std::uint64_t events) const;
  bool HasPanes(const ConditionProgram& leaf) const;
  // To change them: touched_ until CountFootprint(). Made when there are none;
  // null when there are none.
  Panes& PanesOf(std::uint64_t key);
  Panes* KnownPanes(std::uint64_t key);

  // condition_window.cc
  std::size_t Insert(const WindowArrival& arrival, bool pending, const At& at);
  void Settle(const At& at);
  void SettleTwoSteps(const At& at);
  void MarkSequence(std::span<const Entry> entries, std::size_t settled,
                    std::vector<char>* keep) const;
  void Tell(const Entry& entry, const FoundRun& run, const At& at,
            bool deadline);
  void FillSlots(const FoundRun& run, std::span<const Entry> entries,
                 const Record& completing, WindowDecision* decision) const;
  void FillSlots(const Record& completing, WindowDecision* decision) const;
  std::size_t FindEntry(std::span<const Entry> entries, std::int64_t time,
                        std::uint64_t position) const;

  // condition_stands.cc
  bool Completes(std::size_t entry, const At& at, FoundRun* run);
  std::vector<std::int64_t> EndsBehind(std::int64_t time, const At& at);
  bool StandsAt(const ConditionProgram& condition, std::int64_t time,
                std::size_t through, const At& at, FoundRun* run);
  bool LeafStandsAt(const ConditionProgram& leaf, std::int64_t time,
                    std::size_t through, const At& at, FoundRun* run);
  bool TotalsStand(const ConditionProgram& leaf, std::int64_t time,
                   const At& at, FoundRun* run);
  bool Reached(const ConditionProgram& leaf, std::vector<Total>* totals);
  void DecideEvent(const WindowDeadline& deadline, const At& at);
  void CountInPanes(std::int64_t until, const At& at);
  std::size_t LeafNumber(const ConditionProgram& leaf) const;

  // condition_windows.cc: tumbling, hopping, session
  void WindowsOf(
      std::int64_t time,
      std::vector<std::pair<std::int64_t, std::int64_t>>* windows) const;
  std::int64_t PaneOf(std::int64_t time) const;
  void ArriveAligned(const WindowArrival& arrival, const At& at);
  bool AlignedStands(std::int64_t start, std::int64_t end, const At& at,
                     Pane* whole);
  void DecideEnd(std::int64_t end, const At& at);
  void JoinSession(const WindowDeadline& deadline, const At& at);
  void CloseSession(std::int64_t end, const At& at);
  std::int64_t SessionEnd(const Pane& session) const;
  void TellPane(const Pane& pane, std::int64_t time, bool stands, bool deadline,
                const At& at);

  // condition_absence.cc
  void ArriveAbsence(const WindowArrival& arrival, const At& at);
  void DecideThenNot(const WindowDeadline& deadline, const At& at);
  void DecideNotThen(const WindowDeadline& deadline, const At& at);
  void DecideSilent(const WindowDeadline& deadline, const At& at);
  void SettleAbsence(const At& at);
  std::size_t ForgetArmed(std::int64_t time, const At& at);

  const RuleProgram* rule_;
  ConditionTests* tests_;
  std::vector<const ConditionProgram*> leaves_;
  std::int64_t longest_ = 0;
  std::int64_t span_ = 0;
  bool wants_records_ = false;
  bool two_steps_ = false;     // A then B, and nothing else.
  bool numbers_only_ = false;  // Entries may go once they are in panes.
  bool counts_only_ = false;   // Aggregates alone, over sliding windows.
  History history_;
  std::optional<RunSearch> search_;
  const Zone* zone_ = nullptr;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Panes>> panes_;
  Panes* touched_ = nullptr;
  std::size_t panes_footprint_ = 0;
  std::uint64_t settled_early_ = 0;
};

}  // namespace tocsin
