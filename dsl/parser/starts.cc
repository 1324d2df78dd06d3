// Which words and signs begin or end something, seen without the grammar.
#include "dsl/parser/starts.h"

#include <algorithm>
#include <array>

#include "dsl/diag/near.h"
#include "dsl/parser/quotes.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

constexpr std::array kFileWords = std::to_array<string_view>(
    {"use", "group", "timezone", "defaults", "list", "table", "let", "schema",
     "rule", "signal", "tune", "test"});
constexpr std::array kRuleWords = std::to_array<string_view>(
    {"title",   "description",    "severity", "risk",    "tags",
     "runbook", "references",     "owner",    "enabled", "id",
     "from",    "where",          "unless",   "by",      "event",
     "when",    "then",           "collect",  "show",    "alert",
     "keys",    "falsepositives", "late"});
constexpr std::array kSchemaWords =
    std::to_array<string_view>({"time", "identity", "unwrap", "match",
                                "default", "derive", "show", "fields"});
constexpr std::array kTableWords = std::to_array<string_view>(
    {"from", "key", "put", "drop", "keep", "for", "keys"});
constexpr std::array kTestWords = std::to_array<string_view>(
    {"let", "at", "lateness", "restart", "reload", "send", "expect"});

// Words that may follow an operand inside an expression or a clause.
constexpr std::array kContinuations = std::to_array<string_view>(
    {"and",   "or",      "in",       "contains", "startswith", "endswith",
     "like",  "matches", "nocase",   "as",       "within",     "then",
     "if",    "else",    "until",    "up",       "among",      "without",
     "learn", "unless",  "mentioned"});

bool Contains(std::span<const string_view> words, string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Clause words with an expression behind them that are no function either.
bool TakesParenthesis(string_view word) {
  return word == "where" || word == "unless" || word == "when" ||
         word == "by" || word == "risk" || word == "collect";
}

// Behind a start word: something that shows the word was a field after all.
bool ReadsAsField(const State& state, string_view word, Iterator after) {
  const Iterator at = SkipBlanks(after, state.end());
  if (at == state.end()) return false;
  if (IsIdentStart(*at)) {
    return word == "then" || word == "unless" ? false
                                              : ContinuesExpression(state, at);
  }
  const string_view rest(at, static_cast<std::size_t>(state.end() - at));
  if (word == "keys" && rest.starts_with("<=")) return false;
  if (word == "tags" && rest.starts_with("+=")) return false;
  if (rest.starts_with("[")) return at == after;  // by[0], but not: by [..]
  if (*at == '=' || *at == '!') return rest.substr(1).starts_with("=");
  return string_view(".<>+*/%,)]").find(*at) != string_view::npos;
}

// A word one slip away from a clause word, and an operand that is no run of a
// sequence: `alret "x"`, not `denied x5`.
bool SurelyMisspelt(const State& state, Iterator at) {
  const string_view word = IdentAt(at, state.end());
  const auto words = StartWords(state.body);
  if (word.size() < 3 || ContinuesExpression(state, at) ||
      std::none_of(words.begin(), words.end(), [word](string_view known) {
        return OneEditApart(word, known);
      })) {
    return false;
  }
  const Iterator next = SkipBlanks(at + word.size(), state.end());
  const string_view follower = IdentAt(next, state.end());
  const bool run =
      follower.size() > 1 && follower[0] == 'x' &&
      follower.find_first_not_of("0123456789", 1) == string_view::npos;
  return OperandStartsAt(state, next) && !run;
}

}  // namespace

Iterator LineEnd(Iterator at, Iterator end) { return std::find(at, end, '\n'); }

Iterator SkipBlanks(Iterator at, Iterator end) {
  while (at < end) {
    if (*at == '#') {
      at = LineEnd(at, end);
    } else if (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r' ||
               *at == '\v' || *at == '\f') {
      ++at;
    } else if (const std::size_t blank =
                   ForeignBlank({at, static_cast<std::size_t>(end - at)})) {
      at += blank;  // Told by lower_file.cc.
    } else {
      break;
    }
  }
  return at;
}

bool IsIdentStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsIdentChar(char c) { return IsIdentStart(c) || (c >= '0' && c <= '9'); }

