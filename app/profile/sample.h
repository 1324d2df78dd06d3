// A part of the input in memory, and what it takes to push it through the
// steps of the engine. Confined to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/event/extract.h"
#include "engine/pipeline/pipeline.h"
#include "engine/program/rule_set.h"

namespace tocsin {

class Sample {
 public:
  // Whole lines from the front of each file, about `bytes` in all.
  static absl::StatusOr<Sample> Read(const std::vector<std::string>& files,
                                     std::uint64_t bytes);

  const std::vector<std::string>& chunks() const { return chunks_; }

  struct Cost {
    double extract_ns = 0, match_ns = 0;  // Of the whole sample.
  };
  // The least of several runs: what the machine did beside is not the rules'.
  Cost Alone(const RuleSet& rules) const;

  struct Run {
    double ns = 0;
    std::uint64_t state_bytes = 0;
  };
  // The whole pipeline on one thread, and what it has to keep at the end.
  absl::StatusOr<Run> ThroughPipeline(std::shared_ptr<const RuleSet> rules,
                                      const PipelineOptions& options) const;

 private:
  std::vector<std::string> chunks_;
};

// A chunk as a batch of `rules`.
void ExtractChunk(const std::string& chunk, const RuleSet& rules,
                  SymbolTables* symbols, Extractor* extractor,
                  EventBatch* batch);

}  // namespace tocsin
