// The commits before which nothing leaves, and those that make a checkpoint
// valid.
#include <algorithm>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/crash_point.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/pipeline/context.h"
#include "engine/pipeline/flow.h"

namespace tocsin {
namespace {

constexpr std::int64_t kNoRoomWaitMicros = 200'000;
// So many pauses pass between commits where the input is behind.
constexpr std::int64_t kPausesBehind = 10;

}  // namespace

// A store without room is tried again; anything else ends it all.
bool Flow::Failed(const absl::Status& status) {
  if (status.ok()) return false;
  if (!absl::IsResourceExhausted(status) || stop_) {
    Fail(status);
    return true;
  }
  if (options_.outbox != nullptr) {
    const absl::Status shed = options_.outbox->ShedHistory();
    if (!shed.ok()) Fail(shed);
  }
  {
    MutexLock lock(&counts_mutex_);
    ++counts_.durable.no_room;
  }
  MutexLock lock(&mutex_);
  Sleep(Part::kWriting, kNoRoomWaitMicros);
  return true;
}

Writing Flow::MakeWriting() {
  Writing writing;
  std::vector<Logged> logged;
  {
    MutexLock lock(&mutex_);
    while (CanLeave()) {
      told_bytes_ -= told_.front().bytes;
      writing.told.push_back(std::move(told_.front()));
      told_.pop_front();
    }
    logged.assign(std::make_move_iterator(unlogged_.begin()),
                  std::make_move_iterator(unlogged_.end()));
    unlogged_.clear();
  }
  // A stretch ends where a checkpoint may cut the log.
  for (std::size_t i = 0; i < logged.size();) {
    Stretch stretch{logged[i].number, logged[i].number};
    std::string bytes = std::move(logged[i].bytes);
    for (++i; i < logged.size() && !logged[i].begins; ++i) {
      stretch.last = logged[i].number;
      bytes += logged[i].bytes;
    }
    writing.stretches.push_back(stretch);
    writing.batch.Put(Family::kMerge, MergeKey(stretch.first),
                      std::move(bytes));
  }
  if (options_.outbox != nullptr) {
    for (Told& told : writing.told) {
      writing.prepared.push_back(options_.outbox->Prepare(
          told.entry, std::move(told.alerts), &writing.batch));
    }
  }
  return writing;
}

// Reading waits for the rest: what is told is told of old events.
bool Flow::Behind() const {
  return free_chunks_.size() * 2 <= chunks_.size() &&
         told_bytes_ * 2 < limits::kUncommittedBytes;
}

// One commit follows another only so soon: what is told meanwhile shares its
// sync. The first after a while does not wait.
bool Flow::CommitIsDue() const {
  if (stop_) return true;
  const std::int64_t pause = options_.commit_pause_us;
  const std::int64_t passed = options_.clock->SteadyMicros() - commit_us_;
  return passed >= pause * (Behind() ? kPausesBehind : 1);
}

void Flow::Gather() {
  MutexLock lock(&mutex_);
  while (!CommitIsDue()) {
    Sleep(Part::kWriting, options_.commit_pause_us);
  }
}

// The one synced write before alerts leave.
bool Flow::CommitTold() {
  if (!writing_.has_value()) {
    commit_us_ = options_.clock->SteadyMicros();
    writing_ = MakeWriting();
  }
  {
    MutexLock lock(&mutex_);
    writing_waits_ = true;
  }
  CrashPoint("commit.begin");
  if (options_.store != nullptr && !writing_->batch.empty()) {
    if (Failed(options_.store->Write(writing_->batch, /*sync=*/true))) {
      return false;
    }
    MutexLock lock(&counts_mutex_);
    ++counts_.durable.commits;
  }
  CrashPoint("commit.synced");
  stretches_.insert(stretches_.end(), writing_->stretches.begin(),
                    writing_->stretches.end());
  for (Outbox::Prepared& prepared : writing_->prepared) {
    options_.outbox->Publish(std::move(prepared));
  }
  CrashPoint("commit.published");
  absl::Status status;
  if (options_.outbox == nullptr) {
    for (const Told& told : writing_->told) {
      if (status.ok()) status = callbacks_.alerts(told.alerts);
    }
  }
  writing_.reset();
  {
    MutexLock lock(&mutex_);
    writing_waits_ = false;
  }
  if (!status.ok()) Fail(status);
  return status.ok();
}

bool Flow::WriteAhead() {
  std::vector<std::pair<std::size_t, std::string>> pieces;
  bool all = false;
  {
    MutexLock lock(&mutex_);
    pieces.swap(save_.pieces);
    save_.bytes = 0;
    all = !save_.under_way;
  }
  for (const auto& [group, records] : pieces) {
    checkpoints_->Add(group, records);
  }
  if (all) checkpoints_->EndAdding();
  const absl::StatusOr<bool> written = checkpoints_->WriteSome();
  CrashPoint("checkpoint.ahead");
  {
    MutexLock lock(&mutex_);
    ahead_waits_ = !written.ok() || !*written;
  }
  return !Failed(written.status());
}

bool Flow::CommitCheckpoint() {
  CheckpointHead head;
  {
    MutexLock lock(&mutex_);
    head = *head_;
  }
  StoreBatch batch;
  std::size_t gone = 0;
  while (gone < stretches_.size() && stretches_[gone].last < head.cut) {
    batch.Delete(Family::kMerge, MergeKey(stretches_[gone++].first));
  }
  if (options_.outbox != nullptr &&
      Failed(options_.outbox->Cover(head.cut, &batch))) {
    return false;
  }
  CrashPoint("checkpoint.begin");
  if (Failed(checkpoints_->Commit(head, std::move(batch)))) return false;
  CrashPoint("checkpoint.valid");
  if (options_.outbox != nullptr) options_.outbox->Covered();
  stretches_.erase(stretches_.begin(), stretches_.begin() + gone);
  const std::int64_t now = options_.clock->SteadyMicros();
  MutexLock lock(&mutex_);
  while (!unlogged_.empty() && unlogged_.front().number < head.cut) {
    unlogged_.pop_front();
  }
  covered_.clear();
  for (std::size_t i = 0; i < reader_.sources(); ++i) {
    std::string_view rest =
        head.positions[std::string(reader_.source(i).name())];
    std::string_view position;
    TakeBytes(&rest, &position);
    covered_.emplace_back(position);
  }
  head_.reset();
  mark_.under_way = mark_.holds = false;
  MutexLock counts(&counts_mutex_);
  ++counts_.durable.checkpoints;
  counts_.durable.checkpoint_bytes = checkpoints_->bytes();
  counts_.durable.checkpoint_us = mark_.took_us = now - mark_.begun_us;
  counts_.durable.checkpoint_stall_us = save_.stall_us;
  counts_.durable.checkpoint_at_us = options_.clock->WallMicros();
  return true;
}

void Flow::EndCheckpoint() {
  bool all_ahead = WriteAhead();
  {
    MutexLock lock(&mutex_);
    all_ahead = all_ahead && !ahead_waits_;
  }
  if (all_ahead) CommitCheckpoint();
}

// In the pause between commits of what was told a checkpoint goes on. It is
// made valid when nothing waits that was told before its mark.
void Flow::Commit() {
  bool failed = false, told = false, due = false, ahead = false, valid = false;
  {
    MutexLock lock(&mutex_);
    failed = !status_.ok();
    told = CanCommitTold();
    due = told && (writing_waits_ || CommitIsDue());
    ahead = !save_.pieces.empty() || ahead_waits_;
    valid = head_.has_value() && !save_.under_way && !writing_waits_ &&
            (told_.empty() || told_.front().entry > mark_.cut);
  }
  if (failed) {
    // Nothing more leaves; what is left of it is for the next start.
    MutexLock lock(&mutex_);
    told_.clear();
    mark_.under_way = mark_.last = writing_waits_ = false;
  } else if (due) {
    CommitTold();
  } else if (ahead) {
    WriteAhead();
  } else if (valid) {
    EndCheckpoint();
  } else if (told) {
    Gather();
    CommitTold();
  }
  MutexLock lock(&mutex_);
  committing_ = false;
}

}  // namespace tocsin
