// Which steps are ready, and the door of the graph. The steps themselves are in
// flow_steps.cc and flow_finish.cc.
#include "engine/pipeline/flow.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/pipeline/context.h"

namespace tocsin {
namespace {

std::vector<std::string> NamesOf(const std::vector<Source*>& sources) {
  std::vector<std::string> names;
  for (const Source* source : sources) names.emplace_back(source->name());
  return names;
}

PipelineOptions WithClock(PipelineOptions options) {
  if (options.clock == nullptr) options.clock = RealClock();
  return options;
}

constexpr std::int64_t kLookAgainMicros = 100'000;

// A step in 64 bits: its stage, and the part or the chunk's number.
Step StepOf(std::uint8_t stage, std::size_t number) {
  return static_cast<Step>(stage) << 56 | number;
}

}  // namespace

Flow::Flow(const PipelineOptions& options, int workers,
           std::shared_ptr<const RuleSet> rules, std::vector<Source*> sources,
           Callbacks callbacks)
    : options_(WithClock(options)),
      callbacks_(std::move(callbacks)),
      lanes_count_(options.merge ? sources.size() : 1),
      reader_({options_.live, options_.idle_us, options_.clock}, sources),
      clock_stage_(options.lateness_us, options.max_skew_us, NamesOf(sources)),
      budget_(options.state_bytes, options.budget_events),
      lines_(sources.size(), 0),
      merge_writer_(NamesOf(sources)),
      lanes_(lanes_count_),
      lane_ended_(lanes_count_, 0),
      shown_(sources.size()) {
  TOCSIN_CHECK(!(options.merge && (options.live || options.store != nullptr)));
  // Where reading has a thread of its own it is some chunks ahead.
  const bool ahead = workers > 1 || (options.live && durable());
  const std::size_t chunks =
      (ahead ? 4 * workers + 4 : 1) + (options.merge ? sources.size() : 0);
  for (std::size_t i = 0; i < chunks; ++i) {
    chunks_.push_back(std::make_unique<Chunk>());
    cuts_.push_back(std::make_unique<Cut>());
    free_chunks_.push_back(chunks_.back().get());
    free_cuts_.push_back(cuts_.back().get());
  }
  for (int i = 0; i < workers; ++i) {
    contexts_.push_back(std::make_unique<Context>());
  }
  for (std::size_t i = 0; i < options_.lateness_of.size(); ++i) {
    clock_stage_.clock().SetLateness(i, options_.lateness_of[i]);
  }
  if (!options_.live && !options_.merge) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      clock_stage_.clock().SetWaiting(i);
    }
  }
  Adopt(std::move(rules));
  MutexLock lock(&counts_mutex_);
  counts_.durable.replaying = options_.store != nullptr;  // Until Restore().
}

Flow::~Flow() = default;

void Flow::Publish(std::shared_ptr<const RuleSet> rules) {
  TOCSIN_CHECK(!options_.merge);
  MutexLock lock(&mutex_);
  published_ = std::move(rules);
  Wake(Part::kAll);
}

PipelineCounts Flow::Counts() const {
  MutexLock lock(&counts_mutex_);
  return counts_;
}

absl::Status Flow::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

void Flow::Fail(const absl::Status& status) {
  stop_ = true;
  {
    MutexLock lock(&mutex_);
    if (!status_.ok()) return;
    status_ = status;
  }
  if (callbacks_.failure != nullptr) callbacks_.failure(status);
}

// A new rule set waits until nothing that began under the old one is under way;
// so does the last mark.
bool Flow::CanRead() const {
  if (reading_ || free_chunks_.empty()) return false;
  if (read_all_) return mark_.last && !mark_.under_way;
  if (published_ != nullptr && status_.ok() &&
      (mark_.under_way || free_chunks_.size() < chunks_.size()) &&
      !replaying_) {
    return false;
  }
  if (!options_.merge) return true;
  // A chunk is spared for every source that has none.
  bool all_ended = true;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lane_ended_[i]) continue;
    all_ended = false;
    if (lanes_[i].empty() || free_chunks_.size() > lanes_.size()) return true;
  }
  return all_ended;
}

