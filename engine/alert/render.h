// From a detection to the alert that leaves: texts, shown fields, names.
#pragma once

#include "engine/alert/alert.h"
#include "engine/alert/detection.h"
#include "engine/match/match.h"

namespace tocsin {

// `batch` and `matcher`: those that the detection's chunk was matched with,
// not in use by anyone else meanwhile. Where the texts come from slots any
// matcher of the rule set will do. A kClosed or kResolved detection needs
// neither (they may be null): its event is gone, so texts with holes are left
// out and the summary says how it ended.
Alert RenderAlert(Detection detection, const RuleSet& rules, EventBatch* batch,
                  Matcher* matcher);

// The same as far as rules over alerts read it: without texts and samples.
Alert RenderForReaders(const Detection& detection, const RuleSet& rules,
                       EventBatch* batch, Matcher* matcher);

// What the engine tells about itself: `name` is tocsin.*, `subject` goes into
// the id, so that the same occurrence has the same id in every run.
Alert InternalAlert(std::string_view name, std::string_view subject,
                    std::string summary, std::uint64_t count,
                    std::uint64_t position, std::int64_t time_us);

}  // namespace tocsin
