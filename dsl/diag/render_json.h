// The forms for tools; render.h is the door.
#pragma once

#include <string>
#include <vector>

#include "dsl/diag/diagnostic.h"

namespace tocsin::dsl::internal {

std::string RenderJson(const std::vector<Diagnostic>& diagnostics,
                       const SourceSet& sources);
std::string RenderSarif(const std::vector<Diagnostic>& diagnostics,
                        const SourceSet& sources);

}  // namespace tocsin::dsl::internal
