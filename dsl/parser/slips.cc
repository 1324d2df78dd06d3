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
constexpr std::array kForeignSigns = std::to_array<ForeignSign>(
    {{"===", "=="}, {"!==", "!="}, {"&&", "and"}, {"||", "or"}, {"<>", "!="},
     {"=~", "matches"}, {"~=", "matches"}, {"!~", "not matches"},
     {"=>", ">="}, {"=<", "<="}});
constexpr std::array kForeignWords = std::to_array<ForeignSign>(
    {{"AND", "and"}, {"OR", "or"}, {"NOT", "not"}, {"IN", "in"},
     {"is", "=="}, {"eq", "=="}, {"neq", "!="}, {"contain", "contains"},
     {"startsWith", "startswith"}, {"endsWith", "endswith"},
     {"icontains", "contains"}, {"glob", "like"}, {"regex", "matches"},
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
    return Foreign("!", "not");
  }
  if (slot == Slot::kDefinition && rest.starts_with("==")) {
    return Slip{Kind::kForeignOperator, 2, "`==` compares; a definition has `=`",
                "write `=`", "="};
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
  const string_view word =
      IdentAt(rest.data() + at, rest.data() + rest.size());
  static constexpr std::array kUnits = std::to_array<ForeignSign>(
      {{"microsecond", "us"}, {"millisecond", "ms"}, {"msec", "ms"},
       {"second", "s"}, {"sec", "s"}, {"minute", "m"}, {"min", "m"},
       {"hour", "h"}, {"hr", "h"}, {"day", "d"}, {"week", "w"}, {"us", "us"},
       {"ms", "ms"}, {"s", "s"}, {"m", "m"}, {"h", "h"}, {"d", "d"},
       {"w", "w"}});
  for (const ForeignSign& unit : kUnits) {
    if (word == unit.sign || word == std::string(unit.sign) + "s") {
      const std::string mend = std::string(rest.substr(0, digits)) +
                               std::string(unit.ours);
      return Slip{Kind::kExpected, at + word.size(),
                  "expected a duration such as `5m`",
                  absl::StrFormat("write `%s`", mend), mend};
    }
  }
  return Slip{Kind::kExpected, std::max(digits, at + word.size()),
              "expected a duration such as `5m`",
              "a duration has a unit: us, ms, s, m, h, d or w", std::nullopt};
}

}  // namespace

std::optional<Slip> FindSlip(string_view rest, Slot slot) {
  if (auto slip = SignSlip(rest, slot)) return slip;
  if (auto slip = WordSlip(rest, slot)) return slip;
  if (slot == Slot::kDuration) {
    if (auto slip = DurationSlip(rest)) return slip;
  }
  if (rest.starts_with("\xe2\x80\x9c") || rest.starts_with("\xe2\x80\x9d")) {
    return Slip{Kind::kBadString, 3, "a typographic quote",
                "strings stand in plain quotes: \"...\"", "\""};
  }
  if (rest.starts_with(":") || rest.starts_with(";")) {
    return Slip{Kind::kExpected, 1,
                absl::StrFormat("`%c` does not stand here", rest[0]),
                "a clause is its word, a blank and its value", ""};
  }
  return std::nullopt;
}

}  // namespace tocsin::dsl::syntax
