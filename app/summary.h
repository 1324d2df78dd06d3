// What a replay saw and found, in a few lines for its reader.
#pragma once

#include <string>

#include "engine/pipeline/pipeline.h"
#include "engine/program/rule_set.h"

namespace tocsin {

struct SummaryOptions {
  std::string input;  // "audit.log", "3 files"
  double seconds = 0;
  bool colour = false;
  bool dead_letter = false;  // Dropped lines were kept.
};

std::string FormatSummary(const PipelineCounts& counts, const RuleSet& rules,
                          const SummaryOptions& options);

}  // namespace tocsin
