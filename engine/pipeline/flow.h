// The graph of steps that a pipeline is:
//
//   read ──▶ match(chunk) ──▶ clock ──▶ shards(cut, part) ──▶ finish ──▶ commit
//                                          save ──────────────────────────▶
//
// Where something is to survive, what finishing gives is made durable by
// commits before it leaves, and a mark in the sequence is a checkpoint: the
// shards are saved in slices between cuts, written ahead by commits, and made
// valid by the last of them.
//
// Reading, the clock and finishing run one at a time in the order of the
// sequence; matching of any chunk at any time; the parts of a cut at once, cuts
// one after the other. That is all the order there is, and all that results
// depend on.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "engine/durable/checkpoints.h"
#include "engine/durable/merge_log.h"
#include "engine/pipeline/announcer.h"
#include "engine/pipeline/chunk.h"
#include "engine/pipeline/mark.h"
#include "engine/pipeline/pipeline.h"
#include "engine/pipeline/reader.h"
#include "engine/pipeline/shard_set.h"
#include "engine/pipeline/sleepers.h"
#include "engine/pipeline/told.h"
#include "engine/sequence/clock_stage.h"

namespace tocsin {

class Flow : public StepGraph {
 public:
  struct Callbacks {
    Pipeline::AlertCallback alerts;
    Pipeline::DeadLetterCallback dead_letter;
    std::function<void(const PipelineCounts&)> progress;
    std::function<void(const absl::Status&)> failure;
  };

  // `workers`: how many of them the executor has.
  Flow(const PipelineOptions& options, int workers,
       std::shared_ptr<const RuleSet> rules, std::vector<Source*> sources,
       Callbacks callbacks);
  ~Flow() override;

  // Takes up the store's checkpoint, when there is one.
  absl::Status Restore();
  void Stop() { stop_ = true; }
  void Publish(std::shared_ptr<const RuleSet> rules);
  PipelineCounts Counts() const;
  // After the executor has run: how it ended.
  absl::Status status() const;
  // On the thread that reads, or after the executor has run.
  void TellCovered();

  std::optional<Step> Claim(const Choose& choose, Part part) override;
  void Run(Step step, int worker) override;
  void WaitForStep(Part part) override;
  bool Finished() override;

 private:
  enum class Stage : std::uint8_t {
    kCommit,
    kFinish,
    kSave,
    kShards,
    kClock,
    kMatch,
    kRead,
  };
  struct Context;
  using Steps = absl::InlinedVector<Step, 16>;
  // ---- which steps are ready (flow.cc) ----
  static Part PartOf(Stage stage);
  void Ready(Part part, Steps* steps) TOCSIN_REQUIRES(mutex_);
  void Wake(Part busy) TOCSIN_REQUIRES(mutex_);
  // Until woken for something of the part, or so long.
  void Sleep(Part part, std::int64_t micros) TOCSIN_REQUIRES(mutex_);
  bool CanRead() const TOCSIN_REQUIRES(mutex_);
  bool CanClock() const TOCSIN_REQUIRES(mutex_);
  // The first of what was told is not held by a mark before it.
  bool CanLeave() const TOCSIN_REQUIRES(mutex_);
  bool CanCommitTold() const TOCSIN_REQUIRES(mutex_);
  bool CanCommit() const TOCSIN_REQUIRES(mutex_);
  bool CanFinish() const TOCSIN_REQUIRES(mutex_);
  bool CanSave() const TOCSIN_REQUIRES(mutex_);
  bool IsFinished() const TOCSIN_REQUIRES(mutex_);
  Cut* CutForShards() TOCSIN_REQUIRES(mutex_);

  bool durable() const {
    return options_.store != nullptr || options_.outbox != nullptr;
  }

  // ---- what survives (flow_marks.cc, flow_commit.cc, flow_restore.cc) ----
  bool MarkIsDue();
  void TakeMark(Chunk* chunk, bool whole);
  void LogEntry(const ReadEntry& entry, bool logged, Chunk* chunk);
  void StampMark(Chunk* chunk);
  void PassMark(Chunk* chunk) TOCSIN_REQUIRES(mutex_);
  void FinishMark(Chunk* chunk);
  void KeepTold(Cut* cut, std::vector<Alert> alerts);
  void Save();
  void Commit();
  bool Behind() const TOCSIN_REQUIRES(mutex_);
  bool CommitIsDue() const TOCSIN_REQUIRES(mutex_);
  void Gather();
  bool CommitTold();
  bool WriteAhead();
  bool CommitCheckpoint();
  void EndCheckpoint();
  Writing MakeWriting();
  bool Failed(const absl::Status& status);
  absl::Status RestoreSource(std::size_t source, std::string_view bytes);
  absl::Status RestoreHead(const CheckpointHead& head);

