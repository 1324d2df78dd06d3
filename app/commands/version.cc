#include "app/version.h"

#include <cstdio>

#include "app/commands/commands.h"
#include "app/exit_code.h"

namespace tocsin {

Command MakeVersionCommand() {
  Command command;
  command.name = "version";
  command.summary = "print the version";
  command.examples = {{"which tocsin is this?", "tocsin version"}};
  command.run = [] {
    std::fputs(VersionLine().c_str(), stdout);
    return static_cast<int>(kExitOk);
  };
  return command;
}

}  // namespace tocsin
