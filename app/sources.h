// The sources that a configuration names.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "app/config.h"
#include "engine/ports/source.h"

namespace tocsin {

// In the order of the configuration; a status when one cannot be had, before
// anything is read.
absl::StatusOr<std::vector<std::unique_ptr<Source>>> OpenSources(
    const Config& config);

}  // namespace tocsin
