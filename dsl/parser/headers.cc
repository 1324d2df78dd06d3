// Looks at one line only: a header ends at its `{`, or at the end of the line
// when the next one begins with a clause.
#include "dsl/parser/headers.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

constexpr std::array kReserved =
    std::to_array<string_view>({"and", "or", "not", "in", "true", "false"});

bool IsReserved(string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

Iterator TrimEnd(Iterator begin, Iterator end) {
  while (end > begin && IsBlank(end[-1])) --end;
  return end;
}

// Whether a clause begins at the first word behind `at`, once in a rule.
bool ClauseFollows(State& state, Iterator at) {
  const BodyKind outside = state.body;
  state.body = BodyKind::kRule;
  const bool follows = ClauseStartsAt(state, SkipBlanks(at, state.end()));
  state.body = outside;
  return follows;
}

// Where the header that begins at `at` ends, without blanks: at the `{` of its
// line, or, `open` being null, at the end of the line. Quotes hide a brace.
struct Extent {
  Iterator end;
  Iterator open;
};

Extent ExtentOf(const State& state, Iterator at) {
  const Iterator line_end = std::find(at, state.end(), '\n');
  bool quoted = false;
  for (Iterator c = at; c < line_end; ++c) {
    if (*c == '"') quoted = !quoted;
    if (quoted) continue;
    if (*c == '{') return {TrimEnd(at, c), c};
    if (*c == '#' || *c == '}') return {TrimEnd(at, c), nullptr};
  }
  return {TrimEnd(at, line_end), nullptr};
}

// `=`, `()`, `:` and the like behind a good name: the name counts.
bool IsPunctuation(string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsBlank(c) || string_view("=:(),->").find(c) != string_view::npos;
  });
}

// A name made of `text`, or nothing where none suggests itself: it holds more
// than a name.
std::string NameFrom(string_view text) {
  if (text.find_first_of("(:,={") != string_view::npos) return {};
  std::string name;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0x80u) != 0) return {};
    if (IsIdentChar(c)) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (!name.empty() && !IsIdentStart(name[0])) name.insert(0, "_");
  return IsReserved(name) ? std::string() : name;
}

void ReportBadName(State& state, Iterator at, Iterator end) {
  const string_view text(at, static_cast<std::size_t>(end - at));
  if (text.empty()) {
    state.sink()->Emit(Kind::kExpected, state.SpanOf(at, at + 1),
                       "expected a name for the rule, found `{`");
    return;
  }
  Diagnostic& diagnostic = state.sink()->Emit(
      Kind::kExpected, state.SpanOf(at, end),
      absl::StrFormat("expected a name for the rule, found `%s`", text));
  if (IsReserved(text)) {
    diagnostic.help = absl::StrFormat("`%s` is reserved", text);
    return;
  }
  diagnostic.help = "a name is letters, digits and `_`, no digit first";
  const std::string name = NameFrom(text);
  if (!name.empty()) diagnostic.fix = Fix{diagnostic.span, name};
}

void ReportPunctuation(State& state, Iterator at, const Extent& extent) {
  const string_view text(at, static_cast<std::size_t>(extent.end - at));
  Diagnostic& diagnostic =
      state.sink()->Emit(Kind::kExpected, state.SpanOf(at, extent.end),
                         absl::StrFormat("expected `{`, found `%s`", text));
  diagnostic.help = "the clauses of a rule stand in `{` and `}`";
  if (extent.open == nullptr) return;
  const Iterator name_end = TrimEnd(state.begin(), at);
  diagnostic.fix = Fix{state.SpanOf(name_end, extent.open), " "};
}

// The body begins at the `{` or, where there is none, behind the header.
Iterator LeaveHeader(State& state, const Extent& extent) {
  if (extent.open != nullptr) return extent.open;
  state.open_overlooked = extent.end;
  if (extent.end[-1] == '(') state.closing = ')';
  return extent.end;
}

}  // namespace

bool ReadRuleHeader(State& state, Iterator& first) {
  const Iterator at = SkipBlanks(first, state.end());
  if (at == state.end() || NextBegins(state, at)) return false;
  const string_view word = IdentAt(at, state.end());
  const Iterator behind = at + word.size();
  const Iterator next = SkipBlanks(behind, state.end());
  const bool on_line = std::find(behind, next, '\n') == next;
  const bool good = !word.empty() && !IsReserved(word);
  if (good && (next == state.end() || *next == '{' || *next == '}' ||
               !on_line || ClauseFollows(state, behind))) {
    state.Push(SyntaxKind::kName, at, behind);
    first = behind;
    return true;
  }
  const Extent extent = ExtentOf(state, at);
  if (extent.open == nullptr && !ClauseFollows(state, extent.end)) {
    if (!good) return false;
    state.Push(SyntaxKind::kName, at, behind);
    first = behind;  // Without a body: told there.
    return true;
  }
  const Iterator tail = std::min(next, extent.end);
  if (good &&
      IsPunctuation({tail, static_cast<std::size_t>(extent.end - tail)})) {
    state.Push(SyntaxKind::kName, at, behind);
    ReportPunctuation(state, tail, extent);
  } else {
    state.Push(SyntaxKind::kName, at, extent.end);
    state.top().broken = true;
    ReportBadName(state, at, extent.end);
  }
  first = LeaveHeader(state, extent);
  return true;
}

}  // namespace tocsin::dsl::syntax
