// tocsin: the table of commands, and the words of the command line.
#include <csignal>

#include "app/cli.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // A closed pipe is a status of a write.
  return tocsin::RunCommandLine(tocsin::MakeCommandTable(), argc, argv);
}
