// A configuration file read for good, or told on stderr what is wrong with it.
#pragma once

#include <optional>
#include <string>

#include "app/config.h"

namespace tocsin {

enum class ConfigOutcome { kGood, kWrong, kUnreadable };

// Prints every issue with its place and line; kWrong covers what does not fit
// together, too.
ConfigOutcome LoadConfigOrTell(const std::string& path, Config* config);

// "tocsin.yaml:3:5: error: unknown key `ruls` ..." with the line and a caret.
std::string FormatYamlIssue(const std::string& path, std::string_view text,
                            const YamlIssue& issue);

}  // namespace tocsin
