// Places to go on, found by looking at words and line starts only.
#include "dsl/parser/recovery.h"

#include <algorithm>
#include <optional>

#include "engine/base/strings.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

Iterator SkipSpaces(Iterator at, Iterator end) {
  return std::find_if(
      at, end, [](char c) { return c != ' ' && c != '\t' && c != '\r'; });
}

// Calls `visit` with each brace of [at, end) outside strings and comments until
// it says to stop; where it did, or null.
template <typename Visit>
Iterator ForEachBrace(Iterator at, Iterator end, Visit visit) {
  while (at < end) {
    if (*at == '#') {
      at = LineEnd(at, end);
    } else if (*at == '"') {
      const Iterator line_end = LineEnd(at, end);
      const Iterator close = std::find(at + 1, line_end, '"');
      at = close == line_end ? line_end : close + 1;
    } else if ((*at == '{' || *at == '}') && visit(*at)) {
      return at;
    } else {
      ++at;
    }
  }
  return nullptr;
}

// Braces that close more than open in [at, end).
bool ClosesMoreThanItOpens(Iterator at, Iterator end) {
  int depth = 0;
  return ForEachBrace(at, end, [&depth](char brace) {
           depth += brace == '{' ? 1 : -1;
           return depth < 0;
         }) != nullptr;
}

// The `}` of the `{` at `open`, if it stands before `end`.
Iterator MatchingBrace(Iterator open, Iterator end) {
  int depth = 0;
  return ForEachBrace(open, end, [&depth](char brace) {
    depth += brace == '{' ? 1 : -1;
    return depth == 0;
  });
}

// The `}` that ends the line of `at`, when it closes the body opened at `open`
// and not a brace of the clause that began at `begin`.
Iterator ClosingBraceOnLine(const State& state, Iterator begin, Iterator at,
                            Iterator open) {
  const Iterator line_end = LineEnd(at, state.end());
  Iterator last = line_end;
  while (last > at && (last[-1] == ' ' || last[-1] == '\t')) --last;
  if (last == at || last[-1] != '}') return nullptr;
  const bool same_line = std::find(open, at, '\n') == at;
  return same_line || ClosesMoreThanItOpens(begin, line_end) ? last - 1
                                                             : nullptr;
}

// Calls `stop` at the first non-blank of each line from `at` on; the place
// where it says yes, or the end.
template <typename Stop>
Iterator FirstLine(const State& state, Iterator at, Stop stop) {
  if (!AtLineStart(state, at)) at = LineEnd(at, state.end());
  while (at < state.end()) {
    if (*at == '\n') ++at;
    const Iterator first = SkipSpaces(at, state.end());
    if (first < state.end() && *first != '\n' && stop(first)) return first;
    at = LineEnd(first, state.end());
  }
  return state.end();
}

// A misspelt clause or declaration word: `colect x` after a mistake. Two
// operands side by side are no expression, so this starts something.
bool MisspeltStartsAt(const State& state, Iterator at) {
  const string_view word = IdentAt(at, state.end());
  const auto words = StartWords(state.body);
  if (word.size() < 3 || IsStartWord(state.body, word) ||
      ContinuesExpression(state, at)) {
    return false;
  }
  const Iterator next = SkipBlanks(at + word.size(), state.end());
  return OperandStartsAt(state, next) &&
         !Nearest(word, {words.begin(), words.end()}).empty();
}

// What stands on the line before `at`, or nothing where it is not blank only.
std::optional<string_view> IndentAt(const State& state, Iterator at) {
  if (!AtLineStart(state, at)) return std::nullopt;
  Iterator line = at;
  while (line > state.begin() && line[-1] != '\n') --line;
  return string_view(line, static_cast<std::size_t>(at - line));
}

// A line straight below the clause at `begin`, which could not be read: a word
// and an operand, or a clause word that is no path, start a clause of their
// own, however wrong. Lines of the clause itself stand further in.
bool StandsBelow(const State& state, Iterator begin, Iterator at) {
  const std::optional<string_view> indent = IndentAt(state, begin);
  const string_view word = IdentAt(at, state.end());
  if (!indent || indent->empty() || indent != IndentAt(state, at) ||
      word.empty()) {
    return false;
  }
  const Iterator after = at + word.size();
  const Iterator next = SkipBlanks(after, state.end());
  if (!IsStartWord(state.body, word)) {
    return !ContinuesExpression(state, at) && OperandStartsAt(state, next);
  }
  const string_view rest(next, static_cast<std::size_t>(state.end() - next));
  const bool path = after < state.end() &&
                    string_view(".[").find(*after) != string_view::npos;
  return !path && !rest.starts_with("==") && !rest.starts_with("!=");
}

}  // namespace

Iterator BehindTextBelow(const State& state, Iterator at) {
  Iterator line = at;
  while (line < state.end() && *line == '\n') {
    const Iterator first = SkipSpaces(line + 1, state.end());
    if (first == state.end() || *first == '\n' || *first == '}' ||
        ClauseStartsAt(state, first) || DeclarationStartsAt(state, first)) {
      return at;
    }
    const Iterator end = LineEnd(first, state.end());
    if (std::count(first, end, '"') % 2 != 0) {
      Iterator close = end;
      while (close[-1] != '"') --close;
      return close;
    }
    line = end;
  }
  return at;
}

Iterator NextClause(const State& state, Iterator begin, Iterator at,
                    Iterator open) {
  if (!AtLineStart(state, at)) {
    const Iterator brace = ClosingBraceOnLine(state, begin, at, open);
    if (brace != nullptr && brace > begin) return brace;
  }
  return FirstLine(state, at, [&](Iterator first) {
    return first > begin &&
           (ClosesBody(state, first) || ClauseStartsAt(state, first) ||
            MisspeltStartsAt(state, first) ||
            StandsBelow(state, begin, first) ||
            DeclarationStartsAt(state, first));
  });
}

Iterator NextDeclaration(const State& state, Iterator begin, Iterator at) {
  return FirstLine(state, at, [&](Iterator first) {
    const bool column_1 = first > state.begin() && first[-1] == '\n';
    return first > begin && (DeclarationStartsAt(state, first) ||
                             (column_1 && MisspeltStartsAt(state, first)));
  });
}

Iterator NextField(const State& state, Iterator begin, Iterator at,
                   Iterator open) {
  const Iterator line_end = LineEnd(at, state.end());
  const bool same_line = std::find(open, at, '\n') == at;
  if (same_line && !AtLineStart(state, at)) {
    const Iterator brace = MatchingBrace(open, line_end);
    if (brace != nullptr && brace > begin && brace >= at) return brace;
  }
  return FirstLine(state, at, [&](Iterator first) { return first > begin; });
}

}  // namespace tocsin::dsl::syntax
