#include "dsl/parser/foreign.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "dsl/parser/starts.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

constexpr string_view kWithin =
    "`within` ends the condition: when count() >= 10 within 5m";
constexpr string_view kFilter =
    "the filter stands in `where`, what events do together in `when`";
constexpr string_view kSequence =
    "name what happens with `event`, and the order: when a then b within 5m";

constexpr std::array kClauses = std::to_array<ForeignClause>(
    {{"within", "", kWithin},
     {"timeframe", "", kWithin},
     {"timespan", "", kWithin},
     {"maxspan", "", kWithin},
     {"window", "", kWithin},
     {"group", "", "`by` groups: by user.username"},
     {"having", "", "`when` counts: when count() >= 10 within 5m"},
     {"threshold", "", "`when` counts: when count() >= 10 within 5m"},
     {"condition", "", kFilter},
     {"detection", "", kFilter},
     {"selection", "", kFilter},
     {"query", "", kFilter},
     {"sequence", "", kSequence},
     {"events", "", kSequence},
     {"meta", "", "`severity`, `tags` and the like are clauses of the rule"},
     {"outcome", "", "`collect` and `show` keep values, `risk` scores"},
     {"filter", "where", "did you mean `where`?"},
     {"priority", "severity", "did you mean `severity`?"},
     {"level", "severity", "did you mean `severity`?"},
     {"output", "alert", "did you mean `alert`?"},
     {"message", "alert", "did you mean `alert`?"},
     {"desc", "description", "did you mean `description`?"},
     {"author", "owner", "did you mean `owner`?"},
     {"exclude", "unless", "did you mean `unless`?"},
     {"except", "unless", "did you mean `unless`?"}});

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

string_view LineRest(string_view rest) {
  return rest.substr(0, rest.find('\n'));
}

// Behind an operator that was taken for another: `-` of `->`, `/` of `//`.
std::optional<Habit> SplitSign(string_view text, std::size_t at) {
  if (at == 0 || at >= text.size()) return std::nullopt;
  const string_view both = text.substr(at - 1, 2);
  if (both == "->") {
    return Habit{at - 1,
                 {Kind::kForeignOperator, 2, "`->` orders nothing here",
                  "write `then`", "then"}};
  }
  if (both == "//" || both == "/*") {
    return Habit{
        at - 1,
        {Kind::kExpected, 2, absl::StrFormat("`%s` begins no comment", both),
         "a comment begins with `#`",
         both == "//" ? std::optional<std::string>("#") : std::nullopt}};
  }
  return std::nullopt;
}

// `50%`, and nothing that it could be divided by.
std::optional<Habit> Percent(string_view text, std::size_t at) {
  std::size_t sign = std::min(at, text.size());
  while (sign > 0 && (text[sign - 1] == ' ' || text[sign - 1] == '\n')) --sign;
  if (sign < 2 || text[sign - 1] != '%') return std::nullopt;
  std::size_t begin = sign - 1;
  while (begin > 0 && (IsDigit(text[begin - 1]) || text[begin - 1] == '.')) {
    --begin;
  }
  const string_view digits = text.substr(begin, sign - 1 - begin);
  if (digits.empty() || digits.size() > 3 ||
      digits.find('.') != string_view::npos) {
    return std::nullopt;
  }
  const std::string share =
      absl::StrFormat("%g", std::stoi(std::string(digits)) / 100.0);
  return Habit{begin,
               {Kind::kExpected, sign - begin,
                absl::StrFormat("`%s%%` is no number", digits),
                absl::StrFormat("a share is written %s", share), share}};
}

bool EndsPath(char c) { return !IsIdentChar(c) && c != '.'; }

bool IsTest(string_view word) {
  for (const string_view test :
       {"startswith", "endswith", "contains", "matches", "like"}) {
    if (word == test) return true;
  }
  return false;
}

std::string Lower(string_view word) {
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// `user.username.startsWith("x")`: what is called stands in front.
std::optional<Habit> Method(string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '(') return std::nullopt;
  std::size_t begin = at;
  while (begin > 0 && !EndsPath(text[begin - 1])) --begin;
  const string_view path = text.substr(begin, at - begin);
  const std::size_t dot = path.rfind('.');
  if (dot == string_view::npos || dot == 0) return std::nullopt;
  const string_view subject = path.substr(0, dot);
  const std::string called = Lower(path.substr(dot + 1));
  const string_view rest = LineRest(text.substr(at));
  const std::size_t close = rest.find(')');
  const bool plain =
      close != string_view::npos && rest.find('(', 1) >= close && close > 1;
  Habit habit{begin,
              {Kind::kExpected, path.size(), "a field has nothing to call",
               absl::StrFormat("a function takes it in parentheses: lower(%s)",
                               subject),
               std::nullopt}};
  if (IsTest(called)) {
    const string_view value = plain ? rest.substr(1, close - 1) : "\"..\"";
    const std::string test =
        absl::StrFormat("%s %s %s", subject, called, value);
    habit.slip.help = absl::StrFormat("write %s", test);
    if (plain) {
      habit.slip.length = path.size() + close + 1;
      habit.slip.mend = test;
    }
  }
  return habit;
}

