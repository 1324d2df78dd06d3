#include "engine/durable/outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

// Family::kOutbox: "r" and the number: a row; "s" and a sink's name: how far it
// has come.
constexpr char kRow = 'r';
constexpr char kSink = 's';

std::string RowKey(std::uint64_t number) {
  return std::string(1, kRow) + BigEndian(number);
}

std::string SinkKey(std::string_view name) {
  return std::string(1, kSink) + std::string(name);
}

absl::Status Damaged(std::uint64_t number) {
  return absl::DataLossError(
      absl::StrFormat("row %d of the outbox is damaged", number));
}

}  // namespace

std::string HistoryItemKey(std::string_view history_key) {
  return std::string(1, kRow) + std::string(history_key);
}

absl::Status ReadOutboxItem(std::string_view key, std::string_view value,
                            OutboxItem* item) {
  const bool known = !key.empty() && (key[0] == kRow || key[0] == kSink);
  if (!known) return absl::DataLossError("the outbox has a key that is none");
  item->is_alert = key[0] == kRow;
  if (item->is_alert) {
    if (!ReadBigEndian(key.substr(1), &item->number) ||
        !TakeNumber(&value, &item->entry) || !ReadBytes(value, &item->alert)) {
      return Damaged(item->number);
    }
    return absl::OkStatus();
  }
  item->sink = key.substr(1);
  if (ReadBigEndian(value, &item->number)) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrFormat("how far sink %s is, is damaged", item->sink));
}

Outbox::Outbox(StateStore* store, std::vector<std::string> sinks)
    : store_(store), sinks_(std::move(sinks)), delivered_(sinks_.size(), 0) {}

std::string Outbox::NameOf(const Alert& alert) {
  return alert.id + static_cast<char>('0' + static_cast<int>(alert.kind));
}

absl::Status Outbox::Load() {
  if (store_ == nullptr) return absl::OkStatus();
  MutexLock lock(&mutex_);
  TOCSIN_RETURN_IF_ERROR(store_->ForEach(
      Family::kOutbox, std::string(1, kRow),
      [this](std::string_view key,
             std::string_view value) ABSL_NO_THREAD_SAFETY_ANALYSIS {
        OutboxItem item;
        if (absl::Status read = ReadOutboxItem(key, value, &item); !read.ok()) {
          return read;
        }
        Row row;
        row.number = item.number;
        row.entry = item.entry;
        row.bytes = value.size();
        row.name = NameOf(item.alert);
        names_.insert(row.name);
        next_number_ = row.number + 1;
        waiting_bytes_ += row.bytes;
        rows_.push_back(std::move(row));
        return absl::OkStatus();
      }));
  TOCSIN_RETURN_IF_ERROR(LoadHistory());
  const std::uint64_t newest = next_number_ - 1;
  StoreBatch joined;
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    const absl::StatusOr<std::string> saved =
        store_->Get(Family::kOutbox, SinkKey(sinks_[i]));
    if (absl::IsNotFound(saved.status())) {
      // A sink that is new begins with what comes now, and is known from then.
      delivered_[i] = newest;
      joined.Put(Family::kOutbox, SinkKey(sinks_[i]), BigEndian(newest));
      continue;
    }
    if (!saved.ok()) return saved.status();
    if (!ReadBigEndian(*saved, &delivered_[i])) {
      return absl::DataLossError("the outbox does not know how far a sink is");
    }
    next_number_ = std::max(next_number_, delivered_[i] + 1);
  }
  LetGo();
  return joined.empty() ? absl::OkStatus() : store_->Write(joined, true);
}