bool Flow::CanClock() const {
  if (clocking_ || free_cuts_.empty()) return false;
  bool any = false;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].empty()) {
      if (options_.merge && !lane_ended_[i]) return false;
      continue;
    }
    if (!lanes_[i].front()->ready) return false;
    any = true;
  }
  return any || (options_.merge && read_all_ && !end_stamped_);
}

// What was told waits while there is too much of it.
bool Flow::CanFinish() const {
  if (finishing_ || sequence_.empty() ||
      sequence_.front()->state != Cut::State::kApplied) {
    return false;
  }
  if (!durable() || !status_.ok()) return true;
  return told_bytes_ < limits::kUncommittedBytes &&
         (options_.outbox == nullptr || !options_.outbox->full());
}

// Between two cuts, by turns with them.
bool Flow::CanSave() const {
  if (!save_.under_way || save_.runs ||
      save_.bytes >= limits::kStateWriteBytes * 8) {
    return false;
  }
  for (const Cut* cut : sequence_) {
    if (cut->state == Cut::State::kApplied) continue;
    return cut->state == Cut::State::kStamped && save_.turn;
  }
  return true;
}

bool Flow::CanLeave() const {
  return !told_.empty() && !(mark_.holds && told_.front().entry > mark_.cut);
}

bool Flow::CanCommitTold() const {
  return writing_waits_ || CanLeave() ||
         unlogged_.size() >= limits::kMergeLogged;
}

bool Flow::CanCommit() const {
  if (committing_ || !durable()) return false;
  if (!status_.ok()) {
    return !told_.empty() || mark_.under_way || mark_.last || writing_waits_;
  }
  return CanCommitTold() || !save_.pieces.empty() || ahead_waits_ ||
         (head_.has_value() && !save_.under_way);
}

bool Flow::IsFinished() const {
  if (durable() && (!told_.empty() || mark_.under_way || mark_.last ||
                    committing_ || writing_waits_)) {
    return false;
  }
  return read_all_ && !reading_ && sequence_.empty() && !clocking_ &&
         free_chunks_.size() == chunks_.size() &&
         (!options_.merge || end_stamped_);
}

// The first cut that the shards have not applied; splits it when it is new.
Cut* Flow::CutForShards() {
  if (save_.runs) return nullptr;
  for (Cut* cut : sequence_) {
    if (cut->state == Cut::State::kApplied) continue;
    if (cut->state == Cut::State::kRising) return nullptr;
    if (cut->state == Cut::State::kStamped) {
      if (cut->arms) {
        shards_.Arm(*rules_, options_.key_seed, cut->arm_us);
        budget_.Adopt(*rules_, shards_.Bytes(rules_->rules.size()));
      }
      if (cut->chunk != nullptr && cut->chunk->entry == Entry::kMark) {
        PassMark(cut->chunk);
      }
      cut->stratum = 0;
      Split(cut);
    }
    return cut;
  }
  return nullptr;
}

void Flow::Split(Cut* cut) {
  if (cut->stratum == 0) budget_.Begin(&cut->slice);
  shards_.Split(cut->slice, cut->stratum, rules_->rules.size(),
                options_.rows_per_step, &cut->work[cut->stratum]);
  cut->parts_taken = cut->parts_done = 0;
  cut->state = Cut::State::kSplit;
}

Flow::Part Flow::PartOf(Stage stage) {
  switch (stage) {
    case Stage::kCommit:
      return Part::kWriting;
    case Stage::kRead:
      return Part::kReading;
    case Stage::kFinish:
    case Stage::kSave:
    case Stage::kShards:
    case Stage::kClock:
    case Stage::kMatch:
      return Part::kRest;
  }
  return Part::kRest;
}

