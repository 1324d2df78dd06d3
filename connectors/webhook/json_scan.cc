#include "connectors/webhook/json_scan.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace tocsin::webhook {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// The high bit of each byte that is zero; exact for the lowest.
std::uint64_t Zeros(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

std::size_t Digits(std::string_view text, std::size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

std::size_t NumberEnd(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '-') ++at;
  std::size_t end = Digits(text, at);
  if (end == at) return kNoEnd;
  if (end < text.size() && text[end] == '.') {
    at = end + 1;
    end = Digits(text, at);
    if (end == at) return kNoEnd;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    at = end + 1;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    end = Digits(text, at);
    if (end == at) return kNoEnd;
  }
  return end;
}

// A value that is neither object nor list.
std::size_t ScalarEnd(std::string_view text, std::size_t at) {
  if (at >= text.size()) return kNoEnd;
  if (text[at] == '"') return JsonScan::StringEnd(text, at);
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text.substr(at).starts_with(word)) return at + word.size();
  }
  return NumberEnd(text, at);
}

// Behind `"key" :`, at the value.
std::size_t KeyEnd(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '"') return kNoEnd;
  at = JsonScan::StringEnd(text, at);
  if (at == kNoEnd) return kNoEnd;
  at = SkipBlanks(text, at);
  if (at >= text.size() || text[at] != ':') return kNoEnd;
  return SkipBlanks(text, at + 1);
}

}  // namespace

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && IsBlank(text[at])) ++at;
  return at;
}

std::size_t JsonScan::StringEnd(std::string_view text, std::size_t at) {
  ++at;
  for (;;) {
    // Eight bytes at a time up to the next quote or backslash.
    while (at + sizeof(std::uint64_t) <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof(word));
      const std::uint64_t found =
          Zeros(word ^ (kOnes * '"')) | Zeros(word ^ (kOnes * '\\'));
      if (found != 0) {
        at += static_cast<std::size_t>(std::countr_zero(found)) / 8;
        break;
      }
      at += sizeof(word);
    }
    while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
    if (at >= text.size()) return kNoEnd;
    if (text[at] == '"') return at + 1;
    at += 2;  // An escape.
  }
}

std::size_t JsonScan::ValueEnd(std::string_view text, std::size_t at) {
  reached_ = at;
  const std::size_t end = Walk(text, at);
  if (end != kNoEnd) reached_ = end;
  return end;
}

std::size_t JsonScan::Walk(std::string_view text, std::size_t at) {
  open_.clear();
  for (;;) {
    // A value begins here.
    if (at >= text.size()) return kNoEnd;
    reached_ = at;
    if (text[at] == '{' || text[at] == '[') {
      open_.push_back(text[at] == '{' ? '}' : ']');
      at = SkipBlanks(text, at + 1);
      if (at >= text.size()) return kNoEnd;
      if (text[at] != open_.back()) {
        if (open_.back() == '}') at = KeyEnd(text, at);
        if (at == kNoEnd) return kNoEnd;
        continue;
      }
    } else {
      at = ScalarEnd(text, at);
      if (at == kNoEnd) return kNoEnd;
      if (open_.empty()) return at;
      at = SkipBlanks(text, at);
    }
    // Behind a value, or at the end of an empty list or object.
    while (at < text.size() && text[at] == open_.back()) {
      open_.pop_back();
      if (open_.empty()) return at + 1;
      at = SkipBlanks(text, at + 1);
    }
    if (at >= text.size() || text[at] != ',') return kNoEnd;
    at = SkipBlanks(text, at + 1);
    if (open_.back() == '}') at = KeyEnd(text, at);
    if (at == kNoEnd) return kNoEnd;
  }
}

}  // namespace tocsin::webhook
