// Rule text and lines through the whole engine, or through the reference
// evaluator, with the alerts of both in one comparable form.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/pipeline/pipeline.h"
#include "engine/program/rule_set.h"
#include "tests/property/reference_evaluate.h"

namespace tocsin::testing {

struct EngineRun {
  absl::Status status;
  std::vector<Alert> alerts;    // In the order in which they left.
  std::vector<Alert> internal;  // Rule tocsin.*
  PipelineCounts counts;
};

// `files`: whole inputs, one after the other. `split_seed` 0: large reads.
EngineRun RunEngine(std::shared_ptr<const RuleSet> rules,
                    std::vector<std::string> files,
                    const PipelineOptions& options,
                    std::uint64_t split_seed = 0);

// One alert as one line of JSON, without its id: what both must agree on.
std::string Comparable(const Alert& alert);

// Every difference between an engine's run and the reference's, readable;
// empty when they agree as language.md demands ("What order can change"):
// everything, but where a key has met disorder the evidence may be what bounded
// retention keeps, and where it has met late events only what a late event
// cannot change is compared. Ties at the begin of a run of different values,
// values held beyond `up to N`, and the `count` of a distinct that is joined
// with another are compared as far as bounded state can know them.
std::string Differences(const EngineRun& engine,
                        const reference::Result& reference,
                        const dsl::CheckedRules& rules);

// Lines joined to one file.
std::string Join(const std::vector<std::string>& lines);

}  // namespace tocsin::testing
