// A table of foreign signs and words, and a few slips that need a look ahead.
#include "dsl/parser/slips.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "dsl/parser/quotes.h"
#include "dsl/parser/starts.h"

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

bool IsTextOperator(string_view word) {
  return word == "contains" || word == "startswith" || word == "endswith" ||
         word == "like" || word == "matches";
}

// Whether a number with a unit stands behind the first `length` bytes.
bool DurationFollows(string_view rest, std::size_t length) {
  std::size_t at = std::min(rest.find_first_not_of(" =", length), rest.size());
  const std::size_t digits = at;
  while (at < rest.size() && rest[at] >= '0' && rest[at] <= '9') ++at;
  return at > digits && at < rest.size() &&
         string_view("smhdwu").find(rest[at]) != string_view::npos;
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
  if (slot == Slot::kDefinition && rest.starts_with(":")) {
    const std::size_t length = rest.starts_with(":=") ? 2 : 1;
    return Slip{
        Kind::kExpected, length,
        absl::StrFormat("expected `=`, found `%s`", rest.substr(0, length)),
        "write `=`",
        length == 2              ? "="
        : rest.starts_with(": ") ? " ="
                                 : " = "};
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

// `count() > 3 every 5m`, `a then b maxspan=5m`
bool IsSpanWord(string_view word) {
  for (const string_view other :
       {"for", "over", "every", "per", "maxspan", "timespan", "timeframe"}) {
    if (word == other) return true;
  }
  return false;
}

std::optional<Slip> WordSlip(string_view rest, Slot slot) {
  const string_view word = IdentAt(rest.data(), rest.data() + rest.size());
  if (slot != Slot::kBehindOperand && word != "NOT") return std::nullopt;
  if (word == "nocase") {
    return Slip{Kind::kMisplaced, word.size(), "`nocase` does not stand here",
                "`nocase` ends a test of text: x contains \"a\" nocase",
                std::nullopt};
  }
  if (word == "not") {  // `not startsWith`
    const Iterator end = rest.data() + rest.size();
    const Iterator next = SkipBlanks(rest.data() + word.size(), end);
    const string_view second = IdentAt(next, end);
    for (const ForeignSign& foreign : kForeignWords) {
      if (second != foreign.sign || !IsTextOperator(foreign.ours)) continue;
      const string_view both(
          rest.data(),
          static_cast<std::size_t>(next - rest.data()) + second.size());
      return Foreign(both, absl::StrFormat("not %s", foreign.ours));
    }
  }
  if (word == "is" || word == "IS") {  // `is null`, `is not null`
    const Iterator end = rest.data() + rest.size();
    Iterator next = SkipBlanks(rest.data() + word.size(), end);
    const bool negated =
        IdentAt(next, end) == "not" || IdentAt(next, end) == "NOT";
    if (negated) next = SkipBlanks(next + 3, end);
    const string_view last = IdentAt(next, end);
    if (last == "null" || last == "NULL" || last == "None") {
      const auto length = static_cast<std::size_t>(next - rest.data());
      Slip slip = Foreign(rest.substr(0, length + last.size()), "");
      slip.help = negated ? "what is there: exists(field)"
                          : "what is missing or null: not exists(field)";
      slip.mend = std::nullopt;
      return slip;
    }
  }
  if (IsSpanWord(word) && DurationFollows(rest, word.size())) {
    Slip slip = Foreign(word, "within");
    if (rest[word.size()] == '=') {  // maxspan=5m
      slip.length = rest.find_first_not_of(" =", word.size());
      slip.mend = "within ";
    }
    return slip;
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
