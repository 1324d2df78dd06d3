#include "connectors/kafka/kafka_source.h"

#include <utility>

#include "connectors/kafka/kafka_state.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin {

absl::StatusOr<std::unique_ptr<KafkaSource>> KafkaSource::Open(
    const KafkaOptions& options) {
  auto state = std::make_unique<State>(options);
  {
    MutexLock lock(&state->partitions.mutex);
    state->partitions.owner = NewKafkaOwner();
  }
  auto group = KafkaGroup::Open(options, &state->partitions);
  if (!group.ok()) {
    return Annotate(group.status(), "source " + options.name);
  }
  state->group = *std::move(group);
  return std::unique_ptr<KafkaSource>(new KafkaSource(std::move(state)));
}

KafkaSource::KafkaSource(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

KafkaSource::~KafkaSource() = default;

std::string_view KafkaSource::name() const { return state_->options.name; }

// ---- replay, then live
// -------------------------------------------------------

absl::Status KafkaSource::Resume(const SourcePosition& position) {
  TOCSIN_ASSIGN_OR_RETURN(KafkaPosition parsed, ParseKafkaPosition(position));
  MutexLock lock(&state_->partitions.mutex);
  state_->partitions.Resume(std::move(parsed));
  return absl::OkStatus();
}

absl::Status KafkaSource::Replay(const SourceReplay& replay) {
  if (state_->replay == nullptr) {
    TOCSIN_ASSIGN_OR_RETURN(
        state_->replay, KafkaReplay::Open(state_->options, &state_->partitions,
                                          &state_->giver));
  }
  state_->mode = State::Mode::kReplay;
  return state_->replay->Begin(replay);
}

void KafkaSource::ReplayEnd() { state_->mode = State::Mode::kLive; }

// The group is joined; but a line that a crash cut in two is completed first,
// for its partition may be somebody else's now.
absl::Status KafkaSource::State::GoLive() {
  if (!giver.HasRest()) {
    bool half = false;
    {
      MutexLock lock(&partitions.mutex);
      for (const auto& [key, one] : partitions.all) {
        half = half || one.given > 0;
      }
    }
    if (half && replay == nullptr) {
      TOCSIN_ASSIGN_OR_RETURN(replay,
                              KafkaReplay::Open(options, &partitions, &giver));
    }
    if (half) {
      TOCSIN_RETURN_IF_ERROR(replay->BeginLine().status());
      mode = Mode::kLine;
      return absl::OkStatus();
    }
  }
  replay.reset();
  return group->Join();
}

absl::StatusOr<ReadOutcome> KafkaSource::State::ReadLine(char* into,
                                                         std::size_t capacity) {
  absl::StatusOr<ReadOutcome> outcome = replay->Read(into, capacity);
  if (outcome.ok()) {
    if (outcome->kind == ReadKind::kData) mode = Mode::kLive;
    return outcome;
  }
  if (!absl::IsNotFound(outcome.status())) return outcome;
  // Half a line is all there will ever be.
  MutexLock lock(&partitions.mutex);
  for (auto& [key, one] : partitions.all) {
    if (one.given == 0) continue;
    partitions.TellLost(one, one.next + 1, Message(outcome.status()));
    partitions.BeginStretch(&one, one.next);
  }
  mode = Mode::kLive;
  return ReadOutcome{ReadKind::kFileEnd, 0};
}

absl::StatusOr<ReadOutcome> KafkaSource::Read(char* into,
                                              std::size_t capacity) {
  State* const state = state_.get();
  if (state->mode == State::Mode::kReplay) {
    return state->replay->Read(into, capacity);
  }
  if (state->mode == State::Mode::kLive && !state->group->joined()) {
    TOCSIN_RETURN_IF_ERROR(state->GoLive());
  }
  if (state->mode == State::Mode::kLine) {
    return state->ReadLine(into, capacity);
  }
  return state->ReadLive(into, capacity);
}

void KafkaSource::Wait(int timeout_ms) {
  if (state_->replay != nullptr && state_->mode != State::Mode::kLive) {
    state_->replay->Wait(timeout_ms);
    return;
  }
  if (state_->pending != nullptr || state_->giver.HasRest()) return;
  {
    MutexLock lock(&state_->partitions.mutex);
    if (!state_->partitions.lost.empty()) return;
  }
  state_->pending = state_->group->Take(timeout_ms);
}

// ---- where it stands
// ---------------------------------------------------------

SourcePosition KafkaSource::position() const {
  MutexLock lock(&state_->partitions.mutex);
  return PrintKafkaPosition(state_->partitions.Position());
}

std::string KafkaSource::StreamName(std::uint32_t stream) const {
  MutexLock lock(&state_->partitions.mutex);
  const auto& names = state_->partitions.streams;
  const auto found = names.find(stream);
  return found == names.end() ? std::string() : found->second;
}

void KafkaSource::Covered(const SourcePosition& position) {
  const absl::StatusOr<KafkaPosition> parsed = ParseKafkaPosition(position);
  if (parsed.ok()) state_->group->Covered(*parsed);
}

}  // namespace tocsin
