// The way of an event, put together: sources → sequence → extract → match →
// clock → shards → alerts → a callback. The same alerts, byte for byte, for any
// number of workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/alert/alert.h"
#include "engine/base/clock.h"
#include "engine/base/executor.h"
#include "engine/base/limits.h"
#include "engine/durable/outbox.h"
#include "engine/ports/source.h"
#include "engine/program/rule_set.h"
#include "engine/state/state_store.h"

namespace tocsin {

// As many as there are cores that this process may use, at most four.
int DefaultWorkers();

struct PipelineOptions {
  // 1: everything on the caller's thread, but for a live one with an outbox or
  // a store, which has one to read, one to write and so many that work.
  int workers = 1;
  std::int64_t lateness_us = 5'000'000;
  std::vector<std::int64_t> lateness_of;  // By source; empty: the same for all.
  std::int64_t max_skew_us = 300'000'000;
  std::int64_t idle_us = 30'000'000;  // Live sources only.
  // Of the hashes of keys: kReplayKeySeed in a replay, random in a service.
  std::uint64_t key_seed = 0;
  bool live = false;   // Follow; gather at most 2 ms; else finished input.
  bool merge = false;  // Several sources joined by event time (--merge).
  bool end_of_time = false;  // Decide what is due after the last event, too.
  bool closed = false;       // Give kClosed alerts.

  // Seams. Null: the machine's clock, and threads as `workers` says.
  const Clock* clock = nullptr;
  Executor* executor = nullptr;
  // When set, Run() begins where the store's checkpoint stands, reads again
  // what the merge log says, and makes a checkpoint at the begin, after so many
  // chunks or so much time, when the rules change, and at the end. Alerts are
  // given once the log up to them is durable; after a crash those behind the
  // checkpoint come again with the same ids.
  StateStore* store = nullptr;
  std::uint64_t checkpoint_chunks = UINT64_MAX;
  std::int64_t checkpoint_us = INT64_MAX;
  // From one synced write of alerts to the next, at least. Real time.
  std::int64_t commit_pause_us = 0;
  // When set, alerts go there, in one durable write with the log, instead of to
  // the callback.
  Outbox* outbox = nullptr;
  // What the state of all rules may count in bytes, 0: no limit; and between
  // two looks at it so many events, more than any chunk has.
  std::uint64_t state_bytes = 0;
  std::uint64_t budget_events = limits::kBudgetEvents;
  // A chunk with more matched rows than this is applied in several steps.
  std::size_t rows_per_step = 512;
};

// Dropped and odd input by reason: of what a batch held, events plus malformed
// plus too_long plus too_deep plus not_an_object is everything; of events,
// no_schema were taken by no schema and `matched` concerned at least one rule.
struct InputCounts {
  std::uint64_t bytes = 0, lines = 0, blank_lines = 0, events = 0;
  std::uint64_t malformed = 0, too_long = 0, too_deep = 0, not_an_object = 0;
  std::uint64_t no_schema = 0, matched = 0, duplicates = 0;
  std::uint64_t forgotten = 0;  // Identities, past limits::kDedupEntries.
  std::uint64_t repaired = 0, duplicate_keys = 0, salvaged = 0, number_lost = 0;
  std::uint64_t late = 0, no_time = 0, bad_clock = 0, bad_bodies = 0;
  std::int64_t first_us = 0, last_us = 0;  // Event time; 0 when there was none.
};

struct RuleTotals {
  std::string name;
  std::uint64_t matches = 0, no_key = 0, each_overflow = 0;
  std::uint64_t detections = 0, alerts = 0, folded = 0, late = 0,
                duplicates = 0;
  std::uint64_t evictions = 0, keys = 0;
  std::uint64_t over_budget = 0;  // Of the evictions.
  std::uint64_t bytes = 0;        // Of state, as the budget counts it.
};

// What was made durable.
struct DurableCounts {
  std::uint64_t checkpoints = 0, checkpoint_bytes = 0;
  std::int64_t checkpoint_us = 0;  // What the last one took; wall time.
  // Of that, the longest that the shards stood still for it at once.
  std::int64_t checkpoint_stall_us = 0;
  std::int64_t checkpoint_at_us = 0;  // When it became valid; wall time.
  std::uint64_t commits = 0;          // Synced writes before alerts.
  std::uint64_t no_room = 0;          // Writes that found no room.
  std::uint64_t lost = 0;             // Ranges that a source could not give.
  bool replaying = false;  // State is read, and what was logged, again.
};

struct PipelineCounts {
  InputCounts input;
  DurableCounts durable;
  std::vector<RuleTotals> rules;
};

// A line that was dropped, for --dead-letter.
struct DeadLetter {
  std::string_view source;
  std::uint64_t line = 0;   // Of the source, from 1.
  std::string_view reason;  // malformed, too_long, too_deep, not_an_object
  std::string_view bytes;
};

// Guarded where it says so; the rest from one thread, before Run().
//
// The callbacks run on any one of the workers, one at a time and in the order
// of the sequence; the sources are read on the thread that called Run().
class Pipeline {
 public:
  using AlertCallback = std::function<absl::Status(std::span<const Alert>)>;
  using DeadLetterCallback = std::function<void(const DeadLetter&)>;

  Pipeline(PipelineOptions options, std::shared_ptr<const RuleSet> rules,
           std::vector<Source*> sources, AlertCallback on_alerts);
  ~Pipeline();

  void OnDeadLetter(DeadLetterCallback callback);
  // Called on the reading thread about every 100 ms of work, for a progress
  // bar.
  void OnProgress(std::function<void(const PipelineCounts&)> callback);
  // Called at most once, on the thread that met the first failure, at once:
  // Run() returns only when what was under way is through.
  void OnFailure(std::function<void(const absl::Status&)> callback);

  // Until every source ended, or Stop(): then drains what was read and returns.
  // A failing source or callback ends it with its status.
  absl::Status Run();
  // From any thread or a signal-driven thread. Idempotent.
  void Stop();
  // From any thread: the next chunk that is read is the first that sees
  // `rules`. State of a rule whose uid is unchanged stays; other state is
  // dropped. Not with `merge`.
  void Publish(std::shared_ptr<const RuleSet> rules);
  // From any thread: a consistent copy.
  PipelineCounts Counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
