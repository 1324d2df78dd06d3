// What the process is connected to: a terminal gets colour and a progress bar,
// a pipe gets neither.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

enum class ColourMode { kAuto, kAlways, kNever };

bool IsTerminal(int fd);
// Auto: only on a terminal, and not with NO_COLOR set or TERM=dumb.
bool UseColour(ColourMode mode, int fd);
// "auto", "always", "never": the choices of --color.
std::vector<std::string> ColourChoices();
ColourMode ParseColour(std::string_view choice);
// Columns of the terminal; 80 when there is none.
int TerminalWidth(int fd);

// Writes to stderr, whole, prefixed with "tocsin: ".
void PrintError(std::string_view message);

}  // namespace tocsin
