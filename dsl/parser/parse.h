// The door of the parser: rule text in, tree out. Never gives up.
#pragma once

#include "dsl/cst/cst.h"
#include "dsl/diag/diagnostic.h"
#include "dsl/source/source_file.h"

namespace tocsin::dsl {

// Always a file: what could not be read stands as a Bad node and was reported
// to `sink`; reading goes on at the next clause or declaration. Depth is bound
// by limits::kNesting, size by limits::kRuleFileBytes. Thread-safe.
cst::File Parse(const SourceSet& sources, FileId id, DiagnosticSink* sink);

}  // namespace tocsin::dsl
