// The marks that become checkpoints, on their way through the stages, and what
// is logged and told between them.
#include <algorithm>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/pipeline/context.h"
#include "engine/pipeline/flow.h"

namespace tocsin {
namespace {

// Where making a checkpoint takes long, marks are further apart: it takes about
// this part of the time; but never more than so many intervals, which a restart
// has to read again. A backlog has them so far apart from the start: most of
// its state changes again before anybody needs it.
constexpr std::int64_t kCheckpointPart = 10;
constexpr std::int64_t kMostIntervals = 3;

std::size_t BytesOf(const std::vector<Alert>& alerts) {
  std::size_t bytes = 0;
  for (const Alert& alert : alerts) {
    bytes += sizeof(Alert) + alert.title.size() + alert.summary.size() +
             alert.events.size() * sizeof(AlertEvent);
  }
  return bytes;
}

}  // namespace

// ---- Read -------------------------------------------------------------------

bool Flow::MarkIsDue() {
  // The log is covered as a whole or not at all: what is in the middle of it
  // cannot be read by itself.
  if (options_.store == nullptr || reader_.replaying()) return false;
  MutexLock lock(&mutex_);
  if (mark_.under_way || !status_.ok()) return false;
  if (mark_.first || (mark_.last && read_all_)) return true;
  if (chunks_read_ - chunks_at_mark_ >= options_.checkpoint_chunks) return true;
  if (next_number_ == number_at_mark_) return false;
  const std::int64_t passed = options_.clock->SteadyMicros() - mark_us_;
  if (passed < options_.checkpoint_us) return false;
  if (passed >= kMostIntervals * options_.checkpoint_us) return true;
  for (std::size_t i = 0; i < reader_.sources(); ++i) {
    if (reader_.source(i).WantsCheckpoint()) return true;
  }
  return waited_since_mark_ && passed >= kCheckpointPart * mark_.took_us;
}

void Flow::TakeMark(Chunk* chunk, bool whole) {
  chunk->head = CheckpointHead();
  chunk->head.cut = next_number_;
  for (std::size_t i = 0; i < reader_.sources(); ++i) {
    std::string& position =
        chunk->head.positions[std::string(reader_.source(i).name())];
    PutBytes(reader_.source(i).position(), &position);
    PutBytes(reader_.Save(i), &position);
  }
  merge_writer_.Restart();
  chunks_at_mark_ = chunks_read_;
  number_at_mark_ = next_number_;
  mark_us_ = options_.clock->SteadyMicros();
  waited_since_mark_ = false;
  MutexLock lock(&mutex_);
  chunk->whole = whole || mark_.first_whole;
  mark_.under_way = true;
  mark_.holds = whole;
  mark_.cut = next_number_;
  mark_.begun_us = mark_us_;
  mark_.first = mark_.first_whole = false;
  if (read_all_) mark_.last = false;
}

// `logged`: it comes from the log.
void Flow::LogEntry(const ReadEntry& entry, bool logged, Chunk* chunk) {
  chunk->log.clear();
  chunk->lost = entry.lost;
  const bool is_entry = entry.entry != Entry::kNothing &&
                        entry.entry != Entry::kMark &&
                        entry.entry != Entry::kEnd;
  if (logged && is_entry) next_number_ = entry.number;
  // The last of the log may be what the sources do not have any more: its
  // numbers are taken all the same.
  if (logged && !is_entry && !reader_.replaying()) {
    next_number_ = entry.number + 1;
  }
  chunk->log_begins = !merge_writer_.introduced();
  chunk->number = next_number_;
  if (options_.store == nullptr) return;
  using Kind = MergeEntry::Kind;
  const auto timed = [&](Kind kind, std::int64_t us) {
    merge_writer_.Timed(kind, entry.source, us, &chunk->log);
  };
  switch (entry.entry) {
    case Entry::kChunk: {
      if (logged) break;
      const EventBatch& batch = chunk->batch;
      const std::string_view bytes(batch.bytes.data(), batch.input_size);
      std::string name;
      if (merge_writer_.IsNew(entry.source, entry.stream)) {
        name = reader_.source(entry.source).StreamName(entry.stream);
      }
      merge_writer_.Chunk(entry.source, entry.stream, name, bytes.size(),
                          batch.truncated_last, CheckOf(bytes), &chunk->log);
      break;
    }
    case Entry::kShown:
      timed(Kind::kShown, entry.wall_us);
      break;
    case Entry::kIdle:
      timed(Kind::kIdle, 0);
      break;
    case Entry::kTick:
      timed(Kind::kTick, entry.wall_us);
      break;
    case Entry::kLost:
      merge_writer_.Lost(entry.source, entry.lost, &chunk->log);
      break;
    case Entry::kNothing:
    case Entry::kMark:
    case Entry::kEnd:
      return;
  }
  if (logged) chunk->log.clear();
  ++next_number_;
}

// What a checkpoint covers, told to the sources on the thread that reads.
void Flow::TellCovered() {
  std::vector<SourcePosition> covered;
  {
    MutexLock lock(&mutex_);
    covered.swap(covered_);
  }
  for (std::size_t i = 0; i < covered.size(); ++i) {
    reader_.source(i).Covered(covered[i]);
  }
}

// ---- Clock, Shards, Finish --------------------------------------------------

void Flow::StampMark(Chunk* chunk) {
  chunk->head.sequence.clear();
  clock_stage_.Save(&chunk->head.sequence);
  SaveStarted(&chunk->head.sequence);
  for (std::size_t i = 0; i < reader_.sources(); ++i) {
    clock_stage_.SaveSource(
        i, &chunk->head.positions[std::string(reader_.source(i).name())]);
  }
}

void Flow::PassMark(Chunk* chunk) {
  SaveMarker marker;
  marker.number = checkpoints_->Begin(chunk->whole, &marker.whole);
  chunk->head.number = marker.number;
  const std::int64_t begun_us = options_.clock->SteadyMicros();
  shards_.BeginSave(marker);
  chunk->budget.clear();
  budget_.Save(&chunk->budget);
  save_.stall_us = options_.clock->SteadyMicros() - begun_us;
  save_.under_way = true;
}

void Flow::FinishMark(Chunk* chunk) {
  announcer_.Save(&chunk->head.sequence);
  chunk->head.sequence += chunk->budget;
  for (std::size_t i = 0; i < reader_.sources(); ++i) {
    PutNumber(lines_[i],
              &chunk->head.positions[std::string(reader_.source(i).name())]);
  }
  for (const RuleProgram& rule : rules_->rules) {
    chunk->head.rules.push_back(rule.uid);
  }
  std::sort(chunk->head.rules.begin(), chunk->head.rules.end());
  MutexLock lock(&mutex_);
  head_ = std::move(chunk->head);
}

// What is logged of a chunk stands before what it told.
void Flow::KeepTold(Cut* cut, std::vector<Alert> alerts) {
  const std::size_t bytes = BytesOf(alerts);
  MutexLock lock(&mutex_);
  Chunk* const chunk = cut->chunk;
  if (chunk != nullptr && cut->last && !chunk->log.empty()) {
    unlogged_.push_back(
        {chunk->number, chunk->log_begins, std::move(chunk->log)});
  }
  if (alerts.empty() || !status_.ok()) return;
  const std::uint64_t entry = chunk == nullptr ? 0 : chunk->number + 1;
  told_.push_back({entry, std::move(alerts), bytes});
  told_bytes_ += bytes;
}

void Flow::Save() {
  const std::int64_t begun_us = options_.clock->SteadyMicros();
  std::vector<std::pair<std::size_t, std::string>> pieces;
  const bool more =
      shards_.SaveSome(limits::kSavedAtOnce,
                       [&pieces](std::size_t group, std::string_view records) {
                         pieces.emplace_back(group, records);
                       });
  const std::int64_t stall_us = options_.clock->SteadyMicros() - begun_us;
  MutexLock lock(&mutex_);
  save_.stall_us = std::max(save_.stall_us, stall_us);
  for (auto& piece : pieces) {
    save_.bytes += piece.second.size();
    save_.pieces.push_back(std::move(piece));
  }
  save_.under_way = more;
  save_.runs = false;
}

}  // namespace tocsin
