// A finished source over bytes in memory: whole files, one after the other,
// handed out in reads of any size.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/ports/source.h"
#include "tests/testing/random.h"

namespace tocsin::testing {

class MemorySource : public Source {
 public:
  // `split_seed` 0: as much as fits each time; else reads of random sizes,
  // often of a few bytes.
  explicit MemorySource(std::vector<std::string> files,
                        std::uint64_t split_seed = 0)
      : files_(std::move(files)),
        split_(split_seed != 0),
        random_(split_seed) {}

  std::string_view name() const override { return "memory"; }

  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    if (file_ == files_.size()) return ReadOutcome{ReadKind::kEnd, 0};
    const std::string& bytes = files_[file_];
    if (at_ == bytes.size()) {
      ++file_;
      at_ = 0;
      return ReadOutcome{ReadKind::kFileEnd, 0};
    }
    std::size_t size = std::min(capacity, bytes.size() - at_);
    if (split_) {
      const std::size_t limit = random_.Chance(50) ? 16 : 4096;
      size = std::min<std::size_t>(size, 1 + random_.Below(limit));
    }
    std::memcpy(into, bytes.data() + at_, size);
    at_ += size;
    return ReadOutcome{ReadKind::kData, size};
  }

  void Wait(int) override {}

  SourcePosition position() const override {
    return std::to_string(file_) + ":" + std::to_string(at_);
  }

  absl::Status Resume(const SourcePosition& position) override {
    const std::size_t colon = position.find(':');
    file_ = std::stoul(position.substr(0, colon));
    at_ = std::stoul(position.substr(colon + 1));
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> files_;
  std::size_t file_ = 0, at_ = 0;
  bool split_;
  Random random_;
};

}  // namespace tocsin::testing
