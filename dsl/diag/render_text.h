// The text form; render.h is the door.
#pragma once

#include <string>
#include <vector>

#include "dsl/diag/diagnostic.h"

namespace tocsin::dsl::internal {

std::string RenderText(const std::vector<Diagnostic>& diagnostics,
                       const SourceSet& sources, bool colour);

}  // namespace tocsin::dsl::internal
