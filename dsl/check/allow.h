// Lint silenced where it stands: `# tocsin:allow W0512 REASON`.
//
// Behind text, the comment speaks of its line, and of the clause or the whole
// declaration that ends right before it; on a line of its own, of the clause or
// the declaration that begins below it. Errors cannot be silenced.
#pragma once

#include <span>

#include "dsl/check/context.h"
#include "dsl/cst/cst.h"

namespace tocsin::dsl {

// Takes what is allowed out of `sink`, and tells of comments that allow
// nothing or give no reason.
void ApplyAllows(std::span<const cst::File> files, Context* context,
                 DiagnosticSink* sink);

}  // namespace tocsin::dsl
