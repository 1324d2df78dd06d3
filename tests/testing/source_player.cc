#include "tests/testing/source_player.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/clock.h"
#include "gtest/gtest.h"

namespace tocsin::testing {
namespace {

constexpr int kWaitMs = 20;
constexpr std::size_t kReplayedAtOnce = 1'000;
constexpr std::int64_t kReplayMicros = 30'000'000;

}  // namespace

SourcePlayer::SourcePlayer(Open open, std::size_t chunk)
    : open_(std::move(open)), source_(open_()), buffer_(chunk) {}

void SourcePlayer::AddBytes(std::string_view bytes) {
  partial_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end; (end = partial_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    lines_.push_back(partial_.substr(begin, end - begin));
  }
  partial_.erase(0, begin);
}

void SourcePlayer::NoteStream(std::uint32_t id) {
  if (ids_.empty() || ids_.back() != id) ids_.push_back(id);
}

void SourcePlayer::Take(const ReadOutcome& outcome) {
  switch (outcome.kind) {
    case ReadKind::kData: {
      const std::string_view bytes(buffer_.data(), outcome.size);
      const std::string stream = source_->StreamName(outcome.stream);
      NoteStream(outcome.stream);
      if (log_.empty() || log_.back().stream != stream) {
        EXPECT_TRUE(partial_.empty() || stream == last_stream_)
            << "half a line between two streams";
        last_stream_ = stream;
        log_.push_back({stream, {}});
        log_streams_.push_back(stream);
      }
      log_.back().bytes += bytes;
      AddBytes(bytes);
      break;
    }
    case ReadKind::kFileEnd:
      if (!partial_.empty()) AddBytes("\n");
      break;
    case ReadKind::kLost:
      lost_.push_back(outcome.lost);
      break;
    default:
      break;
  }
}

bool SourcePlayer::Step() {
  absl::StatusOr<ReadOutcome> outcome =
      source_->Read(buffer_.data(), buffer_.size());
  if (!outcome.ok()) {
    status_ = outcome.status();
    return false;
  }
  Take(*outcome);
  if (outcome->kind == ReadKind::kNothing) source_->Wait(kWaitMs);
  const std::int64_t now = RealClock()->SteadyMicros();
  if (checkpoint_ms_ > 0 && now >= next_checkpoint_us_) {
    next_checkpoint_us_ = now + std::int64_t{checkpoint_ms_} * 1'000;
    Checkpoint();
  }
  return true;
}

bool SourcePlayer::Until(const std::function<bool()>& enough, double seconds) {
  const std::int64_t end =
      RealClock()->SteadyMicros() + static_cast<std::int64_t>(seconds * 1e6);
  while (!enough()) {
    if (RealClock()->SteadyMicros() > end || !Step()) return false;
  }
  return true;
}

bool SourcePlayer::UntilLines(std::size_t count, double seconds) {
  return Until([&] { return lines_.size() >= count; }, seconds);
}

void SourcePlayer::Checkpoint() {
  saved_ = source_->position();
  saved_streams_.clear();
  for (std::size_t i = ids_.size() - std::min<std::size_t>(ids_.size(), 2);
       i < ids_.size(); ++i) {
    saved_streams_[ids_[i]] = source_->StreamName(ids_[i]);
  }
  saved_lines_ = lines_.size();
  saved_partial_ = partial_;
  log_.clear();
  source_->Covered(saved_);
}

void SourcePlayer::Resume() {
  status_ = source_->Resume(saved_);
  for (const auto& [id, name] : saved_streams_) {
    EXPECT_EQ(source_->StreamName(id), name) << "stream " << id;
  }
}

void SourcePlayer::Crash() {
  source_.reset();
  ids_.clear();
  for (const auto& [id, name] : saved_streams_) ids_.push_back(id);
  lines_.resize(saved_lines_);
  partial_ = saved_partial_;
}

bool SourcePlayer::ReplayStretch(const Stretch& stretch) {
  status_ = absl::OkStatus();
  std::string again;
  const std::int64_t end = RealClock()->SteadyMicros() + kReplayMicros;
  while (status_.ok() && again.size() < stretch.bytes.size()) {
    // As the engine asks: for what is missing, before each read.
    const std::size_t missing = stretch.bytes.size() - again.size();
    status_ = source_->Replay({stretch.stream, missing});
    if (!status_.ok()) break;
    absl::StatusOr<ReadOutcome> outcome =
        source_->Read(buffer_.data(), std::min(missing, kReplayedAtOnce));
    if (!outcome.ok()) {
      status_ = outcome.status();
    } else if (outcome->kind == ReadKind::kData) {
      again.append(buffer_.data(), outcome->size);
      NoteStream(outcome->stream);
      EXPECT_EQ(source_->StreamName(outcome->stream), stretch.stream);
    } else {
      source_->Wait(kWaitMs);
    }
    if (RealClock()->SteadyMicros() > end) {
      status_ = absl::DeadlineExceededError("the replay does not go on");
    }
  }
  if (!status_.ok()) return false;
  EXPECT_TRUE(again == stretch.bytes) << stretch.stream << ": other bytes";
  const absl::StatusOr<ReadOutcome> more =
      source_->Read(buffer_.data(), buffer_.size());
  EXPECT_TRUE(more.ok() && more->kind == ReadKind::kNothing)
      << "more than the stretch";
  AddBytes(again);
  return true;
}

bool SourcePlayer::Recover() {
  source_ = open_();
  if (!saved_.empty()) {
    Resume();
    if (!status_.ok()) return false;
  }
  const std::vector<Stretch> log = log_;
  for (const Stretch& stretch : log) {
    if (!ReplayStretch(stretch)) return false;
  }
  source_->ReplayEnd();
  return true;
}

void SourcePlayer::Restart() {
  log_.clear();
  EXPECT_TRUE(Recover()) << status_;
}

std::map<int, int> SourcePlayer::Numbers() const {
  std::map<int, int> numbers;
  for (const std::string& line : lines_) {
    if (line.starts_with("{\"n\":")) ++numbers[std::atoi(line.c_str() + 5)];
  }
  return numbers;
}

std::string SourcePlayer::LogText() const {
  std::string text;
  for (const Stretch& stretch : log_) {
    text += stretch.stream + " " + std::to_string(stretch.bytes.size()) + "\n";
  }
  return text;
}

}  // namespace tocsin::testing