Outbox::Prepared Outbox::Prepare(std::uint64_t entry, std::vector<Alert> alerts,
                                 StoreBatch* batch) {
  Prepared prepared;
  prepared.entry = entry;
  MutexLock lock(&mutex_);
  for (Alert& alert : alerts) {
    if (store_ != nullptr && !names_.insert(NameOf(alert)).second) {
      ++repeated_;
      continue;
    }
    const std::uint64_t number = next_number_++;
    std::string value;
    PutNumber(entry, &value);
    AppendBytes(alert, &value);
    prepared.alerts.push_back(
        {number, value.size(),
         std::make_shared<const Alert>(std::move(alert))});
    if (store_ != nullptr) {
      batch->Put(Family::kOutbox, RowKey(number), std::move(value));
    }
  }
  return prepared;
}

void Outbox::Publish(Prepared prepared) {
  MutexLock lock(&mutex_);
  for (OutboxAlert& one : prepared.alerts) {
    Row row;
    row.number = one.number;
    row.entry = prepared.entry;
    row.name = NameOf(*one.alert);
    row.bytes = one.bytes;
    waiting_bytes_ += row.bytes;
    if (store_ == nullptr || in_memory_ < limits::kOutboxInMemory) {
      row.alert = std::move(one.alert);
      ++in_memory_;
    }
    rows_.push_back(std::move(row));
  }
  LetGo();
  changed_.NotifyAll();
}

std::uint64_t Outbox::DeliveredToAll() const {
  if (delivered_.empty()) return next_number_ - 1;
  return *std::min_element(delivered_.begin(), delivered_.end());
}

// What every sink has had takes no room any more, but its name stays until it
// is covered.
void Outbox::LetGo() {
  const std::uint64_t all = DeliveredToAll();
  const auto first = std::lower_bound(
      rows_.begin(), rows_.end(), let_go_ + 1,
      [](const Row& row, std::uint64_t n) { return row.number < n; });
  for (auto row = first; row != rows_.end() && row->number <= all; ++row) {
    waiting_bytes_ -= row->bytes;
    if (row->alert != nullptr) --in_memory_;
    row->alert = nullptr;
  }
  let_go_ = std::max(let_go_, all);
  if (store_ == nullptr) {
    while (!rows_.empty() && rows_.front().number <= all) rows_.pop_front();
  }
}

absl::Status Outbox::Cover(std::uint64_t entry, StoreBatch* batch) {
  if (store_ == nullptr) return absl::OkStatus();
  const bool low = store_->low_on_room();
  if (low) TOCSIN_RETURN_IF_ERROR(ShedHistory());
  MutexLock lock(&mutex_);
  while (!rows_.empty() && rows_.front().number <= let_go_ &&
         rows_.front().entry <= entry) {
    const Row& row = rows_.front();
    if (low) {
      ++shed_;
    } else {
      TOCSIN_ASSIGN_OR_RETURN(std::string value,
                              store_->Get(Family::kOutbox, RowKey(row.number)));
      history_bytes_ += value.size();
      history_.emplace_back(row.number, value.size());
      covering_.Put(Family::kHistory, BigEndian(row.number), std::move(value));
    }
    covering_.Delete(Family::kOutbox, RowKey(row.number));
    names_.erase(row.name);
    rows_.pop_front();
  }
  while (history_bytes_ > limits::kHistoryBytes) ForgetOldest();
  batch->Append(covering_);
  return absl::OkStatus();
}

void Outbox::Covered() {
  MutexLock lock(&mutex_);
  covering_ = StoreBatch();
}

void Outbox::ForgetOldest() {
  covering_.Delete(Family::kHistory, BigEndian(history_.front().first));
  history_bytes_ -= history_.front().second;
  history_.pop_front();
}

absl::Status Outbox::ShedHistory() {
  if (store_ == nullptr) return absl::OkStatus();
  MutexLock lock(&mutex_);
  if (history_.empty()) return absl::OkStatus();
  TOCSIN_RETURN_IF_ERROR(store_->Drop(Family::kHistory));
  Log(LogLevel::kWarning, "the disk is nearly full: the history goes",
      {{"alerts", absl::StrFormat("%d", history_.size())}});
  shed_ += history_.size();
  while (!history_.empty()) ForgetOldest();
  return absl::OkStatus();
}

