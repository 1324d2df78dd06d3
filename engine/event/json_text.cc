#include "engine/event/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/event/value.h"

namespace tocsin {
namespace {

unsigned Byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool Continues(std::string_view text, std::size_t at) {
  return at < text.size() && (Byte(text, at) & 0xC0) == 0x80;
}

struct Sequence {
  std::size_t size = 1;  // Bytes of it; of its maximal part when ill-formed.
  bool well_formed = true;
};

// The UTF-8 sequence at `at`, by table 3-7 of the Unicode standard.
Sequence SequenceAt(std::string_view text, std::size_t at) {
  const unsigned lead = Byte(text, at);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (at + 1 >= text.size()) return {1, false};
  const unsigned second = Byte(text, at + 1);
  unsigned low = 0x80, high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  if (second < low || second > high) return {1, false};
  for (std::size_t i = 2; i < size; ++i) {
    if (!Continues(text, at + i)) return {i, false};
  }
  return {size, true};
}

// The index of the first byte that is not ASCII, or the size.
std::size_t AsciiPrefix(std::string_view text, std::size_t from) {
  while (from + 8 <= text.size()) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + from, 8);
    if ((word & 0x8080808080808080u) != 0) break;
    from += 8;
  }
  while (from < text.size() && Byte(text, from) < 0x80) ++from;
  return from;
}

// The value of a hex digit, or -1.
constexpr std::array<signed char, 256> kHexValues = [] {
  std::array<signed char, 256> values{};
  for (signed char& value : values) value = -1;
  for (int i = 0; i < 10; ++i) {
    values['0' + static_cast<unsigned>(i)] = static_cast<signed char>(i);
  }
  for (int i = 0; i < 6; ++i) {
    values['a' + static_cast<unsigned>(i)] = static_cast<signed char>(10 + i);
    values['A' + static_cast<unsigned>(i)] = static_cast<signed char>(10 + i);
  }
  return values;
}();

// The four hex digits at `at`, or negative.
int Hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  const auto digit = [&](std::size_t i) {
    return static_cast<int>(kHexValues[Byte(text, at + i)]);
  };
  // One digit of -1 makes the whole negative: its bits reach above the others.
  return digit(0) * 4096 | digit(1) * 256 | digit(2) * 16 | digit(3);
}

bool IsHighSurrogate(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsLowSurrogate(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

template <typename Out>
void AppendView(std::string_view text, Out* out) {
  out->insert(out->end(), text.begin(), text.end());
}

// Writes a code point; returns the place behind it.
char* PutCodePoint(int code, char* out) {
  const auto put = [&out](int byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

// What a one-letter escape stands for, or 0.
constexpr std::array<char, 256> kSimpleEscapes = [] {
  std::array<char, 256> escapes{};
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['/'] = '/';
  escapes['b'] = '\b';
  escapes['f'] = '\f';
  escapes['n'] = '\n';
  escapes['r'] = '\r';
  escapes['t'] = '\t';
  return escapes;
}();

// The next backslash at or behind `at`, or the size. In steps of 16 bytes with
// an early look, because escaped text often has its escapes close together.
std::size_t FindBackslash(std::string_view raw, std::size_t at) {
#if defined(__SSE2__)
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; at + 16 <= raw.size(); at += 16) {
    const __m128i block =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(raw.data() + at));
    const auto found = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(block, backslash)));
    if (found != 0) {
      return at + static_cast<std::size_t>(std::countr_zero(found));
    }
  }
#endif
  while (at < raw.size() && raw[at] != '\\') ++at;
  return at;
}

// Decodes the \u escape at `at` (the backslash) behind *out; returns its size.
std::size_t PutUnicodeEscape(std::string_view raw, std::size_t at, int unit,
                             char** out) {
  if (IsHighSurrogate(unit) && at + 7 < raw.size() && raw[at + 6] == '\\' &&
      raw[at + 7] == 'u') {
    const int low = Hex4(raw, at + 8);
    if (IsLowSurrogate(low)) {
      const int code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      *out = PutCodePoint(code, *out);
      return 12;
    }
  }
  if (IsHighSurrogate(unit) || IsLowSurrogate(unit)) unit = 0xFFFD;
  *out = PutCodePoint(unit, *out);
  return 6;
}

// How much more than the decoded text Unescape() may write.
constexpr std::size_t kSlack = 16;

// Copies up to the next backslash, in blocks that may go beyond it.
void CopyPlain(std::string_view raw, std::size_t* at, char** out) {
#if defined(__SSE2__)
  const __m128i backslash = _mm_set1_epi8('\\');
  while (*at + 16 <= raw.size()) {
    const __m128i block =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(raw.data() + *at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(*out), block);
    const auto found = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(block, backslash)));
    const int plain = found == 0 ? 16 : std::countr_zero(found);
    *at += static_cast<std::size_t>(plain);
    *out += plain;
    if (found != 0) return;
  }
#endif
  while (*at < raw.size() && raw[*at] != '\\') *(*out)++ = raw[(*at)++];
}

