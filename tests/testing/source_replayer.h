// Plays the engine for a source: reads, logs which stream gave which bytes,
// takes checkpoints, dies, starts again and asks for the logged bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/ports/source.h"
#include "gtest/gtest.h"

namespace tocsin::testing {

class SourceReplayer {
 public:
  using OpenSource = std::function<std::unique_ptr<Source>()>;
  explicit SourceReplayer(OpenSource open) : open_(std::move(open)) {
    source_ = open_();
  }

  // One Read(). False when there was nothing.
  bool Step(std::size_t capacity) {
    std::string piece(capacity, '\0');
    const auto outcome = source_->Read(piece.data(), piece.size());
    if (!outcome.ok()) {
      ADD_FAILURE() << outcome.status();
      return false;
    }
    switch (outcome->kind) {
      case ReadKind::kData:
        Note(outcome->stream, piece.substr(0, outcome->size));
        return true;
      case ReadKind::kFileEnd:
        Note(outcome->stream, kEnd);
        return true;
      case ReadKind::kLost:
        lost_.push_back(outcome->lost);
        return true;
      default:
        return false;
    }
  }
  void ReadAll(std::size_t capacity) {
    while (Step(capacity)) {
    }
  }

  // What was read is durable, and is not asked for again.
  void Checkpoint() {
    position_ = source_->position();
    for (const Stretch& stretch : log_) {
      before_ += stretch.bytes;
      before_stream_ = stretch.stream;
    }
    log_.clear();
    source_->Covered(position_);
  }
  // The process dies; of the log since the checkpoint the last `forgotten`
  // stretches had not become durable.
  void Crash(std::size_t forgotten) {
    source_.reset();
    for (; forgotten > 0 && !log_.empty(); --forgotten) log_.pop_back();
    const std::string& last = log_.empty() ? before_ : log_.back().bytes;
    last_byte_ = last.empty() ? '\n' : last.back();
    last_stream_ = log_.empty() ? before_stream_ : log_.back().stream;
  }
  // Everything of the log is asked for again; what of it is not to be had is
  // counted in missing().
  void Start() {
    source_ = open_();
    ASSERT_TRUE(source_->Resume(position_).ok());
    std::string expected, given;
    for (const Stretch& stretch : log_) {
      std::size_t left = stretch.bytes.size();
      for (const char c : stretch.bytes) left -= c == kEnd[0];
      expected += stretch.bytes;
      const SourceReplay replay{stretch.name, left};
      if (left > 0 && !source_->Replay(replay).ok()) {
        missing_ += left;
        given += stretch.bytes;
      } else {
        Again(left, &given);
      }
    }
    // An end may also be told when it is met again.
    while (expected.ends_with(kEnd) && !given.ends_with(kEnd)) {
      expected.pop_back();
    }
    while (given.ends_with(kEnd) && !expected.ends_with(kEnd)) given.pop_back();
    EXPECT_EQ(given, expected);
    source_->ReplayEnd();
  }

  // All bytes, in order; "\n" where a file ended in the middle of a line.
  std::string Text() const {
    std::string all = before_;
    for (const Stretch& stretch : log_) all += stretch.bytes;
    for (char& c : all) {
      if (c == kEnd[0]) c = '\n';
    }
    return all;
  }
  // Of what a crash can no longer take.
  std::size_t durable_bytes() const { return before_.size(); }
  const std::vector<std::string>& lost() const { return lost_; }
  std::uint64_t missing() const { return missing_; }
  Source* source() { return source_.get(); }
  const std::string& saved_position() const { return position_; }

 private:
  static constexpr const char* kEnd = "\x01";  // Of a half line.
  struct Stretch {
    std::uint32_t stream = 0;
    std::string name;
    std::string bytes;
  };

  void Note(std::uint32_t stream, const std::string& bytes) {
    const bool another = log_.empty() || log_.back().stream != stream;
    if (another && stream != last_stream_ && last_byte_ != '\n' &&
        last_byte_ != kEnd[0] && bytes != kEnd) {
      ADD_FAILURE() << "half a line of stream " << last_stream_;
    }
    // Stretches of one stream are also logged apart.
    if (another || log_.back().bytes.size() > 100'000) {
      log_.push_back({stream, source_->StreamName(stream), ""});
    }
    log_.back().bytes += bytes;
    last_stream_ = stream;
    last_byte_ = bytes.back();
  }

  void Again(std::size_t left, std::string* given) {
    std::string piece(4096, '\0');
    for (int idle = 0; idle < 10;) {
      const auto outcome = source_->Read(piece.data(), piece.size());
      if (!outcome.ok()) {
        ADD_FAILURE() << outcome.status();
        return;
      }
      if (outcome->kind == ReadKind::kData) {
        ASSERT_LE(outcome->size, left);
        left -= outcome->size;
        given->append(piece, 0, outcome->size);
      } else if (outcome->kind == ReadKind::kFileEnd) {
        *given += kEnd;
      } else {
        if (left == 0) return;
        ++idle;
      }
    }
    ADD_FAILURE() << left << " logged bytes did not come again";
  }

  OpenSource open_;
  std::unique_ptr<Source> source_;
  std::string position_;
  std::string before_;  // Given before the last checkpoint.
  std::vector<Stretch> log_;
  std::vector<std::string> lost_;
  std::uint64_t missing_ = 0;
  std::uint32_t before_stream_ = 0;
  std::uint32_t last_stream_ = 0;
  char last_byte_ = '\n';
};

}  // namespace tocsin::testing
