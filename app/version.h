// Which tocsin this is.
#pragma once

#include <string>

namespace tocsin {

std::string Version();
// "tocsin 0.1.0\n"
std::string VersionLine();

}  // namespace tocsin
