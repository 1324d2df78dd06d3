// The long-running service: its parts put together, its start and its end.
#pragma once

#include "app/config.h"

namespace tocsin {

// Runs until a signal or the end of every source; gives the exit code. What
// keeps it from running is told on stderr or in the log.
int RunService(const Config& config);

}  // namespace tocsin
