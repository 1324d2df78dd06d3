// Messages of the grammar. What was expected is the name of the rule that was
// missing; the words in backquotes in it are the candidates for did-you-mean.
#include "dsl/parser/report.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <optional>
#include <span>

#include "absl/strings/str_format.h"
#include "dsl/diag/near.h"
#include "dsl/parser/foreign.h"
#include "dsl/parser/slips.h"
#include "dsl/parser/starts.h"
#include "engine/base/limits.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

string_view Rest(const State& state, Iterator at) {
  return {at, static_cast<std::size_t>(state.end() - at)};
}

// The token at `at`, for a message: a word or number, a sign, a character.
string_view TokenAt(const State& state, Iterator at) {
  const string_view rest = Rest(state, at);
  if (rest.empty()) return rest;
  if (IsIdentChar(rest[0])) return LeadingWord(rest);
  for (const string_view sign :
       {"\"\"\"", "==", "!=", "<=", ">=", "&&", "||", "??", "+=", ".."}) {
    if (rest.starts_with(sign)) return sign;
  }
  std::size_t length = 1;  // One code point.
  while (length < rest.size() &&
         (static_cast<unsigned char>(rest[length]) & 0xc0u) == 0x80u) {
    ++length;
  }
  return rest.substr(0, length);
}

// The words in backquotes in `expected`.
std::vector<string_view> Candidates(string_view expected) {
  std::vector<string_view> words;
  while (true) {
    const std::size_t open = expected.find('`');
    if (open == string_view::npos) return words;
    const std::size_t close = expected.find('`', open + 1);
    if (close == string_view::npos) return words;
    const string_view word = expected.substr(open + 1, close - open - 1);
    if (!word.empty() && std::all_of(word.begin(), word.end(), IsIdentChar)) {
      words.push_back(word);
    }
    expected.remove_prefix(close + 1);
  }
}

void Propose(Diagnostic& diagnostic, string_view word) {
  diagnostic.help = absl::StrFormat("did you mean `%s`?", word);
  diagnostic.fix = Fix{diagnostic.span, std::string(word)};
}

std::string Lower(string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

// The only word of `words` that is one slip away from `found`, or empty.
string_view CertainlyMeant(string_view found,
                           std::span<const string_view> words) {
  if (found.size() < 3) return {};
  const std::string lower = Lower(found);
  string_view meant;
  for (const string_view word : words) {
    if (!OneEditApart(lower, word)) continue;
    if (!meant.empty()) return {};
    meant = word;
  }
  return meant;
}

void ProposeNearest(Diagnostic& diagnostic, string_view found,
                    const std::vector<string_view>& candidates) {
  if (found.size() < 2) return;
  const std::string lower = Lower(found);
  const bool same = std::find(candidates.begin(), candidates.end(), lower) !=
                    candidates.end();
  const string_view near = same ? lower : NearWord(lower, candidates);
  // Two letters say nothing; nor does what stands there already.
  if (near.empty() || near == found || (!same && found.size() < 3)) return;
  Propose(diagnostic, near);
}

// Where to point for what is missing behind `where`: at the token that stands
// there instead, or just behind `where` when that is on another line.
struct Spot {
  Iterator at;
  bool same_line;
};

Spot Look(const State& state, Iterator where) {
  const Iterator at = SkipBlanks(where, state.end());
  const bool same_line = at < state.end() && std::find(where, at, '\n') == at;
  return {at, same_line};
}

Diagnostic& EmitExpected(State& state, Iterator where, string_view expected) {
  const Spot spot = Look(state, where);
  if (spot.same_line) {
    const string_view found = TokenAt(state, spot.at);
    Diagnostic& diagnostic = state.sink()->Emit(
        Kind::kExpected, state.SpanOf(spot.at, spot.at + found.size()),
        absl::StrFormat("expected %s, found `%s`", expected, found));
    ProposeNearest(diagnostic, found, Candidates(expected));
    return diagnostic;
  }
  const bool at_end = spot.at == state.end();
  return state.sink()->Emit(
      Kind::kExpected, state.SpanOf(where, where),
      absl::StrFormat("expected %s%s", expected,
                      at_end ? ", found the end of the file" : ""));
}

// The words that may stand behind an operand of the clause that was read last.
std::vector<string_view> WordsInside(State& state) {
  const SyntaxNode& node = state.top();
  const string_view word =
      node.kids.empty() ? string_view()
                        : Rest(state, state.begin() + node.kids[0].begin)
                              .substr(0, node.kids[0].end - node.kids[0].begin);
  std::vector<string_view> words = {
      "and",        "or",       "in",   "not",     "contains",
      "startswith", "endswith", "like", "matches", "nocase"};
  const auto add = [&words](std::initializer_list<string_view> more) {
    words.insert(words.end(), more);
  };
  if (word == "unless") add({"until"});
  if (word == "when") {
    add({"within", "then", "without", "where", "tumbling", "hopping", "learn"});
  }
  if (word == "by" || word == "event") add({"as", "among"});
  if (word == "collect") add({"as", "up"});
  if (word == "show") add({"as"});
  if (word == "severity") add({"if", "else"});
  return words;
}

void Report(State& state, Iterator at, const Slip& slip) {
  Diagnostic& diagnostic = state.sink()->Emit(
      slip.kind, state.SpanOf(at, at + slip.length), slip.message);
  diagnostic.help = slip.help;
  if (slip.mend) diagnostic.fix = Fix{diagnostic.span, *slip.mend};
}

bool ReportSlip(State& state, Iterator where, Slot slot) {
  const Iterator at = SkipBlanks(where, state.end());
  if (const std::optional<Slip> slip = FindSlip(Rest(state, at), slot)) {
    Report(state, at, *slip);
    return true;
  }
  const std::optional<Habit> habit =
      FindHabit(Rest(state, state.begin()),
                static_cast<std::size_t>(at - state.begin()), slot);
  if (!habit) return false;
  Report(state, state.begin() + habit->begin, habit->slip);
  return true;
}

}  // namespace

