// Alert::AppendText: an alert as a person reads it on a terminal.
//
// Texts of an alert hold what a client sent: control characters (escape
// sequences, line feeds) and the marks that reorder text are shown as \x1b,
// never written.
#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "absl/strings/str_format.h"
#include "engine/alert/alert.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kBold = "\x1b[1m";

std::string_view SeverityColour(std::string_view severity) {
  if (severity == "critical") return "\x1b[1;37;41m";
  if (severity == "high") return "\x1b[1;31m";
  if (severity == "medium") return "\x1b[33m";
  if (severity == "low") return "\x1b[36m";
  return "\x1b[2m";
}

void AppendStyled(std::string_view style, std::string_view text, bool colour,
                  std::string* out) {
  if (colour) out->append(style);
  out->append(text);
  if (colour) out->append(kReset);
}

// How many bytes of valid UTF-8 at `at` must not reach a terminal as they are:
// C0 and DEL, C1 (U+0080..9F), marks of direction (U+200E, 200F, 202A..202E,
// 2066..2069) and line separators (U+2028, 2029).
std::size_t UnsafeBytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0x9f) return 2;
  if (byte(0) != 0xe2) return 0;
  const bool marks = byte(1) == 0x80 && ((byte(2) >= 0x8e && byte(2) <= 0x8f) ||
                                         (byte(2) >= 0xa8 && byte(2) <= 0xae));
  const bool isolates = byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
  return marks || isolates ? 3 : 0;
}

void AppendPrintable(std::string_view text, std::string* out) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t unsafe = UnsafeBytes(text, i);
    if (unsafe == 0) {
      out->push_back(text[i++]);
      continue;
    }
    for (const std::size_t end = i + unsafe; i < end; ++i) {
      absl::StrAppendFormat(out, "\\x%02x",
                            static_cast<unsigned char>(text[i]));
    }
  }
}

void AppendValue(std::string_view name, std::string_view encoding,
                 std::string* out) {
  std::string text;
  AppendCanonicalAsText(encoding, &text);
  AppendPrintable(name, out);
  out->push_back('=');
  AppendPrintable(text, out);
}

// The second line: the key, how many, and where it begins.
void AppendDetails(const Alert& alert, bool colour, std::string* out) {
  std::string details;
  const auto separate = [&details] {
    if (!details.empty()) details += "  ";
  };
  for (const NamedValue& value : alert.key) {
    separate();
    AppendValue(value.name, value.encoding, &details);
  }
  if (alert.count > 1) {
    separate();
    absl::StrAppendFormat(&details, "count=%d since %s", alert.count,
                          FormatTime(alert.first_us));
  }
  if (alert.folded > 0) {
    separate();
    absl::StrAppendFormat(&details, "folded=%d total=%d", alert.folded,
                          alert.total);
  }
  if (details.empty()) return;
  out->append("  ");
  AppendStyled(kDim, details, colour, out);
  out->push_back('\n');
}

}  // namespace

void AppendText(const Alert& alert, bool colour, std::string* out) {
  AppendStyled(kDim, FormatTime(alert.time_us), colour, out);
  std::string severity(alert.severity);
  std::transform(severity.begin(), severity.end(), severity.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  out->push_back(' ');
  AppendStyled(SeverityColour(alert.severity),
               absl::StrFormat("%-8s", severity), colour, out);
  out->push_back(' ');
  AppendStyled(kBold, alert.rule, colour, out);
  if (alert.kind == AlertKind::kClosed) out->append(" (closed)");
  if (alert.kind == AlertKind::kResolved) out->append(" (resolved)");
  out->append("  ");
  AppendPrintable(alert.summary, out);
  out->push_back('\n');
  AppendDetails(alert, colour, out);
}

}  // namespace tocsin