// `!in`, `!contains`; a `)` too many.
std::optional<Slip> BehindOperand(string_view rest) {
  if (rest.starts_with("!")) {
    const string_view word =
        IdentAt(rest.data() + 1, rest.data() + rest.size());
    const std::string lower = Lower(word);
    if (lower == "in" || IsTest(lower)) {
      const std::string ours = "not " + lower;
      return Slip{
          Kind::kForeignOperator, 1 + word.size(),
          absl::StrFormat("`!%s` is an operator of another language", word),
          absl::StrFormat("write `%s`", ours), ours};
    }
  }
  if (rest.starts_with(")")) {
    return Slip{Kind::kExpected, 1, "`)` closes nothing", "no `(` is open here",
                ""};
  }
  if (rest.starts_with("//") || rest.starts_with("/*")) {
    return SplitSign(rest, 1)->slip;
  }
  const Iterator end = rest.data() + rest.size();
  if (IdentAt(rest.data(), end) == "followed") {
    const Iterator next = SkipBlanks(rest.data() + 8, end);
    if (IdentAt(next, end) != "by") return std::nullopt;
    const auto length = static_cast<std::size_t>(next - rest.data()) + 2;
    return Slip{Kind::kForeignOperator, length,
                "`followed by` orders nothing here", "write `then`", "then"};
  }
  return std::nullopt;
}

// `silent 10m`
std::optional<Slip> SilentFor(string_view text, std::size_t at) {
  std::size_t word = at;
  while (word > 0 && text[word - 1] == ' ') --word;
  if (!text.substr(0, word).ends_with("silent") || at >= text.size() ||
      !IsDigit(text[at])) {
    return std::nullopt;
  }
  const string_view number = LeadingWord(text.substr(at));
  return Slip{Kind::kExpected, number.size(),
              absl::StrFormat("expected `for`, found `%s`", number),
              absl::StrFormat("write silent for %s", number),
              absl::StrFormat("for %s", number)};
}

}  // namespace

std::optional<Habit> FindHabit(string_view text, std::size_t at, Slot slot) {
  if (slot == Slot::kOperand) {
    if (auto habit = SplitSign(text, at)) return habit;
    return Percent(text, at);
  }
  if (slot != Slot::kBehindOperand) return std::nullopt;
  if (auto slip = BehindOperand(text.substr(std::min(at, text.size())))) {
    return Habit{at, *std::move(slip)};
  }
  if (auto slip = SilentFor(text, at)) return Habit{at, *std::move(slip)};
  return Method(text, at);
}

const ForeignClause* FindForeignClause(string_view word) {
  const auto found =
      std::find_if(kClauses.begin(), kClauses.end(),
                   [&](const ForeignClause& c) { return c.word == word; });
  return found == kClauses.end() ? nullptr : &*found;
}

std::optional<Slip> FindOmission(string_view rest, string_view expected) {
  if (expected == "`per`" && !rest.empty() && IsDigit(rest[0])) {
    const string_view time = LeadingWord(rest);
    return Slip{Kind::kExpected, time.size(),
                absl::StrFormat("expected `per`, found `%s`", time),
                absl::StrFormat("write once per %s", time),
                absl::StrFormat("per %s", time)};
  }
  if (expected == "a date in quotes") {
    const string_view day = rest.substr(0, 10);
    const bool whole =
        day.size() == 10 && std::all_of(day.begin(), day.end(), [](char c) {
          return IsDigit(c) || c == '-';
        });
    if (!whole) return std::nullopt;
    const std::string quoted = absl::StrFormat("\"%s\"", day);
    return Slip{Kind::kExpected, day.size(),
                absl::StrFormat("expected a date in quotes, found `%s`", day),
                absl::StrFormat("write %s", quoted), quoted};
  }
  if (expected != "`[` and tags" && !expected.starts_with("a list such as")) {
    return std::nullopt;
  }
  string_view values = LineRest(rest);
  if (values.find_first_of("[]{}()") != string_view::npos) return std::nullopt;
  values = values.substr(0, values.find('#'));
  const std::size_t last = values.find_last_not_of(" \t\r,");
  if (last == string_view::npos) return std::nullopt;
  values = values.substr(0, last + 1);
  const std::string list = absl::StrFormat("[%s]", values);
  return Slip{Kind::kExpected, values.size(),
              absl::StrFormat("expected %s", expected),
              absl::StrFormat("write %s", list), list};
}

}  // namespace tocsin::dsl::syntax
