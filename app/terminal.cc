#include "app/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"

namespace tocsin {

bool IsTerminal(int fd) { return isatty(fd) == 1; }

bool UseColour(ColourMode mode, int fd) {
  if (mode != ColourMode::kAuto) return mode == ColourMode::kAlways;
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* const term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return IsTerminal(fd);
}

std::vector<std::string> ColourChoices() { return {"auto", "always", "never"}; }

ColourMode ParseColour(std::string_view choice) {
  if (choice == "always") return ColourMode::kAlways;
  if (choice == "never") return ColourMode::kNever;
  return ColourMode::kAuto;
}

int TerminalWidth(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void PrintError(std::string_view message) {
  std::fputs(absl::StrFormat("tocsin: %s\n", message).c_str(), stderr);
}

}  // namespace tocsin
