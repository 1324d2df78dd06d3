#include "engine/program/rule_set.h"

namespace tocsin {

std::string_view LevelName(AlertLevel level) {
  static constexpr std::string_view kNames[] = {"info", "low", "medium", "high",
                                                "critical"};
  return kNames[static_cast<std::size_t>(level)];
}

}  // namespace tocsin
