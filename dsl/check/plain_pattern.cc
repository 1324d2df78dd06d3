#include "dsl/check/plain_pattern.h"

#include <utility>

namespace tocsin::dsl {
namespace {

constexpr std::size_t kMostTexts = 20;
constexpr std::string_view kSpecial = ".^$*+?()[]{}|\\";

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsWord(char c) { return IsLetter(c) || (c >= '0' && c <= '9'); }

// RE2 folds these beyond ASCII (KELVIN SIGN, LONG S), `nocase` does not.
bool FoldsBeyondAscii(std::string_view text) {
  for (const char c : text) {
    if ((c & 0x80) != 0 || c == 'k' || c == 'K' || c == 's' || c == 'S') {
      return true;
    }
  }
  return false;
}

bool Take(std::string_view front, std::string_view* text) {
  if (!text->starts_with(front)) return false;
  text->remove_prefix(front.size());
  return true;
}

// Whether the last character stands behind an odd number of backslashes.
bool LastIsEscaped(std::string_view text) {
  std::size_t slashes = 0;
  while (slashes + 1 < text.size() && text[text.size() - 2 - slashes] == '\\') {
    ++slashes;
  }
  return slashes % 2 == 1;
}

bool TakeBack(char back, std::string_view* text) {
  if (text->empty() || text->back() != back || LastIsEscaped(*text)) {
    return false;
  }
  text->remove_suffix(1);
  return true;
}

// Literal characters off the front, to the first special one.
std::optional<std::string> TakeLiteral(std::string_view* text) {
  std::string literal;
  while (!text->empty()) {
    char c = text->front();
    if (c == '\\') {
      if (text->size() < 2 || IsWord((*text)[1]) || ((*text)[1] & 0x80) != 0) {
        return std::nullopt;
      }
      c = (*text)[1];
      text->remove_prefix(1);
    } else if (kSpecial.find(c) != std::string_view::npos) {
      break;
    }
    literal += c;
    text->remove_prefix(1);
  }
  return literal;
}

// literal [ ( literal | literal ... ) literal ], or literal | literal ...
std::optional<std::vector<std::string>> Texts(std::string_view pattern) {
  std::optional<std::string> front = TakeLiteral(&pattern);
  if (!front.has_value()) return std::nullopt;
  if (pattern.empty()) return std::vector<std::string>{*front};
  const bool group = Take("(?:", &pattern) || Take("(", &pattern);
  std::vector<std::string> middles;
  if (!group) middles.push_back(std::exchange(*front, ""));
  while (group ? true : !pattern.empty()) {
    if (!group && !Take("|", &pattern)) return std::nullopt;
    const std::optional<std::string> middle = TakeLiteral(&pattern);
    if (!middle.has_value() || middles.size() >= kMostTexts) {
      return std::nullopt;
    }
    middles.push_back(*middle);
    if (group && Take(")", &pattern)) break;
    if (group && !Take("|", &pattern)) return std::nullopt;
  }
  const std::optional<std::string> back = TakeLiteral(&pattern);
  if (!back.has_value() || !pattern.empty()) return std::nullopt;
  std::vector<std::string> texts;
  for (const std::string& middle : middles) {
    texts.push_back(*front + middle + *back);
  }
  return texts;
}

}  // namespace

std::optional<PlainPattern> PlainOf(std::string_view pattern) {
  PlainPattern plain;
  plain.nocase = Take("(?i)", &pattern);
  const bool begins = Take("^", &pattern) || Take("\\A", &pattern);
  const bool ends = TakeBack('$', &pattern);
  // What is found anywhere may have anything around it; anchored it may not: a
  // dot is no line feed.
  while (!begins && Take(".*", &pattern)) {
  }
  while (!ends && pattern.ends_with(".*") &&
         !LastIsEscaped(pattern.substr(0, pattern.size() - 1))) {
    pattern.remove_suffix(2);
  }
  const bool anchored = begins || ends;
  std::optional<std::vector<std::string>> texts = Texts(pattern);
  if (!texts.has_value()) return std::nullopt;
  // ^a|b$ anchors one of two.
  if (anchored && texts->size() > 1 &&
      pattern.find('(') == std::string_view::npos) {
    return std::nullopt;
  }
  for (const std::string& text : *texts) {
    if (text.empty()) return std::nullopt;
    if (plain.nocase && FoldsBeyondAscii(text)) return std::nullopt;
  }
  plain.texts = *std::move(texts);
  plain.op =
      begins ? (ends ? "==" : "startswith") : (ends ? "endswith" : "contains");
  return plain;
}

}  // namespace tocsin::dsl
