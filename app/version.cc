#include "app/version.h"

namespace tocsin {

// TOCSIN_VERSION is the project's version in CMakeLists.txt.
std::string Version() { return TOCSIN_VERSION; }

std::string VersionLine() { return "tocsin " + Version() + "\n"; }

}  // namespace tocsin
