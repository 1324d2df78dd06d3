#include "app/profile/sample.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "connectors/stdio/fd_reader.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/match/match.h"
#include "engine/ports/source.h"
#include "engine/state/state_store.h"

namespace tocsin {
namespace {

// The least of some runs: at least as many, and more while they are short.
constexpr int kLeastRuns = 3;
constexpr int kMostRuns = 20;
constexpr double kLongEnough = 150e6;  // Nanoseconds of all runs.

double Since(std::int64_t start_us) {
  return 1e3 * static_cast<double>(RealClock()->SteadyMicros() - start_us);
}

// The chunks as one finished source.
class SampleSource : public Source {
 public:
  explicit SampleSource(const std::vector<std::string>& chunks)
      : chunks_(chunks) {}
  std::string_view name() const override { return "sample"; }
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override {
    if (chunk_ == chunks_.size()) return ReadOutcome{ReadKind::kEnd, 0, 0};
    const std::string& bytes = chunks_[chunk_];
    const std::size_t size = std::min(capacity, bytes.size() - at_);
    std::memcpy(into, bytes.data() + at_, size);
    at_ += size;
    if (at_ == bytes.size()) {
      ++chunk_;
      at_ = 0;
    }
    return ReadOutcome{ReadKind::kData, size, 0};
  }
  void Wait(int timeout_ms) override { static_cast<void>(timeout_ms); }
  SourcePosition position() const override { return {}; }
  absl::Status Resume(const SourcePosition& position) override {
    static_cast<void>(position);
    return absl::OkStatus();
  }

 private:
  const std::vector<std::string>& chunks_;
  std::size_t chunk_ = 0, at_ = 0;
};

}  // namespace

absl::StatusOr<Sample> Sample::Read(const std::vector<std::string>& files,
                                    std::uint64_t bytes) {
  Sample sample;
  std::uint64_t left = bytes;
  for (const std::string& file : files) {
    std::unique_ptr<FdReader> reader;
    TOCSIN_ASSIGN_OR_RETURN(reader, FdReader::Open(file));
    std::string rest;
    while (left > 0) {
      std::string chunk = std::exchange(rest, {});
      const std::size_t have = chunk.size();
      chunk.resize(have + limits::kChunkBytes);
      TOCSIN_ASSIGN_OR_RETURN(
          const std::size_t got,
          reader->Read(chunk.data() + have, limits::kChunkBytes));
      chunk.resize(have + got);
      const std::size_t feed = chunk.rfind('\n');
      if (got > 0 && feed == std::string::npos) {
        rest = std::move(chunk);  // A line longer than a chunk.
        if (rest.size() > limits::kLineBytes) break;
        continue;
      }
      if (got > 0) {
        rest = chunk.substr(feed + 1);
        chunk.resize(feed + 1);
      } else if (!chunk.empty()) {
        chunk += '\n';
      }
      left -= std::min<std::uint64_t>(left, chunk.size());
      if (!chunk.empty()) sample.chunks_.push_back(std::move(chunk));
      if (got == 0) break;
    }
  }
  return sample;
}

void ExtractChunk(const std::string& chunk, const RuleSet& rules,
                  SymbolTables* symbols, Extractor* extractor,
                  EventBatch* batch) {
  batch->Clear();
  batch->Reserve(chunk.size());
  std::memcpy(batch->bytes.data(), chunk.data(), chunk.size());
  batch->input_size = chunk.size();
  extractor->Extract(rules.projection, symbols, batch);
}

Sample::Cost Sample::Alone(const RuleSet& rules) const {
  Cost best;
  SymbolTables symbols(rules.projection);
  Matcher matcher(&rules, &symbols, kReplayKeySeed);
  const std::unique_ptr<Extractor> extractor = MakeSimdjsonExtractor();
  EventBatch batch;
  MatchResult result;
  double all = 0;
  for (int run = 0; run < kLeastRuns || (run < kMostRuns && all < kLongEnough);
       ++run) {
    Cost cost;
    for (const std::string& chunk : chunks_) {
      const std::int64_t start = RealClock()->SteadyMicros();
      ExtractChunk(chunk, rules, &symbols, extractor.get(), &batch);
      const double extracted = Since(start);
      matcher.Match(&batch, &result);
      cost.extract_ns += extracted;
      cost.match_ns += Since(start) - extracted;
    }
    if (run == 0 ||
        cost.extract_ns + cost.match_ns < best.extract_ns + best.match_ns) {
      best = cost;
    }
  }
  return best;
}

absl::StatusOr<Sample::Run> Sample::ThroughPipeline(
    std::shared_ptr<const RuleSet> rules,
    const PipelineOptions& options) const {
  Run best;
  PipelineOptions once = options;
  once.workers = 1;
  once.key_seed = kReplayKeySeed;
  const auto through = [&](double* ns) {
    SampleSource source(chunks_);
    Pipeline pipeline(once, rules, {&source},
                      [](std::span<const Alert>) { return absl::OkStatus(); });
    const std::int64_t start = RealClock()->SteadyMicros();
    const absl::Status status = pipeline.Run();
    *ns = Since(start);
    return status;
  };
  double all = 0;
  for (int run = 0; run < kLeastRuns || (run < kMostRuns && all < kLongEnough);
       ++run) {
    double ns = 0;
    TOCSIN_RETURN_IF_ERROR(through(&ns));
    all += ns;
    best.ns = run == 0 ? ns : std::min(best.ns, ns);
  }
  // Once more for the state, which is written at the end.
  MemoryStateStore store;
  once.store = &store;
  once.checkpoint_chunks = UINT64_MAX;
  double untimed = 0;
  TOCSIN_RETURN_IF_ERROR(through(&untimed));
  TOCSIN_RETURN_IF_ERROR(store.ForEach(
      Family::kState, "", [&](std::string_view key, std::string_view value) {
        static_cast<void>(key);
        best.state_bytes += value.size();
        return absl::OkStatus();
      }));
  return best;
}

}  // namespace tocsin
