// The memory of one worker: its reader of events, symbols and matcher, for one
// rule set at a time.
#pragma once

#include <memory>

#include "engine/base/mutex.h"
#include "engine/event/extract.h"
#include "engine/match/match.h"
#include "engine/pipeline/flow.h"

namespace tocsin {

// Guarded: a chunk is matched under `mutex`, and so are the texts rendered that
// read the chunk with the same memory.
struct Flow::Context {
  Mutex mutex;
  std::uint64_t adopted = 0;  // Which rule set of the flow this is for.
  std::unique_ptr<Extractor> extractor;
  std::unique_ptr<SymbolTables> symbols;
  std::unique_ptr<Matcher> matcher;
};

}  // namespace tocsin
