// A table of foreign signs and words, and a few slips that need a look ahead.
#include "dsl/parser/slips.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "dsl/parser/recovery.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

struct ForeignSign {
  string_view sign;
  string_view ours;
};
// Longer signs first.
constexpr std::array kForeignSigns =
    std::to_array<ForeignSign>({{"===", "=="},
                                {"!==", "!="},
                                {"&&", "and"},
                                {"||", "or"},
                                {"<>", "!="},
                                {"=~", "matches"},
                                {"~=", "matches"},
                                {"!~", "not matches"},
                                {"=>", ">="},
                                {"=<", "<="}});
constexpr std::array kForeignWords =
    std::to_array<ForeignSign>({{"AND", "and"},
                                {"OR", "or"},
                                {"NOT", "not"},
                                {"IN", "in"},
                                {"is", "=="},
                                {"eq", "=="},
                                {"neq", "!="},
                                {"contain", "contains"},
                                {"startsWith", "startswith"},
                                {"endsWith", "endswith"},
                                {"icontains", "contains"},
                                {"glob", "like"},
                                {"regex", "matches"},
                                {"match", "matches"}});

Slip Foreign(string_view sign, string_view ours) {
  return {Kind::kForeignOperator, sign.size(),
          absl::StrFormat("`%s` is an operator of another language", sign),
          absl::StrFormat("write `%s`", ours), std::string(ours)};
}

std::optional<Slip> SignSlip(string_view rest, Slot slot) {
  if (slot == Slot::kBehindOperand) {
    for (const ForeignSign& foreign : kForeignSigns) {
      if (rest.starts_with(foreign.sign)) {
        return Foreign(foreign.sign, foreign.ours);
      }
    }
    if (rest.starts_with("=") && !rest.starts_with("==")) {
      return Slip{Kind::kForeignOperator, 1, "`=` does not compare",
                  "write `==`", "=="};
    }
  }
  if (slot == Slot::kOperand && rest.starts_with("!") &&
      !rest.starts_with("!=")) {
    Slip slip = Foreign("!", "not");
    slip.mend = "not ";
    return slip;
  }
  if (slot == Slot::kDefinition && rest.starts_with("==")) {
    return Slip{Kind::kForeignOperator, 2,
                "`==` compares; a definition has `=`", "write `=`", "="};
  }
  if (slot == Slot::kLimit) {
    const std::size_t length = rest.starts_with("==")  ? 2
                               : rest.starts_with("=") ? 1
                               : rest.starts_with("<") ? 1
                                                       : 0;
    if (length > 0) {
      return Slip{Kind::kExpected, length, "expected `<=`",
                  "a limit is written `keys <= 100_000`", "<="};
    }
  }
  return std::nullopt;
}

std::optional<Slip> WordSlip(string_view rest, Slot slot) {
  const string_view word = IdentAt(rest.data(), rest.data() + rest.size());
  if (slot != Slot::kBehindOperand && word != "NOT") return std::nullopt;
  if (word == "nocase") {
    return Slip{Kind::kMisplaced, word.size(), "`nocase` does not stand here",
                "`nocase` ends a test of text: x contains \"a\" nocase",
                std::nullopt};
  }
  for (const ForeignSign& foreign : kForeignWords) {
    if (word == foreign.sign) return Foreign(word, foreign.ours);
  }
  return std::nullopt;
}

// `15 minutes`, `10min`, `5 m`: a number and a word that names a unit.
std::optional<Slip> DurationSlip(string_view rest) {
  std::size_t digits = 0;
  while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') {
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  std::size_t at = digits;
  while (at < rest.size() && rest[at] == ' ') ++at;
  const string_view word = IdentAt(rest.data() + at, rest.data() + rest.size());
  static constexpr std::array kUnits =
      std::to_array<ForeignSign>({{"microsecond", "us"},
                                  {"millisecond", "ms"},
                                  {"msec", "ms"},
                                  {"second", "s"},
                                  {"sec", "s"},
                                  {"minute", "m"},
                                  {"min", "m"},
                                  {"hour", "h"},
                                  {"hr", "h"},
                                  {"day", "d"},
                                  {"week", "w"},
                                  {"us", "us"},
                                  {"ms", "ms"},
                                  {"s", "s"},
                                  {"m", "m"},
                                  {"h", "h"},
                                  {"d", "d"},
                                  {"w", "w"}});
  for (const ForeignSign& unit : kUnits) {
    if (word == unit.sign || word == std::string(unit.sign) + "s") {
      const std::string mend =
          std::string(rest.substr(0, digits)) + std::string(unit.ours);
      return Slip{Kind::kExpected, at + word.size(),
                  "expected a duration such as `5m`",
                  absl::StrFormat("write `%s`", mend), mend};
    }
  }
  return Slip{Kind::kExpected, std::max(digits, at + word.size()),
              "expected a duration such as `5m`",
              "a duration has a unit: us, ms, s, m, h, d or w", std::nullopt};
}

// Quotes that a word processor made: U+201C to U+201F.
std::size_t TypographicQuote(string_view rest) {
  return rest.size() > 2 && rest.starts_with("\xe2\x80") && rest[2] >= '\x9c' &&
                 rest[2] <= '\x9f'
             ? 3
             : 0;
}

std::optional<Slip> QuoteSlip(string_view rest) {
  if (TypographicQuote(rest) == 0) return std::nullopt;
  const string_view line = rest.substr(0, rest.find('\n'));
  std::size_t close = 3;
  while (close < line.size() && TypographicQuote(line.substr(close)) == 0 &&
         line[close] != '"') {
    ++close;
  }
  Slip slip{Kind::kBadString, 3, "a typographic quote",
            "strings stand in plain quotes: \"...\"", std::nullopt};
  if (close < line.size()) {
    slip.length = close + (line[close] == '"' ? 1 : 3);
    slip.mend = absl::StrFormat("\"%s\"", line.substr(3, close - 3));
  }
  return slip;
}

}  // namespace

std::optional<Slip> FindSlip(string_view rest, Slot slot) {
  if (auto slip = SignSlip(rest, slot)) return slip;
  if (auto slip = WordSlip(rest, slot)) return slip;
  if (slot == Slot::kDuration) {
    if (auto slip = DurationSlip(rest)) return slip;
  }
  if (auto slip = QuoteSlip(rest)) return slip;
  if (rest.starts_with(":") || rest.starts_with(";")) {
    return Slip{Kind::kExpected, 1,
                absl::StrFormat("`%c` does not stand here", rest[0]),
                "a clause is its word, a blank and its value", ""};
  }
  return std::nullopt;
}

}  // namespace tocsin::dsl::syntax