void ReportFailure(State& state, const Failure& failure) {
  if (failure.cause == Failure::Cause::kTooDeep) {
    const Iterator at = SkipBlanks(failure.where, state.end());
    state.sink()
        ->Emit(Kind::kNestingTooDeep, state.SpanOf(at, at + 1),
               absl::StrFormat("nested more than %d deep", limits::kNesting))
        .help = "give the inner part a name with `let`";
    return;
  }
  if (failure.cause == Failure::Cause::kEndlessBlock) {
    state.sink()
        ->Emit(Kind::kBadString, state.SpanOf(failure.where, failure.where + 3),
               "a block text that is never closed")
        .help = "close it with `\"\"\"`";
    return;
  }
  const bool behind_operand = failure.opened != nullptr;
  const Slot slot = behind_operand                        ? Slot::kBehindOperand
                    : failure.expected == "`<=`"          ? Slot::kLimit
                    : failure.expected.starts_with("`=`") ? Slot::kDefinition
                    : failure.expected.starts_with("a duration")
                        ? Slot::kDuration
                        : Slot::kOperand;
  const Spot spot = Look(state, failure.where);
  // Another bracket than the one that is open is for the note to tell.
  const bool closes = behind_operand && spot.same_line && *spot.at == ')';
  if (!closes && ReportSlip(state, failure.where, slot)) return;
  if (spot.same_line) {
    if (const auto slip =
            FindOmission(Rest(state, spot.at), failure.expected)) {
      return Report(state, spot.at, *slip);
    }
  }
  Diagnostic& diagnostic = EmitExpected(state, failure.where, failure.expected);
  if (failure.opened != nullptr) {
    const string_view sign(failure.opened, 1);
    diagnostic.notes.push_back(
        {state.SpanOf(failure.opened, failure.opened + 1),
         absl::StrFormat("to close this `%s`", sign)});
    const bool bracket = failure.expected.size() == 3;  // `)` or `]`
    if (bracket && !Look(state, failure.where).same_line) {
      diagnostic.fix = Fix{diagnostic.span, failure.expected.substr(1, 1)};
    }
  }
}

void ReportOpenString(DiagnosticSink* sink, Span span) {
  sink->Emit(Kind::kBadString, span, "a string that is not closed on its line")
      .help = "close it with `\"`; a line break in a text is written `\\n`";
}

namespace {

// `exists objectRef.name`: the function without its parentheses.
bool ReportBareExists(State& state, Iterator word, Iterator word_end) {
  if (IdentAt(word, state.end()) != "exists") return false;
  const Iterator path = SkipBlanks(word_end, state.end());
  Iterator end = path;
  while (end < state.end() && (IsIdentChar(*end) || *end == '.')) ++end;
  if (end == path || !IsIdentStart(*path)) return false;
  const string_view field(path, static_cast<std::size_t>(end - path));
  Diagnostic& diagnostic =
      state.sink()->Emit(Kind::kExpected, state.SpanOf(word, end),
                         "`exists` takes its field in parentheses");
  Propose(diagnostic, absl::StrFormat("exists(%s)", field));
  return true;
}

}  // namespace

