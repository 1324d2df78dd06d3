// The door of the formatter: a whole file in, its one canonical layout out.
//
// Tokens and comments are kept byte for byte; only what stands between them,
// and the order of a rule's clauses, is the formatter's. How a file was broken
// into lines counts nowhere, but in the JSON of tests.
#pragma once

#include <optional>
#include <string>

#include "dsl/cst/cst.h"
#include "dsl/source/source_file.h"

namespace tocsin::dsl {

// Empty when `file` has mistakes: a layout of half a tree is none. Also when
// the result would not read back as the same tokens, which is a defect of ours:
// better no layout than a rule that means something else. Thread-safe.
std::optional<std::string> CanonicalLayout(const SourceFile& source,
                                           const cst::File& file);

}  // namespace tocsin::dsl
