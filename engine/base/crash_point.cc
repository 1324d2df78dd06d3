#include "engine/base/crash_point.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace tocsin {
namespace {

struct Wanted {
  std::string name;
  std::atomic<long> left{0};

  Wanted() {
    const char* const at = std::getenv("TOCSIN_CRASH_AT");
    if (at == nullptr) return;
    name = at;
    const std::size_t colon = name.find(':');
    left = colon == std::string::npos
               ? 1
               : std::strtol(name.c_str() + colon + 1, nullptr, 10);
    name.resize(std::min(colon, name.size()));
  }
};

Wanted& TheWanted() {
  static Wanted wanted;
  return wanted;
}

}  // namespace

void CrashPoint(std::string_view name) {
  Wanted& wanted = TheWanted();
  if (wanted.name.empty() || wanted.name != name) return;
  if (--wanted.left == 0) std::raise(SIGKILL);
}

}  // namespace tocsin
