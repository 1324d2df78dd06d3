// Text for a terminal:
//
//   error[E0201]: unknown field `usr`
//    --> rules/a.rules:3:9
//     |
//   3 |   where usr.name == "x"
//     |         ^^^
//     = help: did you mean `user`?
//     = fix:    where user.name == "x"
//     = note: first defined here (rules/b.rules:1:6)
#include "dsl/diag/render_text.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "dsl/diag/render.h"

namespace tocsin::dsl::internal {
namespace {

using std::string_view;

// Longer lines are shown around the place that is underlined.
constexpr std::size_t kLineShown = 160;
constexpr std::size_t kLeadShown = 60;

struct Style {
  string_view severity, bold, frame, mark, off;
};

Style StyleOf(Severity severity, bool colour) {
  if (!colour) return {"", "", "", "", ""};
  const string_view tint = severity == Severity::kError     ? "\x1b[1;31m"
                           : severity == Severity::kWarning ? "\x1b[1;33m"
                                                            : "\x1b[1;36m";
  return {tint, "\x1b[1m", "\x1b[1;34m", tint, "\x1b[0m"};
}

bool StartsCodePoint(char c) {
  return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
}

std::size_t CodePoints(string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), StartsCodePoint));
}

// The text of code points [begin, end).
string_view Columns(string_view line, std::size_t begin, std::size_t end) {
  std::size_t at = 0;
  std::size_t seen = 0;
  const auto seek = [&](std::size_t wanted) {
    while (at < line.size() && (seen < wanted || !StartsCodePoint(line[at]))) {
      if (StartsCodePoint(line[at])) ++seen;
      ++at;
      while (at < line.size() && !StartsCodePoint(line[at])) ++at;
    }
    return at;
  };
  const std::size_t first = seek(begin);
  const std::size_t last = seek(end);
  return line.substr(first, last - first);
}

// The bytes of the character that starts `text`, 0 when it is none.
std::size_t CharacterLength(string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc0 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf8 ? 4
                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (StartsCodePoint(text[i])) return 0;
  }
  return length;
}

// Control characters would move the cursor or colour the terminal; bytes that
// are no UTF-8 would make the output none.
std::string Printable(string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      out.push_back(byte == '\t' ? ' ' : '?');
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

struct Excerpt {
  std::string line;
  std::size_t indent;  // Columns before the underlined part.
  std::size_t width;
};

Excerpt ExcerptOf(const SourceFile& file, Place begin, Place end) {
  const string_view line = file.Line(begin.line);
  const std::size_t length = CodePoints(line);
  const std::size_t first = begin.column - 1;
  std::size_t last = end.line > begin.line ? length : end.column - 1;
  last = std::max(last, first + 1);
  if (length <= kLineShown) {
    return {Printable(line), first, last - first};
  }
  const std::size_t from = first > kLeadShown ? first - kLeadShown : 0;
  const std::size_t to = std::min(length, from + kLineShown);
  const string_view lead = from > 0 ? "..." : "";
  const string_view trail = to < length ? "..." : "";
  last = std::max(std::min(last, to), first + 1);
  return {absl::StrFormat("%s%s%s", lead, Printable(Columns(line, from, to)),
                          trail),
          lead.size() + first - from, last - first};
}

std::string PlaceText(const SourceSet& sources, Span span) {
  const SourceFile& file = sources.file(span.file);
  const Place place = file.PlaceOf(span.begin);
  return absl::StrFormat("%s:%d:%d", file.path(), place.line, place.column);
}

// The line of a mend as it will read; only for mends within one line.
std::string MendedLine(const SourceFile& file, const Fix& fix) {
  const Place begin = file.PlaceOf(fix.span.begin);
  const Place end = file.PlaceOf(fix.span.end);
  const string_view line = file.Line(begin.line);
  if (begin.line != end.line || fix.text.find('\n') != std::string::npos ||
      CodePoints(line) > kLineShown) {
    return fix.text.empty() ? "remove this"
                            : absl::StrFormat("write `%s`", fix.text);
  }
  const string_view head = Columns(line, 0, begin.column - 1);
  const string_view tail =
      line.substr(head.size() + (fix.span.end - fix.span.begin));
  const std::string mended = absl::StrFormat("%s%s%s", head, fix.text, tail);
  return Printable(string_view(mended).substr(
      std::min(mended.find_first_not_of(" \t"), mended.size())));
}

void Append(const Diagnostic& diagnostic, const SourceSet& sources, bool colour,
            std::string* out) {
  const KindRecord& kind = Describe(diagnostic.kind);
  const Style style = StyleOf(kind.severity, colour);
  const SourceFile& file = sources.file(diagnostic.span.file);
  const Place begin = file.PlaceOf(diagnostic.span.begin);
  const Place end = file.PlaceOf(diagnostic.span.end);
  const std::string number = absl::StrFormat("%d", begin.line);
  const std::string gap(number.size(), ' ');
  absl::StrAppendFormat(out, "%s%s[%s]%s%s: %s%s\n", style.severity,
                        SeverityWord(kind.severity), kind.code, style.off,
                        style.bold, Printable(diagnostic.message), style.off);
  absl::StrAppendFormat(out, "%s%s-->%s %s\n", gap, style.frame, style.off,
                        PlaceText(sources, diagnostic.span));
  const Excerpt excerpt = ExcerptOf(file, begin, end);
  absl::StrAppendFormat(out, "%s%s |%s\n", gap, style.frame, style.off);
  absl::StrAppendFormat(out, "%s%s |%s %s\n", style.frame, number, style.off,
                        excerpt.line);
  absl::StrAppendFormat(out, "%s%s |%s %s%s%s%s\n", gap, style.frame, style.off,
                        std::string(excerpt.indent, ' '), style.mark,
                        std::string(excerpt.width, '^'), style.off);
  const auto detail = [&](string_view what, string_view text) {
    absl::StrAppendFormat(out, "%s%s =%s %s%s:%s %s\n", gap, style.frame,
                          style.off, style.bold, what, style.off, text);
  };
  if (!diagnostic.help.empty()) detail("help", Printable(diagnostic.help));
  if (diagnostic.fix) {
    const SourceFile& fixed = sources.file(diagnostic.fix->span.file);
    detail("fix", MendedLine(fixed, *diagnostic.fix));
  }
  for (const Note& note : diagnostic.notes) {
    detail("note", absl::StrFormat("%s (%s)", Printable(note.message),
                                   PlaceText(sources, note.span)));
  }
}

}  // namespace

std::string RenderText(const std::vector<Diagnostic>& diagnostics,
                       const SourceSet& sources, bool colour) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!out.empty()) out.push_back('\n');
    Append(diagnostic, sources, colour, &out);
  }
  return out;
}

}  // namespace tocsin::dsl::internal
