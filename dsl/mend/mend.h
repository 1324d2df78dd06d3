// Applies the mends that diagnostics propose, as many as make the rules better.
//
// In rounds: all mends that do not touch each other at once, then what is found
// in the result. A mend stays only when its diagnostic is gone and nothing is
// worse: when all together are not, each half is tried, down to single ones.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dsl/diag/diagnostic.h"
#include "dsl/source/source_file.h"

namespace tocsin::dsl {

struct AppliedMend {
  Span span;    // In the texts of its round.
  Place place;  // Of the diagnostic, in the texts of its round.
  Kind kind;
  std::string message;
  std::string before, after;  // The replaced text, and what stands for it.
};

struct Mended {
  SourceSet sources;     // As they were, with the mends.
  DiagnosticSink found;  // What is left in them.
  std::vector<AppliedMend> applied;
  bool bounded = false;  // There was more to do than is done in one go.
};

// What is wrong with these texts: the same for the same texts.
using Examine = std::function<DiagnosticSink(const SourceSet& sources)>;

Mended Mend(const SourceSet& sources, const Examine& examine);

}  // namespace tocsin::dsl
