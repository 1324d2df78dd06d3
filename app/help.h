// The command table as text: help, man page, shell completions.
#pragma once

#include <string>
#include <string_view>

#include "app/command.h"

namespace tocsin {

// `path` is the command with its parents: "tocsin config check".
std::string HelpText(const Command& command, std::string_view path,
                     bool colour);
// One line: Usage: tocsin replay ...
std::string UsageLine(const Command& command, std::string_view path);
// troff for man(1): the program, or one command ("tocsin-replay").
std::string ManPage(const Command& root, const Command& command,
                    std::string_view path);
// The file name of that page: tocsin-config-check.1
std::string ManPageName(std::string_view path);
std::string BashCompletion(const Command& root);
std::string ZshCompletion(const Command& root);

}  // namespace tocsin