// A number that was delivered is never given again.
absl::Status Outbox::LoadHistory() {
  return store_->ForEach(
      Family::kHistory, "",
      [this](std::string_view key, std::string_view value)
          ABSL_NO_THREAD_SAFETY_ANALYSIS {
            std::uint64_t number = 0;
            if (!ReadBigEndian(key, &number)) {
              return absl::DataLossError("the history has a key that is none");
            }
            history_.emplace_back(number, value.size());
            history_bytes_ += value.size();
            next_number_ = std::max(next_number_, number + 1);
            return absl::OkStatus();
          });
}

bool Outbox::full() const {
  MutexLock lock(&mutex_);
  return waiting_bytes_ >= (store_ == nullptr ? limits::kOutboxMemoryBytes
                                              : limits::kOutboxBytes);
}

void Outbox::Wait(std::size_t sink, std::int64_t micros) {
  MutexLock lock(&mutex_);
  const bool waits = !rows_.empty() && rows_.back().number > delivered_[sink];
  if (!waits && !stopped_) changed_.WaitFor(&mutex_, micros);
}

absl::StatusOr<std::vector<OutboxAlert>> Outbox::Next(std::size_t sink,
                                                      std::size_t most) {
  std::vector<Row> found;
  {
    MutexLock lock(&mutex_);
    auto row = std::upper_bound(
        rows_.begin(), rows_.end(), delivered_[sink],
        [](std::uint64_t n, const Row& one) { return n < one.number; });
    for (; row != rows_.end() && found.size() < most; ++row) {
      found.push_back(*row);
    }
  }
  std::vector<OutboxAlert> next;
  for (const Row& row : found) {
    OutboxAlert& one = next.emplace_back();
    one.number = row.number;
    one.bytes = row.bytes;
    one.alert = row.alert;
    if (one.alert != nullptr) continue;
    TOCSIN_ASSIGN_OR_RETURN(const std::string value,
                            store_->Get(Family::kOutbox, RowKey(row.number)));
    std::string_view rest = value;
    std::uint64_t entry = 0;
    Alert alert;
    if (!TakeNumber(&rest, &entry) || !ReadBytes(rest, &alert)) {
      return Damaged(row.number);
    }
    one.alert = std::make_shared<const Alert>(std::move(alert));
  }
  return next;
}

absl::Status Outbox::Done(std::size_t sink, std::uint64_t number) {
  if (store_ != nullptr) {
    StoreBatch batch;
    batch.Put(Family::kOutbox, SinkKey(sinks_[sink]), BigEndian(number));
    TOCSIN_RETURN_IF_ERROR(store_->Write(batch, /*sync=*/false));
  }
  MutexLock lock(&mutex_);
  delivered_[sink] = std::max(delivered_[sink], number);
  LetGo();
  return absl::OkStatus();
}

bool Outbox::empty(std::size_t sink) const {
  MutexLock lock(&mutex_);
  return rows_.empty() || rows_.back().number <= delivered_[sink];
}

void Outbox::Stop() {
  MutexLock lock(&mutex_);
  stopped_ = true;
  changed_.NotifyAll();
}

OutboxCounts Outbox::counts() const {
  MutexLock lock(&mutex_);
  OutboxCounts counts;
  counts.bytes = waiting_bytes_;
  counts.repeated = repeated_;
  counts.shed = shed_;
  const auto waiting = [&](std::uint64_t delivered) {
    const auto first = std::upper_bound(
        rows_.begin(), rows_.end(), delivered,
        [](std::uint64_t n, const Row& one) { return n < one.number; });
    return static_cast<std::uint64_t>(rows_.end() - first);
  };
  counts.waiting = waiting(DeliveredToAll());
  for (const std::uint64_t delivered : delivered_) {
    counts.waiting_of.push_back(waiting(delivered));
  }
  return counts;
}

}  // namespace tocsin
