// A followed pattern on a clock that stands still: names are looked at again
// at every call of Look().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/file/tail_source.h"
#include "gtest/gtest.h"

namespace tocsin::testing {

class Tail {
 public:
  explicit Tail(std::string pattern, TailStart start = TailStart::kBeginning) {
    options_.name = "tail";
    options_.pattern = std::move(pattern);
    options_.start = start;
    options_.inotify = false;
    options_.clock = &clock_;
    Open();
  }
  TailOptions& options() { return options_; }
  void Open() { source_ = std::make_unique<TailSource>(options_); }

  // What there is to read now; `|` where a file ended. What is lost goes to
  // lost().
  std::string Look(std::size_t step = 64) {
    clock_.Advance(600'000);
    std::string all;
    std::string piece(step, '\0');
    for (;;) {
      const auto outcome = source_->Read(piece.data(), piece.size());
      if (!outcome.ok()) return all + "!";
      if (outcome->kind == ReadKind::kNothing) return all;
      if (outcome->kind == ReadKind::kFileEnd) all += "|";
      if (outcome->kind == ReadKind::kLost) lost_.push_back(outcome->lost);
      if (outcome->kind == ReadKind::kData) streams_.push_back(outcome->stream);
      all.append(piece, 0, outcome->size);
    }
  }
  // Long enough for a rotated file to be done.
  std::string LookLater() {
    clock_.Advance(10'000'000);
    return Look();
  }
  // Dies, and goes on from `position`.
  void Restart(const std::string& position) {
    Open();
    ASSERT_TRUE(source_->Resume(position).ok());
  }
  void Restart() { Restart(source_->position()); }

  TailSource& source() { return *source_; }
  ManualClock& clock() { return clock_; }
  const std::vector<std::string>& lost() const { return lost_; }
  // Of each read that gave data.
  const std::vector<std::uint32_t>& streams() const { return streams_; }

 private:
  ManualClock clock_;
  TailOptions options_;
  std::unique_ptr<TailSource> source_;
  std::vector<std::string> lost_;
  std::vector<std::uint32_t> streams_;
};

}  // namespace tocsin::testing