void Flow::Ready(Part part, Steps* steps) {
  const auto add = [&](Stage stage, std::size_t number) {
    steps->push_back(StepOf(static_cast<std::uint8_t>(stage), number));
  };
  if ((part == Part::kWriting || part == Part::kAll) && CanCommit()) {
    add(Stage::kCommit, 0);
  }
  if (part == Part::kRest || part == Part::kAll) {
    if (CanFinish()) add(Stage::kFinish, 0);
    if (CanSave()) {
      add(Stage::kSave, 0);
    } else if (const Cut* cut = CutForShards(); cut != nullptr) {
      if (cut->parts_taken < cut->work[cut->stratum].parts.size()) {
        add(Stage::kShards, cut->parts_taken);
      }
    }
    if (CanClock()) add(Stage::kClock, 0);
    for (std::size_t i = 0; i < unmatched_.size(); ++i) add(Stage::kMatch, i);
  }
  if ((part == Part::kReading || part == Part::kAll) && CanRead()) {
    add(Stage::kRead, 0);
  }
}

std::optional<Step> Flow::Claim(const Choose& choose, Part part) {
  MutexLock lock(&mutex_);
  Steps steps;
  Ready(part, &steps);
  if (steps.empty()) return std::nullopt;
  Step step = steps[choose(steps.size())];
  const std::size_t number = step & 0xFFFFFFFF;
  switch (static_cast<Stage>(step >> 56)) {
    case Stage::kCommit:
      committing_ = true;
      break;
    case Stage::kFinish:
      finishing_ = true;
      break;
    case Stage::kSave:
      save_.runs = true;
      save_.turn = false;
      break;
    case Stage::kShards:
      save_.turn = true;
      ++CutForShards()->parts_taken;
      break;
    case Stage::kClock:
      clocking_ = true;
      break;
    case Stage::kMatch: {
      Chunk* const chunk = unmatched_[number];
      unmatched_.erase(unmatched_.begin() + number);
      std::size_t index = 0;
      while (chunks_[index].get() != chunk) ++index;
      step = StepOf(static_cast<std::uint8_t>(Stage::kMatch), index);
      break;
    }
    case Stage::kRead:
      reading_ = true;
      // Taken with the step: what is published from now on waits until again
      // nothing is under way.
      if (status_.ok() && !replaying_)
        adopting_ = std::exchange(published_, nullptr);
      break;
  }
  return step;
}

void Flow::Run(Step step, int worker) {
  const std::size_t number = step & 0xFFFFFFFF;
  switch (static_cast<Stage>(step >> 56)) {
    case Stage::kCommit:
      Commit();
      break;
    case Stage::kFinish:
      Finish();
      break;
    case Stage::kSave:
      Save();
      break;
    case Stage::kShards:
      ApplyPart(number);
      break;
    case Stage::kClock:
      Clock();
      break;
    case Stage::kMatch:
      Match(chunks_[number].get(), worker);
      break;
    case Stage::kRead:
      Read();
      break;
  }
  MutexLock lock(&mutex_);
  Wake(PartOf(static_cast<Stage>(step >> 56)));
}

// For all steps that are ready but one of `busy`, which the caller takes
// itself. Who reads and had to stop goes on once half of the chunks are free: a
// thread that is woken for each of them costs more than it reads.
void Flow::Wake(Part busy) {
  const bool finished = IsFinished();
  for (std::size_t i = 0; i < sleepers_.size(); ++i) {
    if (!sleepers_[i].any()) continue;
    if (finished) {
      sleepers_[i].WakeAll();
      continue;
    }
    const Part part = static_cast<Part>(i);
    if (part == Part::kReading && !options_.merge &&
        free_chunks_.size() * 2 < chunks_.size()) {
      continue;
    }
    Steps steps;
    Ready(part, &steps);
    const std::size_t taken = part == busy ? 1 : 0;
    sleepers_[i].Wake(steps.size() - std::min(steps.size(), taken));
  }
}

void Flow::Sleep(Part part, std::int64_t micros) {
  sleepers_[static_cast<std::size_t>(part)].Sleep(&mutex_, micros);
}

void Flow::WaitForStep(Part part) {
  MutexLock lock(&mutex_);
  while (!IsFinished()) {
    Steps steps;
    Ready(part, &steps);
    if (!steps.empty()) return;
    // What waits for a sink or for room on a disk is told by nobody.
    Sleep(part, kLookAgainMicros);
  }
  Wake(part);
}

bool Flow::Finished() {
  MutexLock lock(&mutex_);
  return IsFinished();
}

}  // namespace tocsin
