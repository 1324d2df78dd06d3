// Words of the command line in, one command run, its exit code out.
#pragma once

#include "app/command.h"

namespace tocsin {

// Wrong use is told on stderr in one line, with what is near, and ends in
// kExitCouldNotRun.
int RunCommandLine(const CommandTable& table, int argc,
                   const char* const* argv);

}  // namespace tocsin
