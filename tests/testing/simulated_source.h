// A source of several streams whose choice of what comes next follows from a
// seed: lines of one stream or another, nothing, or the death of the process.
// What it gave is written down in the order in which it was given, less what a
// restart took back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/ports/source.h"
#include "tests/testing/random.h"

namespace tocsin::testing {

// What all sources of a run share: outlives the processes that die.
struct SimulatedWorld {
  struct Given {
    std::string source;
    std::uint32_t stream = 0;
    std::uint64_t end = 0;  // Offset behind the line.
    std::string line;
  };
  std::vector<Given> given;
  std::size_t lines = 0;  // Of all streams of all sources.
  Random random{1};
  int reads_left = -1;  // Until the process dies; -1: never.
  int quiet_reads = 0;  // Since everything was given.
  // Lines that a source gives in one go: what ends a chunk.
  std::size_t most_at_once = 48;
};

class SimulatedSource : public Source {
 public:
  SimulatedSource(std::string name, std::vector<std::string> streams,
                  SimulatedWorld* world)
      : name_(std::move(name)),
        streams_(std::move(streams)),
        offsets_(streams_.size(), 0),
        world_(world) {}

  std::string_view name() const override { return name_; }
  void Wait(int) override {}

  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    if (world_->reads_left == 0) return absl::AbortedError("the process died");
    if (world_->reads_left > 0) --world_->reads_left;
    if (replay_ == kAny) {
      // What is still between reading and its place in the sequence takes it
      // first: when a source ends is part of the merge, too.
      if (world_->given.size() == world_->lines) {
        if (++world_->quiet_reads > 20) return ReadOutcome{};
        return ReadOutcome{ReadKind::kNothing};
      }
      if (at_once_ + kMostOfRead > world_->most_at_once ||
          world_->random.Chance(40)) {
        at_once_ = 0;
        return ReadOutcome{ReadKind::kNothing};
      }
    }
    const std::size_t stream =
        replay_ == kAny ? world_->random.Below(streams_.size()) : replay_;
    std::size_t most = capacity;
    if (replay_ != kAny) most = std::min<std::size_t>(most, bytes_);
    std::size_t size = 0;
    for (std::size_t lines = 1 + world_->random.Below(kMostOfRead); lines > 0;
         --lines) {
      const std::string& text = streams_[stream];
      const std::uint64_t from = offsets_[stream];
      const std::size_t feed = text.find('\n', from);
      if (feed == std::string::npos || size + feed + 1 - from > most) break;
      const std::string line = text.substr(from, feed + 1 - from);
      std::memcpy(into + size, line.data(), line.size());
      size += line.size();
      offsets_[stream] += line.size();
      ++at_once_;
      world_->given.push_back(
          {name_, static_cast<std::uint32_t>(stream), offsets_[stream], line});
    }
    if (replay_ != kAny) bytes_ -= size;
    if (size == 0) return ReadOutcome{ReadKind::kNothing};
    ReadOutcome outcome{ReadKind::kData, size};
    outcome.stream = static_cast<std::uint32_t>(stream);
    return outcome;
  }

  SourcePosition position() const override {
    std::string position;
    for (const std::uint64_t offset : offsets_) {
      absl::StrAppend(&position, offset, " ");
    }
    return position;
  }
  // What lies behind the position has not been given.
  absl::Status Resume(const SourcePosition& position) override {
    const std::vector<std::string> numbers =
        absl::StrSplit(position, ' ', absl::SkipEmpty());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      offsets_[i] = std::stoull(numbers[i]);
    }
    Forget();
    return absl::OkStatus();
  }
  absl::Status Start() override {
    Forget();
    return absl::OkStatus();
  }
  std::string StreamName(std::uint32_t stream) const override {
    return absl::StrCat("stream ", stream);
  }
  absl::Status Replay(const SourceReplay& replay) override {
    const std::string name(replay.stream);
    replay_ = std::stoul(name.substr(name.find(' ')));
    bytes_ = replay.bytes;
    return absl::OkStatus();
  }
  void ReplayEnd() override { replay_ = kAny; }

 private:
  static constexpr std::size_t kAny = static_cast<std::size_t>(-1);
  static constexpr std::size_t kMostOfRead = 4;  // Lines.

  void Forget() {
    std::erase_if(world_->given, [this](const SimulatedWorld::Given& one) {
      return one.source == name_ && one.end > offsets_[one.stream];
    });
  }

  std::string name_;
  std::vector<std::string> streams_;
  std::vector<std::uint64_t> offsets_;
  SimulatedWorld* world_;
  std::size_t replay_ = kAny;
  std::uint64_t bytes_ = 0;
  std::size_t at_once_ = 0;
};

// Gives what was written down, in that order, all of one stream: of several
// such sources each waits for its turn.
class RecordedSource : public Source {
 public:
  RecordedSource(std::string name,
                 const std::vector<SimulatedWorld::Given>* given,
                 std::size_t* next)
      : name_(std::move(name)), given_(given), next_(next) {}
  std::string_view name() const override { return name_; }
  void Wait(int) override {}
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t) override {
    if (*next_ == given_->size()) return ReadOutcome{};
    const SimulatedWorld::Given& one = (*given_)[*next_];
    if (one.source != name_ || ++at_once_ > kMostAtOnce) {
      at_once_ = 0;
      return ReadOutcome{ReadKind::kNothing};
    }
    ++*next_;
    std::memcpy(into, one.line.data(), one.line.size());
    return ReadOutcome{ReadKind::kData, one.line.size()};
  }
  SourcePosition position() const override { return {}; }
  absl::Status Resume(const SourcePosition&) override {
    return absl::OkStatus();
  }

 private:
  static constexpr std::size_t kMostAtOnce = 8;  // Lines.

  std::string name_;
  const std::vector<SimulatedWorld::Given>* given_;
  std::size_t* next_;
  std::size_t at_once_ = 0;
};

}  // namespace tocsin::testing
