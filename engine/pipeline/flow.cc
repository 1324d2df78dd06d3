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
      lines_(sources.size(), 0),
      lanes_(lanes_count_),
      lane_ended_(lanes_count_, 0),
      shown_(sources.size()) {
  TOCSIN_CHECK(!(options.merge && (options.live || options.store != nullptr)));
  const std::size_t chunks = (workers == 1 ? 1 : 2 * workers + 2) +
                             (options.merge ? sources.size() : 0);
  for (std::size_t i = 0; i < chunks; ++i) {
    chunks_.push_back(std::make_unique<Chunk>());
    cuts_.push_back(std::make_unique<Cut>());
    free_chunks_.push_back(chunks_.back().get());
    free_cuts_.push_back(cuts_.back().get());
  }
  for (int i = 0; i < workers; ++i) {
    contexts_.push_back(std::make_unique<Context>());
  }
  if (!options_.live && !options_.merge) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      clock_stage_.clock().SetWaiting(i);
    }
  }
  Adopt(std::move(rules));
}

Flow::~Flow() = default;

void Flow::Publish(std::shared_ptr<const RuleSet> rules) {
  TOCSIN_CHECK(!options_.merge);
  MutexLock lock(&mutex_);
  published_ = std::move(rules);
  changed_.NotifyAll();
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
  MutexLock lock(&mutex_);
  if (status_.ok()) status_ = status;
  stop_ = true;
}

// A new rule set waits until nothing that began under the old one is under way.
bool Flow::CanRead() const {
  if (reading_ || read_all_ || free_chunks_.empty()) return false;
  if (published_ != nullptr && free_chunks_.size() < chunks_.size()) {
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
  if (clocking_ || checkpointing_ || free_cuts_.empty()) return false;
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

bool Flow::IsFinished() const {
  return read_all_ && !reading_ && sequence_.empty() && !clocking_ &&
         free_chunks_.size() == chunks_.size() &&
         (!options_.merge || end_stamped_);
}

// The first cut that the shards have not applied; splits it when it is new.
Cut* Flow::CutForShards() {
  for (Cut* cut : sequence_) {
    if (cut->state == Cut::State::kApplied) continue;
    if (cut->state == Cut::State::kRising) return nullptr;
    if (cut->state == Cut::State::kStamped) {
      if (cut->arms) shards_.Arm(*rules_, options_.key_seed, cut->arm_us);
      cut->stratum = 0;
      Split(cut);
    }
    return cut;
  }
  return nullptr;
}

void Flow::Split(Cut* cut) {
  shards_.Split(cut->slice.clock_us, cut->stratum, rules_->rules.size(),
                options_.rows_per_step, &cut->work[cut->stratum]);
  cut->parts_taken = cut->parts_done = 0;
  cut->state = Cut::State::kSplit;
}

void Flow::Ready(Part part, std::vector<Step>* steps) {
  const auto add = [&](Stage stage, std::size_t number) {
    steps->push_back(StepOf(static_cast<std::uint8_t>(stage), number));
  };
  if (part != Part::kReading) {
    if (!finishing_ && !sequence_.empty() &&
        sequence_.front()->state == Cut::State::kApplied) {
      add(Stage::kFinish, 0);
    }
    if (const Cut* cut = CutForShards(); cut != nullptr) {
      if (cut->parts_taken < cut->work[cut->stratum].parts.size()) {
        add(Stage::kShards, cut->parts_taken);
      }
    }
    if (CanClock()) add(Stage::kClock, 0);
    for (std::size_t i = 0; i < unmatched_.size(); ++i) add(Stage::kMatch, i);
  }
  if (part != Part::kRest && CanRead()) add(Stage::kRead, 0);
}

std::optional<Step> Flow::Claim(const Choose& choose, Part part) {
  MutexLock lock(&mutex_);
  std::vector<Step> steps;
  Ready(part, &steps);
  if (steps.empty()) return std::nullopt;
  Step step = steps[choose(steps.size())];
  const std::size_t number = step & 0xFFFFFFFF;
  switch (static_cast<Stage>(step >> 56)) {
    case Stage::kFinish:
      finishing_ = true;
      break;
    case Stage::kShards:
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
      adopting_ = std::exchange(published_, nullptr);
      break;
  }
  return step;
}

void Flow::Run(Step step, int worker) {
  const std::size_t number = step & 0xFFFFFFFF;
  switch (static_cast<Stage>(step >> 56)) {
    case Stage::kFinish:
      Finish();
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
  changed_.NotifyAll();
}

void Flow::WaitForStep(Part part) {
  MutexLock lock(&mutex_);
  std::vector<Step> steps;
  while (!IsFinished()) {
    Ready(part, &steps);
    if (!steps.empty()) return;
    changed_.Wait(&mutex_);
  }
  changed_.NotifyAll();
}

bool Flow::Finished() {
  MutexLock lock(&mutex_);
  return IsFinished();
}

}  // namespace tocsin
