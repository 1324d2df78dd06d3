#include "dsl/diag/near.h"

#include <algorithm>

#include "engine/base/strings.h"

namespace tocsin::dsl {
namespace {

constexpr std::size_t kShort = 5;

}  // namespace

bool OneEditApart(std::string_view a, std::string_view b) {
  const auto [left, right] =
      std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  a.remove_prefix(static_cast<std::size_t>(left - a.begin()));
  b.remove_prefix(static_cast<std::size_t>(right - b.begin()));
  if (a.empty() || b.empty()) return a.size() + b.size() <= 1;
  if (a.substr(1) == b.substr(1) || a.substr(1) == b || a == b.substr(1)) {
    return true;
  }
  return a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0] &&
         a.substr(2) == b.substr(2);
}

std::string_view NearWord(std::string_view word,
                          const std::vector<std::string_view>& candidates) {
  if (word.size() >= kShort) return Nearest(word, candidates);
  if (word.size() < 2) return {};
  const auto near = std::find_if(
      candidates.begin(), candidates.end(), [word](std::string_view candidate) {
        return candidate != word && OneEditApart(word, candidate);
      });
  return near == candidates.end() ? std::string_view() : *near;
}

}  // namespace tocsin::dsl
