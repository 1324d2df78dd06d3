// The graph of steps that a pipeline is:
//
//   read ──▶ match(chunk) ──▶ clock ──▶ shards(cut, part) ──▶ finish
//
// Reading, the clock and finishing run one at a time in the order of the
// sequence; matching of any chunk at any time; the parts of a cut at once, cuts
// one after the other. That is all the order there is, and all that results
// depend on.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "engine/pipeline/announcer.h"
#include "engine/pipeline/chunk.h"
#include "engine/pipeline/pipeline.h"
#include "engine/pipeline/reader.h"
#include "engine/pipeline/shard_set.h"
#include "engine/sequence/clock_stage.h"

namespace tocsin {

class Flow : public StepGraph {
 public:
  struct Callbacks {
    Pipeline::AlertCallback alerts;
    Pipeline::DeadLetterCallback dead_letter;
    std::function<void(const PipelineCounts&)> progress;
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

  std::optional<Step> Claim(const Choose& choose, Part part) override;
  void Run(Step step, int worker) override;
  void WaitForStep(Part part) override;
  bool Finished() override;

 private:
  enum class Stage : std::uint8_t { kFinish, kShards, kClock, kMatch, kRead };
  struct Context;

  // ---- which steps are ready (flow.cc) ----
  void Ready(Part part, std::vector<Step>* steps) TOCSIN_REQUIRES(mutex_);
  bool CanRead() const TOCSIN_REQUIRES(mutex_);
  bool CanClock() const TOCSIN_REQUIRES(mutex_);
  bool IsFinished() const TOCSIN_REQUIRES(mutex_);
  Cut* CutForShards() TOCSIN_REQUIRES(mutex_);

  // ---- the steps (flow_steps.cc, flow_finish.cc) ----
  void Read();
  absl::StatusOr<ReadEntry> ReadInto(Chunk* chunk);
  void Adopt(std::shared_ptr<const RuleSet> rules);
  void CountKeys() TOCSIN_REQUIRES(counts_mutex_);
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
  absl::Status Checkpoint(const Chunk& chunk);
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
  AlertReaders readers_;              // Changes with rules_.
  Announcer announcer_;               // Finish
  std::vector<std::uint64_t> lines_;  // By source, before this chunk.
  std::atomic<bool> stop_{false};

  // Of rules over alerts, and of texts whose event is gone; made when needed.
  Mutex alerts_mutex_;
  std::unique_ptr<AlertMatcher> alert_matcher_ TOCSIN_GUARDED_BY(alerts_mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
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
  bool checkpointing_ TOCSIN_GUARDED_BY(mutex_) = false;
  bool end_stamped_ TOCSIN_GUARDED_BY(mutex_) = false;

  mutable Mutex counts_mutex_;
  PipelineCounts counts_ TOCSIN_GUARDED_BY(counts_mutex_);
};

}  // namespace tocsin
