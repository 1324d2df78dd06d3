// Exact cases by hand: rule text and a few events in, alerts as short lines
// out, from the engine and from the reference evaluator alike.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/pipeline.h"

namespace tocsin::testing {

// TOCSIN_ONLY=reference: the reference evaluator is heard alone.
bool OnlyReference();

// The schema that exact cases read, and `use`d by their rules:
//   at (its time), id (its identity), k s t string?, n m int?, p int? in 0.., f
//   float?, b bool?, a ip?, l list of string?, ns list of int?, o object?, x
//   any?
std::string CaseSchema();

// One event's line `seconds` behind 2026-01-01; `members` is more JSON:
// R"("k":"a")". Ids count up per call of Lines().
struct CaseEvent {
  double seconds = 0;
  std::string members;
};
std::vector<std::string> Lines(const std::vector<CaseEvent>& events);

// What both say: alerts in order, each as
//   "5 [0,5] n2 f0 t1 k=a"  time, first, last, count, folded, total, key;
//   "resolved 7 k=a"        of an edge.
// The rule's name stands before it when more than one tells.
// `rules` is put behind CaseSchema(). A difference between the two, or text
// that does not check, is one line that starts with "!".
std::vector<std::string> Told(const std::string& rules,
                              const std::vector<CaseEvent>& events,
                              const PipelineOptions& options = {});
// The same of lines as they stand.
std::vector<std::string> ToldLines(const std::string& rules,
                                   const std::vector<std::string>& lines,
                                   const PipelineOptions& options = {});
// The same without CaseSchema(): `rules` declare what they read.
std::vector<std::string> ToldAlone(const std::string& rules,
                                   const std::vector<std::string>& lines,
                                   const PipelineOptions& options = {});

// With files that lists and tables are read from: names and contents.
std::vector<std::string> ToldWithFiles(
    const std::string& rules,
    const std::vector<std::pair<std::string, std::string>>& files,
    const std::vector<CaseEvent>& events);

// A rule with the events A, B, C, D, where it names them; of each event of the
// stream its second, and the letters of the events that it is: "ab".
std::vector<std::string> Steps(
    const std::string& clauses,
    const std::vector<std::pair<double, std::string>>& events);

// Whether `condition` holds on one event with `members`: "yes", "no", or what
// went wrong.
std::string Holds(const std::string& condition, const std::string& members);

// The one alert's JSON of a rule with one event.
std::string OneAlert(const std::string& rules,
                     const std::vector<CaseEvent>& events);

}  // namespace tocsin::testing