string_view LeadingWord(string_view text) {
  const auto end = std::find_if(text.begin(), text.end(),
                                [](char c) { return !IsIdentChar(c); });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

string_view IdentAt(Iterator at, Iterator end) {
  if (at == end || !IsIdentStart(*at)) return {};
  return LeadingWord({at, static_cast<std::size_t>(end - at)});
}

bool AtLineStart(const State& state, Iterator at) {
  while (at > state.begin() && (at[-1] == ' ' || at[-1] == '\t')) --at;
  return at == state.begin() || at[-1] == '\n';
}

std::span<const string_view> StartWords(BodyKind body) {
  switch (body) {
    case BodyKind::kFile:
      return kFileWords;
    case BodyKind::kRule:
      return kRuleWords;
    case BodyKind::kSchema:
      return kSchemaWords;
    case BodyKind::kTable:
      return kTableWords;
    case BodyKind::kTest:
      return kTestWords;
  }
  return {};
}

bool IsStartWord(BodyKind body, string_view word) {
  return Contains(StartWords(body), word);
}

bool ClauseStartsAt(const State& state, Iterator at) {
  const string_view word = IdentAt(at, state.end());
  return state.body != BodyKind::kFile && IsStartWord(state.body, word) &&
         AtLineStart(state, at) && !ReadsAsField(state, word, at + word.size());
}

bool DeclarationStartsAt(const State& state, Iterator at) {
  const bool column_1 = at == state.begin() || at[-1] == '\n';
  const string_view word = IdentAt(at, state.end());
  if (!column_1 || !IsStartWord(BodyKind::kFile, word)) return false;
  if (state.body != BodyKind::kFile && IsStartWord(state.body, word)) {
    return false;
  }
  const Iterator next = SkipBlanks(at + word.size(), state.end());
  if (word == "defaults") return next < state.end() && *next == '{';
  if (word == "rule" || word == "signal") {
    const string_view name = IdentAt(next, state.end());  // `rule in {`
    const Iterator open = SkipBlanks(next + name.size(), state.end());
    if (open < state.end() && *open == '{') return true;
  }
  if (word == "tune" && next < state.end() && *next == '*') return true;
  return OperandStartsAt(state, next);
}

bool DeclarationFollows(const State& state, Iterator at) {
  if (!DeclarationStartsAt(state, at)) return false;
  Iterator next = at + IdentAt(at, state.end()).size();
  next = SkipBlanks(next, state.end());
  if (next < state.end() && (*next == '"' || *next == '{')) return true;
  while (next < state.end() && (IsIdentChar(*next) || *next == '.')) ++next;
  next = SkipBlanks(next, state.end());
  return next < state.end() &&
         (string_view("={(+*").find(*next) != string_view::npos ||
          IdentAt(next, state.end()) == "from");
}

bool ContinuesExpression(const State& state, Iterator at) {
  const string_view word = IdentAt(at, state.end());
  if (word != "not") return Contains(kContinuations, word);
  const Iterator next = SkipBlanks(at + word.size(), state.end());
  return Contains(kContinuations, IdentAt(next, state.end()));
}

bool OperandStartsAt(const State& state, Iterator at) {
  if (at == state.end()) return false;
  if (!IsIdentStart(*at)) {
    return (*at >= '0' && *at <= '9') ||
           string_view("\"'`?").find(*at) != string_view::npos;
  }
  return !ContinuesExpression(state, at);
}

bool NextBegins(const State& state, Iterator at) {
  const string_view word = IdentAt(at, state.end());
  if (word == "within") {  // Before a number: a window, never a field.
    const Iterator next = SkipBlanks(at + word.size(), state.end());
    return next < state.end() && *next >= '0' && *next <= '9';
  }
  if (!AtLineStart(state, at)) return false;
  if (DeclarationStartsAt(state, at)) return true;
  if (state.body == BodyKind::kFile) return false;
  if (!IsStartWord(state.body, word)) {
    return state.body == BodyKind::kRule && SurelyMisspelt(state, at);
  }
  const Iterator next = SkipBlanks(at + word.size(), state.end());
  // `x == title` may stand before another clause, on this line or the next.
  const string_view follower = IdentAt(next, state.end());
  if (IsStartWord(state.body, follower)) return false;
  if (word == "tags" || word == "references" || word == "falsepositives") {
    return next < state.end() && *next == '[';
  }
  if (next < state.end() && *next == '(') return TakesParenthesis(word);
  // `unless = 5`: nothing in an expression is followed by a single `=`.
  if (state.body == BodyKind::kRule && !state.equals_ends &&
      next + 1 < state.end() && *next == '=' && next[1] != '=') {
    return true;
  }
  if (next < state.end() && *next == '{') return word == "fields";
  return OperandStartsAt(state, next);
}

bool ClosesBody(const State& state, Iterator at) {
  return *at == '}' || *at == state.closing;
}

bool ClauseEndsAt(const State& state, Iterator at) {
  at = SkipBlanks(at, state.end());
  if (at == state.end() || ClosesBody(state, at)) return true;
  const string_view word = IdentAt(at, state.end());
  if (word.empty()) return false;
  return IsStartWord(state.body, word) || AtLineStart(state, at);
}

}  // namespace tocsin::dsl::syntax