void ReportStrayText(State& state, Iterator where) {
  if (ReportSlip(state, where, Slot::kBehindOperand)) return;
  Iterator last = where;  // `NOT x`: the first word was taken for a field.
  while (last > state.begin() && IsIdentChar(last[-1])) --last;
  if (ReportSlip(state, last, Slot::kOperand)) return;
  if (ReportBareExists(state, last, where)) return;
  const bool in_file = state.body == BodyKind::kFile;
  Diagnostic& diagnostic =
      EmitExpected(state, where,
                   in_file ? "an operator or the next declaration"
                           : "an operator, the next clause or `}`");
  const string_view found =
      IdentAt(SkipBlanks(where, state.end()), state.end());
  std::vector<string_view> words = WordsInside(state);
  const Iterator behind = SkipBlanks(where, state.end()) + found.size();
  if (Look(state, behind).same_line) {  // Else it would stand there alone.
    const auto clauses = StartWords(state.body);
    words.insert(words.end(), clauses.begin(), clauses.end());
  }
  ProposeNearest(diagnostic, found, words);
}

namespace {

// Whether the clause that was read last ends in an expression, which a line
// that begins with `and` would go on with.
bool ReadsOn(const State& state) {
  if (state.height() == 0) return false;
  const SyntaxNode& last = state.top();
  if (last.kids.empty()) return false;
  const string_view word(state.begin() + last.kids[0].begin,
                         last.kids[0].end - last.kids[0].begin);
  for (const string_view clause :
       {"where", "unless", "when", "event", "put", "drop", "match", "derive"}) {
    if (word == clause) return true;
  }
  return false;
}

constexpr string_view kNotYaml =
    "rules are no YAML: rule NAME { severity high  where verb == \"get\" }";

}  // namespace

std::string_view ReportUnknownWord(State& state, Iterator at, bool field) {
  const string_view word = IdentAt(at, state.end());
  if (word.empty() || field) {
    if (!field && ReportSlip(state, at, Slot::kBehindOperand)) return {};
    const string_view expected =
        field ? "a field such as `name string`, or `}`"
        : state.body == BodyKind::kFile
            ? "a declaration such as `rule`, `list` or `let`"
            : "a clause or `}`";
    Diagnostic& diagnostic = EmitExpected(state, at, expected);
    if (Rest(state, at).starts_with("- ")) diagnostic.help = kNotYaml;
    return {};
  }
  const bool in_file = state.body == BodyKind::kFile;
  const string_view behind = Rest(state, at + word.size());
  Diagnostic& diagnostic = state.sink()->Emit(
      Kind::kUnknownClause, state.SpanOf(at, at + word.size()),
      absl::StrFormat("unknown %s `%s`", in_file ? "declaration" : "clause",
                      word));
  if (in_file && IsStartWord(BodyKind::kRule, word)) {
    diagnostic.message = absl::StrFormat("`%s` stands outside a rule", word);
    diagnostic.help = behind.starts_with(":")
                          ? kNotYaml
                          : "a `}` before it may close the rule too early";
    return {};
  }
  if (in_file && behind.starts_with(":")) {
    diagnostic.help = kNotYaml;
    return {};
  }
  if (const ForeignClause* const foreign = FindForeignClause(word)) {
    diagnostic.help = foreign->help;
    if (!foreign->ours.empty() && !in_file) {
      diagnostic.fix = Fix{diagnostic.span, std::string(foreign->ours)};
    }
    return {};
  }
  const auto words = StartWords(state.body);
  std::vector<string_view> candidates(words.begin(), words.end());
  if (ReadsOn(state)) candidates.insert(candidates.end(), {"and", "or"});
  ProposeNearest(diagnostic, word, candidates);
  const bool readable =
      state.body == BodyKind::kFile || state.body == BodyKind::kRule;
  return readable ? CertainlyMeant(word, words) : string_view();
}

namespace {

// The end of the last text before `at`: not of a blank, nor of a line that is
// a comment only.
Iterator TextEndBefore(const State& state, Iterator at) {
  while (at > state.begin()) {
    if (std::isspace(static_cast<unsigned char>(at[-1])) != 0) {
      --at;
      continue;
    }
    Iterator line = at;
    while (line > state.begin() && line[-1] != '\n') --line;
    while (line < at && (*line == ' ' || *line == '\t')) ++line;
    if (*line != '#') break;
    at = line;
  }
  return at;
}

}  // namespace

void ReportUnclosed(State& state, Iterator where, Iterator open) {
  where = TextEndBefore(state, where);
  if (state.unclosed == where) return;  // Of a block inside: one slip, not two.
  state.unclosed = where;
  Diagnostic& diagnostic = state.sink()->Emit(
      Kind::kUnclosed, state.SpanOf(where, where), "expected `}`");
  diagnostic.help = "close the braces before the next declaration";
  diagnostic.notes.push_back(
      {state.SpanOf(open, open + 1), "to close this `{`"});
}

}  // namespace tocsin::dsl::syntax