  // ---- the steps (flow_steps.cc, flow_finish.cc) ----
  void Read();
  absl::StatusOr<ReadEntry> ReadInto(Chunk* chunk);
  void Adopt(std::shared_ptr<const RuleSet> rules);
  void CountState() TOCSIN_REQUIRES(counts_mutex_);
  void Match(Chunk* chunk, int worker);
  void Clock();
  Chunk* PickMerged(std::size_t* rows_end);
  static std::int64_t HeadTime(const Chunk& chunk);
  void StampRows(Chunk* chunk, std::size_t rows_end, Cut* cut);
  void StampEntry(Chunk* chunk, Cut* cut);
  void EndStamp(const MatchResult* matched, Cut* cut);
  void AdoptStarted(const RuleSet& rules);
  void StampStarted(Cut* cut);
  void ApplyPart(std::size_t part);
  void CountBudget(Cut* cut);
  void Rise(Cut* cut);
  void TellReaders(std::uint32_t stratum, Cut* cut);
  void TakeRows(std::uint32_t stratum, Cut* cut);
  void PlaceAlerts(std::uint32_t stratum, Cut* cut);
  void Split(Cut* cut) TOCSIN_REQUIRES(mutex_);
  void Finish();
  std::vector<Alert> Tell(Cut* cut);
  std::vector<Alert> Render(std::vector<Detection> detections,
                            EventBatch* batch, Matcher* matcher,
                            std::vector<Alert> internal,
                            const std::vector<std::size_t>& places) const;
  AlertMatcher* MadeAlertMatcher() TOCSIN_REQUIRES(alerts_mutex_);
  void SaveStarted(std::string* out) const;
  bool LoadStarted(std::string_view* rest);
  void Announce(Cut* cut, std::vector<std::size_t>* places,
                std::vector<Alert>* alerts);
  void Count(Cut* cut);
  void GiveDeadLetters(const Chunk& chunk);
  void Fail(const absl::Status& status);

  // ---- constant after construction ----
  const PipelineOptions options_;
  const Callbacks callbacks_;
  const std::size_t
      lanes_count_;  // Of chunks: one, or one a source when merging.
  std::vector<std::unique_ptr<Context>> contexts_;

  // ---- confined to the stage that runs them, one at a time ----
  Reader reader_;  // Read
  std::int64_t last_progress_us_ = 0;
  std::uint64_t chunks_read_ = 0;
  std::shared_ptr<const RuleSet> rules_;  // Changes when nothing is under way.
  std::uint64_t adopted_ = 0;             // How many there have been.
  ClockStage clock_stage_;                // Clock
  std::int64_t clock_before_us_ = INT64_MIN;
  // By rule, as Slice::started_us; replaced when a rule starts.
  std::shared_ptr<const std::vector<std::int64_t>> started_;
  bool all_started_ = true, armed_ = true;
  ShardSet shards_;                   // Shards
  StateBudget budget_;                // Shards, serial
  AlertReaders readers_;              // Changes with rules_.
  Announcer announcer_;               // Finish
  std::vector<std::uint64_t> lines_;  // By source, before this chunk.
  std::atomic<bool> stop_{false};

  // Read
  MergeWriter merge_writer_;
  std::uint64_t next_number_ = 0;  // Of entries of the log.
  std::uint64_t chunks_at_mark_ = 0;
  std::uint64_t number_at_mark_ = 0;
  std::int64_t mark_us_ = 0;
  bool waited_since_mark_ = false;  // No backlog: there was nothing to read.
  std::optional<Checkpoints> checkpoints_;  // Commit; Begin() in Shards.
  std::optional<Writing> writing_;          // Commit
  std::int64_t commit_us_ = 0;              // Commit: when it last began.
  std::deque<Stretch> stretches_;           // Commit

  // Of rules over alerts, and of texts whose event is gone; made when needed.
  Mutex alerts_mutex_;
  std::unique_ptr<AlertMatcher> alert_matcher_ TOCSIN_GUARDED_BY(alerts_mutex_);

  mutable Mutex mutex_;
  std::array<Sleepers, 4> sleepers_ TOCSIN_GUARDED_BY(mutex_);  // By Part.
  absl::Status status_ TOCSIN_GUARDED_BY(mutex_);
  std::shared_ptr<const RuleSet> published_ TOCSIN_GUARDED_BY(mutex_);
  // What the read step that was claimed shall adopt.
  std::shared_ptr<const RuleSet> adopting_ TOCSIN_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Chunk>>
      chunks_;  // Owns; used as their stage says.
  std::vector<std::unique_ptr<Cut>> cuts_;
  std::vector<Chunk*> free_chunks_ TOCSIN_GUARDED_BY(mutex_);
  std::vector<Cut*> free_cuts_ TOCSIN_GUARDED_BY(mutex_);
  std::deque<Chunk*> unmatched_ TOCSIN_GUARDED_BY(mutex_);
  std::vector<std::deque<Chunk*>> lanes_ TOCSIN_GUARDED_BY(mutex_);
  std::vector<char> lane_ended_ TOCSIN_GUARDED_BY(mutex_);
  std::deque<Cut*> sequence_
      TOCSIN_GUARDED_BY(mutex_);  // Stamped, not finished.
  std::vector<Reader::Shown> shown_ TOCSIN_GUARDED_BY(mutex_);
  bool reading_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool read_all_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool clocking_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool finishing_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool end_stamped_ TOCSIN_GUARDED_BY(mutex_) = false;

  std::deque<Told> told_ TOCSIN_GUARDED_BY(mutex_);
  std::size_t told_bytes_ TOCSIN_GUARDED_BY(mutex_) = 0;
  std::deque<Logged> unlogged_ TOCSIN_GUARDED_BY(mutex_);
  bool committing_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool writing_waits_ TOCSIN_GUARDED_BY(mutex_) = false;  // writing_ is set.
  bool ahead_waits_ TOCSIN_GUARDED_BY(mutex_) = false;    // To be written.
  Mark mark_ TOCSIN_GUARDED_BY(mutex_);
  SaveState save_ TOCSIN_GUARDED_BY(mutex_);
  std::optional<CheckpointHead> head_ TOCSIN_GUARDED_BY(mutex_);
  bool replaying_ TOCSIN_GUARDED_BY(mutex_) = false;
  std::vector<SourcePosition> covered_ TOCSIN_GUARDED_BY(mutex_);

  mutable Mutex counts_mutex_;
  PipelineCounts counts_ TOCSIN_GUARDED_BY(counts_mutex_);
};

}  // namespace tocsin