// Decoded text is never longer than its spelling.
char* Unescape(std::string_view raw, char* out) {
  std::size_t at = 0;
  while (true) {
    CopyPlain(raw, &at, &out);
    if (at == raw.size()) return out;
    const char letter = at + 1 < raw.size() ? raw[at + 1] : '\0';
    const int unit = letter == 'u' ? Hex4(raw, at + 2) : -1;
    const char plain = kSimpleEscapes[static_cast<unsigned char>(letter)];
    if (unit >= 0) {
      at += PutUnicodeEscape(raw, at, unit, &out);
    } else if (plain != 0) {
      *out++ = plain;
      at += 2;
    } else {
      *out++ = '\\';
      at += 1;
    }
  }
}

template <typename Out>
void AppendDecoded(std::string_view raw, Out* out) {
  const std::size_t before = out->size();
  out->resize(before + raw.size() + kSlack);
  const char* const end = Unescape(raw, out->data() + before);
  out->resize(static_cast<std::size_t>(end - out->data()));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t Digits(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

// Whether a number that from_chars found out of range is too small rather than
// too large: then it reads as zero. Its decimal exponent decides.
bool IsTiny(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return true;
  long long exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    const bool minus = digits[0] == '-';
    if (minus || digits[0] == '+') digits.remove_prefix(1);
    for (const char c : digits) {
      exponent = std::min(exponent * 10 + (c - '0'), 1'000'000'000'000LL);
    }
    if (minus) exponent = -exponent;
  }
  return exponent + static_cast<long long>(dot) < static_cast<long long>(first);
}

}  // namespace

bool IsUtf8(std::string_view text) {
  std::size_t at = AsciiPrefix(text, 0);
  while (at < text.size()) {
    const Sequence sequence = SequenceAt(text, at);
    if (!sequence.well_formed) return false;
    at = AsciiPrefix(text, at + sequence.size);
  }
  return true;
}

void AppendRepaired(std::string_view text, std::vector<char>* out,
                    std::vector<std::uint32_t>* repairs) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t from = at;
    at = AsciiPrefix(text, at);
    Sequence sequence;
    while (at < text.size()) {
      sequence = SequenceAt(text, at);
      if (!sequence.well_formed) break;
      at = AsciiPrefix(text, at + sequence.size);
    }
    AppendView(text.substr(from, at - from), out);
    if (at == text.size()) return;
    if (repairs != nullptr) {
      repairs->push_back(static_cast<std::uint32_t>(out->size()));
    }
    AppendView(kReplacement, out);
    at += sequence.size;
  }
}

bool EscapesAreValid(std::string_view raw) {
  std::size_t at = FindBackslash(raw, 0);
  while (at < raw.size()) {
    const char letter = at + 1 < raw.size() ? raw[at + 1] : '\0';
    if (letter == 'u') {
      if (Hex4(raw, at + 2) < 0) return false;
      at += 6;
    } else {
      if (kSimpleEscapes[static_cast<unsigned char>(letter)] == 0) return false;
      at += 2;
    }
    at = FindBackslash(raw, at);
  }
  return true;
}

void AppendUnescaped(std::string_view raw, std::string* out) {
  AppendDecoded(raw, out);
}

void AppendUnescaped(std::string_view raw, std::vector<char>* out) {
  AppendDecoded(raw, out);
}

NumberFate ReadNumber(std::string_view text, JsonNumber* number) {
  std::size_t at = 0;
  const bool minus = !text.empty() && text[0] == '-';
  if (minus) ++at;
  const std::size_t whole = Digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) {
    return NumberFate::kMalformed;
  }
  at += whole;
  bool integer = true;
  if (at < text.size() && text[at] == '.') {
    const std::size_t digits = Digits(text, at + 1);
    if (digits == 0) return NumberFate::kMalformed;
    at += 1 + digits;
    integer = false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t digits = Digits(text, at);
    if (digits == 0) return NumberFate::kMalformed;
    at += digits;
    integer = false;
  }
  if (at != text.size()) return NumberFate::kMalformed;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  if (integer) {
    if (std::from_chars(begin, end, number->i).ec == std::errc()) {
      number->kind = CellKind::kInt;
      return NumberFate::kRead;
    }
    if (!minus && std::from_chars(begin, end, number->u).ec == std::errc()) {
      number->kind = CellKind::kUint;
      return NumberFate::kRead;
    }
  }
  double value = 0;
  if (std::from_chars(begin, end, value).ec != std::errc()) {
    if (!IsTiny(text)) return NumberFate::kLost;
    value = minus ? -0.0 : 0.0;
  }
  number->kind = CellKind::kFloat;
  number->f = value;
  return NumberFate::kRead;
}

void AppendJsonEscaped(std::string_view text, std::string* json) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t begin = at;
    while (at < text.size() && plain(text[at])) ++at;
    json->append(text, begin, at - begin);
    if (at == text.size()) return;
    json->push_back('\\');
    switch (const char c = text[at]) {
      case '"':
      case '\\':
        json->push_back(c);
        break;
      case '\b':
        json->push_back('b');
        break;
      case '\f':
        json->push_back('f');
        break;
      case '\n':
        json->push_back('n');
        break;
      case '\r':
        json->push_back('r');
        break;
      case '\t':
        json->push_back('t');
        break;
      default:
        json->append("u00");
        json->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
        json->push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
}

}  // namespace tocsin
