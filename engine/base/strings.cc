#include "engine/base/strings.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tocsin {
namespace {

constexpr std::size_t kMaxCompared = 64;  // Longer names are never near.

// Optimal string alignment distance: insert, delete, replace, swap. Of two
// that are further apart than `most`, some number above it.
std::size_t Distance(std::string_view a, std::string_view b, std::size_t most) {
  using Line = std::array<std::uint8_t, kMaxCompared + 1>;
  Line lines[3];
  for (std::size_t j = 0; j <= b.size(); ++j) {
    lines[0][j] = static_cast<std::uint8_t>(j);
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    Line& now = lines[i % 3];
    const Line& before = lines[(i + 2) % 3];
    const Line& earlier = lines[(i + 1) % 3];
    now[0] = static_cast<std::uint8_t>(i);
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      int distance =
          std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        distance = std::min(distance, earlier[j - 2] + 1);
      }
      now[j] = static_cast<std::uint8_t>(distance);
      least = std::min<std::size_t>(least, now[j]);
    }
    // A swap reaches back one line more: that one is not smaller by over one.
    if (least > most + 1) return least;
  }
  return lines[a.size() % 3][b.size()];
}

}  // namespace

std::string_view Nearest(std::string_view word,
                         const std::vector<std::string_view>& candidates) {
  if (word.size() > kMaxCompared) return {};
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string_view nearest;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kMaxCompared || candidate == word) continue;
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= best) continue;
    const std::size_t distance = Distance(word, candidate, best);
    if (distance < best && distance < longer) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace tocsin
