// Strings: escapes, indents of block texts, and templates.
#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/parser/lower.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

void AppendUtf8(std::uint32_t code, std::string* out) {
  const auto byte = [out](std::uint32_t value) {
    out->push_back(static_cast<char>(value));
  };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

// The four hex digits at `at`, or nothing.
std::optional<std::uint32_t> Hex4(string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  const char* first = text.data() + at;
  const auto [end, error] = std::from_chars(first, first + 4, value, 16);
  if (error != std::errc() || end != first + 4) return std::nullopt;
  return value;
}

bool IsHighSurrogate(std::uint32_t code) {
  return code >= 0xd800 && code < 0xdc00;
}
bool IsLowSurrogate(std::uint32_t code) {
  return code >= 0xdc00 && code < 0xe000;
}

}  // namespace

// Escapes are those of JSON. With `braces`, `{{` and `}}` are one brace.
std::string Lowerer::Decode(string_view text, std::uint32_t begin,
                            bool braces) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\\') {
      DecodeEscape(text, at, begin, &out);
      continue;
    }
    if (braces && (c == '{' || c == '}')) {
      const bool doubled = at + 1 < text.size() && text[at + 1] == c;
      if (!doubled) {
        const auto place = static_cast<std::uint32_t>(begin + at);
        Diagnostic& diagnostic = Report(Kind::kBadString, {place, place + 1},
                                        "a `}` without its `{`");
        diagnostic.help = "a brace is written `}}`";
        diagnostic.fix = Fix{diagnostic.span, "}}"};
      }
      at += doubled ? 2 : 1;
      out.push_back(c);
      continue;
    }
    out.push_back(c);
    ++at;
  }
  return out;
}

void Lowerer::DecodeEscape(string_view text, std::size_t& at,
                           std::uint32_t begin, std::string* out) {
  static constexpr string_view kLetters = "\"\\/bfnrt";
  static constexpr string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t start = at;
  const char letter = at + 1 < text.size() ? text[at + 1] : '\0';
  at += 2;
  const std::size_t known = kLetters.find(letter);
  if (letter != '\0' && known != string_view::npos) {
    out->push_back(kMeanings[known]);
    return;
  }
  if (letter == 'u') {
    std::optional<std::uint32_t> code = Hex4(text, at);
    if (code && IsHighSurrogate(*code) &&
        text.substr(at + 4).starts_with("\\u")) {
      const std::optional<std::uint32_t> low = Hex4(text, at + 6);
      if (low && IsLowSurrogate(*low)) {
        code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
        at += 6;
      }
    }
    if (code && !IsHighSurrogate(*code) && !IsLowSurrogate(*code)) {
      at += 4;
      AppendUtf8(*code, out);
      return;
    }
  }
  for (int i = 0; letter == 'u' && i < 4 && at < text.size() &&
                  string_view("0123456789abcdefABCDEF").find(text[at]) !=
                      string_view::npos;
       ++i) {
    ++at;
  }
  while (at < text.size() &&
         (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80u) {
    ++at;  // The rest of a character behind the backslash.
  }
  at = std::min(at, text.size());
  const string_view escape = text.substr(start, at - start);
  Diagnostic& diagnostic =
      Report(Kind::kBadString,
             {static_cast<std::uint32_t>(begin + start),
              static_cast<std::uint32_t>(begin + at)},
             absl::StrFormat("unknown escape `%s`", escape));
  diagnostic.help =
      letter == 'u'
          ? "`\\u` has four hex digits and names a character"
          : absl::StrFormat("write `\\%s`, or a raw string r\"...\"", escape);
  if (letter != 'u') {
    diagnostic.fix = Fix{diagnostic.span, absl::StrFormat("\\%s", escape)};
  }
}

// Drops a blank first and last line, and the indent that all lines share.
std::string Lowerer::Block(string_view text) const {
  std::vector<string_view> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  const auto blank = [](string_view line) {
    return line.find_first_not_of(" \t") == string_view::npos;
  };
  const bool starts_below = lines.size() > 1 && blank(lines.front());
  std::size_t indent = string_view::npos;
  for (std::size_t i = starts_below ? 0 : 1; i < lines.size(); ++i) {
    if (!blank(lines[i])) {
      indent = std::min(indent, lines[i].find_first_not_of(" \t"));
    }
  }
  if (lines.size() > 1 && blank(lines.back())) lines.pop_back();
  std::string out;
  for (std::size_t i = starts_below ? 1 : 0; i < lines.size(); ++i) {
    if (i > (starts_below ? 1u : 0u)) out.push_back('\n');
    const bool first_line = i == 0;
    const std::size_t cut = first_line ? 0 : std::min(indent, lines[i].size());
    if (!blank(lines[i]) || first_line) out.append(lines[i].substr(cut));
  }
  return out;
}

cst::Template Lowerer::Template(const SyntaxNode& node) {
  cst::Template result;
  static_cast<cst::Node&>(result) = PlaceOf(node);
  for (const SyntaxNode& kid : node.kids) {
    cst::TemplatePart part;
    static_cast<cst::Node&>(part) = PlaceOf(kid);
    if (kid.kind == SyntaxKind::kTemplateText) {
      part.text = Decode(Text(kid), kid.begin, true);
    } else if (kid.kind == SyntaxKind::kExpr) {
      part.hole = Expr(kid);
    } else {
      ReportBadLeaf(kid);
      continue;
    }
    result.parts.push_back(std::move(part));
  }
  return result;
}

}  // namespace tocsin::dsl::syntax
