// Alerts on their way to the sinks: durable before any sink is called, taken
// once by their id, and kept until every sink has had them and a checkpoint
// covers what they came from. Each sink goes at its own pace.
//
// Without a store it is a queue in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/alert/alert.h"
#include "engine/base/mutex.h"
#include "engine/state/state_store.h"

namespace tocsin {

struct OutboxAlert {
  std::uint64_t number = 0;  // In the order in which they leave, from 1.
  std::uint64_t bytes = 0;   // That it takes in the store.
  std::shared_ptr<const Alert> alert;
};

struct OutboxCounts {
  std::uint64_t waiting = 0;   // Alerts that some sink has not had.
  std::uint64_t bytes = 0;     // Theirs.
  std::uint64_t repeated = 0;  // Came again after a restart, and were known.
  std::uint64_t shed = 0;      // Of the history, for want of room.
  std::vector<std::uint64_t> waiting_of;  // By sink.
};

// What stands under one key of Family::kOutbox: an alert, or how far a sink is.
struct OutboxItem {
  bool is_alert = false;
  std::uint64_t number = 0;  // Of the alert; of the sink's last one.
  std::uint64_t entry = 0;   // It is told before this entry of the sequence.
  Alert alert;
  std::string sink;
};
// The same alert under Family::kHistory has this key in the outbox.
std::string HistoryItemKey(std::string_view history_key);
// DataLoss when it is damaged.
absl::Status ReadOutboxItem(std::string_view key, std::string_view value,
                            OutboxItem* item);

// Thread-safe.
class Outbox {
 public:
  // `store` may be null and outlives the outbox. `sinks`: names, by which it is
  // known how far each has come.
  Outbox(StateStore* store, std::vector<std::string> sinks);
  // What was on its way when the process ended. Before anything else.
  absl::Status Load();

  // What was told by the sequence before entry `entry` and not before: adds
  // rows for those not known yet to the batch. They leave once Publish() says
  // that the batch is durable.
  struct Prepared {
    std::uint64_t entry = 0;
    std::vector<OutboxAlert> alerts;
  };
  Prepared Prepare(std::uint64_t entry, std::vector<Alert> alerts,
                   StoreBatch* batch);
  void Publish(Prepared prepared);
  // What is before entry `entry` comes never again: adds to the batch that
  // those of it that were delivered go.
  // They go into the history, in which the oldest make room; not while the
  // store is low on room. Says the same again until Covered().
  absl::Status Cover(std::uint64_t entry, StoreBatch* batch);
  // What the last Cover() gave is durable.
  void Covered();
  // Gives the room of the history back.
  absl::Status ShedHistory();
  // More than limits::kOutboxBytes wait: whoever makes alerts waits too.
  bool full() const;

  // ---- a sink, by its index ----
  // Waits until there is something for it, Stop(), or so long.
  void Wait(std::size_t sink, std::int64_t micros);
  // The next ones in their order, at most so many.
  absl::StatusOr<std::vector<OutboxAlert>> Next(std::size_t sink,
                                                std::size_t most);
  // It has had everything up to `number`. Unsynced: after a crash of the
  // machine it may come again.
  absl::Status Done(std::size_t sink, std::uint64_t number);
  bool empty(std::size_t sink) const;
  // Ends every Wait() for good.
  void Stop();

  OutboxCounts counts() const;

 private:
  struct Row {
    std::uint64_t number = 0, entry = 0, bytes = 0;
    std::string name;                    // Kind and id.
    std::shared_ptr<const Alert> alert;  // Null: only in the store.
  };
  static std::string NameOf(const Alert& alert);
  std::uint64_t DeliveredToAll() const TOCSIN_REQUIRES(mutex_);
  void LetGo() TOCSIN_REQUIRES(mutex_);
  absl::Status LoadHistory() TOCSIN_REQUIRES(mutex_);
  void ForgetOldest() TOCSIN_REQUIRES(mutex_);

  StateStore* const store_;
  const std::vector<std::string> sinks_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Row> rows_ TOCSIN_GUARDED_BY(mutex_);  // By number.
  absl::flat_hash_set<std::string> names_ TOCSIN_GUARDED_BY(mutex_);
  std::vector<std::uint64_t> delivered_ TOCSIN_GUARDED_BY(mutex_);  // By sink.
  std::uint64_t next_number_ TOCSIN_GUARDED_BY(mutex_) = 1;
  std::uint64_t let_go_ TOCSIN_GUARDED_BY(mutex_) = 0;  // Up to this number.
  std::uint64_t covered_ TOCSIN_GUARDED_BY(mutex_) = 0;
  std::uint64_t waiting_bytes_ TOCSIN_GUARDED_BY(mutex_) = 0;
  std::uint64_t in_memory_ TOCSIN_GUARDED_BY(mutex_) = 0;
  std::uint64_t repeated_ TOCSIN_GUARDED_BY(mutex_) = 0;
  // By number, of Family::kHistory, and their bytes.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> history_
      TOCSIN_GUARDED_BY(mutex_);
  std::uint64_t history_bytes_ TOCSIN_GUARDED_BY(mutex_) = 0;
  std::uint64_t shed_ TOCSIN_GUARDED_BY(mutex_) = 0;
  StoreBatch covering_ TOCSIN_GUARDED_BY(mutex_);  // Until Covered().
  bool stopped_ TOCSIN_GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin
