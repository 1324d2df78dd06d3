// How a row of clauses, fields or declarations is entered, left and resumed.
#include "dsl/parser/bodies.h"

#include <algorithm>

#include "dsl/parser/recovery.h"

namespace tocsin::dsl::syntax {
namespace {

// Whether the row's last node is complete: what stands at `first` may follow.
bool RowGoesOn(const State& state, const Row& row, Iterator first) {
  if (row.of_fields) return true;  // A field ends where the next name stands.
  if (row.open != nullptr) return ClauseEndsAt(state, first);
  if (first > state.begin() && first[-1] == '}') return true;
  const Iterator at = SkipBlanks(first, state.end());
  const std::string_view word = IdentAt(at, state.end());
  return at == state.end() || IsStartWord(BodyKind::kFile, word) ||
         (!word.empty() && at[-1] == '\n');
}

// The string without its end that was read last, before `where`, or null.
SyntaxNode* OpenStringBefore(State& state, Iterator where) {
  SyntaxNode* node = &state.top();
  while (!node->kids.empty()) node = &node->kids.back();
  return node->kind == SyntaxKind::kOpenString &&
                 node->end == state.Offset(where)
             ? node
             : nullptr;
}

// Whether some line of [begin, end) ends with `sign`.
bool EndsALine(Iterator begin, Iterator end, char sign) {
  char last = '\0';
  for (Iterator at = begin; at < end; ++at) {
    if (*at == '\n' && last == sign) return true;
    if (*at != ' ' && *at != '\t') last = *at;
  }
  return last == sign;
}

}  // namespace

Iterator OpenBody(State& state, Iterator& first) {
  const Iterator at = SkipBlanks(first, state.end());
  if (at < state.end() && *at == '{') {
    first = at + 1;
    return at;
  }
  if (first == state.open_overlooked) return first;
  if (at == state.end() || !ClauseStartsAt(state, at)) return nullptr;
  ReportFailure(state, Failure{first, "`{`", nullptr, {}});
  return first;
}

RowStep Row::Step(State& state, Iterator& first) {
  const Iterator at = SkipBlanks(first, state.end());
  if (open == nullptr) {
    return at == state.end() ? RowStep::kDone : RowStep::kRead;
  }
  if (at < state.end() && ClosesBody(state, at)) {
    first = at + 1;
    return RowStep::kDone;
  }
  const bool declaration = of_fields ? DeclarationFollows(state, at)
                                     : DeclarationStartsAt(state, at);
  if (at < state.end() && !declaration) return RowStep::kRead;
  if (!forgiven) ReportUnclosed(state, first, open);
  return RowStep::kDone;
}

void Row::AfterClause(State& state, Iterator begin, Iterator& first,
                      bool matched) {
  if (matched && open != nullptr && !of_fields &&
      OpenStringBefore(state, first) != nullptr) {
    first = BehindTextBelow(state, first);
  }
  if (matched && RowGoesOn(state, *this, first)) return;
  if (matched) {
    state.top().broken = true;
    ReportStrayText(state, first);
    GoOn(state, begin, SkipBlanks(first, state.end()), first);
    return;
  }
  const std::string_view meant = ReportUnknownWord(state, begin, of_fields);
  if (!meant.empty()) {
    state.mended.push_back({state.Offset(begin), meant});
    first = begin;  // Read again.
    return;
  }
  const auto kind =
      open == nullptr ? SyntaxKind::kUnknownItem : SyntaxKind::kUnknownClause;
  const std::size_t length =
      std::max<std::size_t>(1, IdentAt(begin, state.end()).size());
  state.Push(kind, begin, begin + length);
  state.top().broken = true;
  GoOn(state, begin, begin, first);
}

void Row::AfterFailure(State& state, Iterator begin, Iterator& first,
                       const Failure& failure) {
  if (SyntaxNode* open_string = OpenStringBefore(state, failure.where)) {
    // It swallowed what is missed here.
    ReportOpenString(state.sink(), state.SpanOf(*open_string));
    open_string->broken = true;  // Not to be reported again.
    const Iterator behind = BehindTextBelow(state, failure.where);
    if (behind != failure.where) return GoOn(state, begin, behind, first);
  } else {
    ReportFailure(state, failure);
  }
  GoOn(state, begin, SkipBlanks(failure.where, state.end()), first);
}

void Row::GoOn(State& state, Iterator begin, Iterator at, Iterator& first) {
  if (open == nullptr) {
    first = NextDeclaration(state, begin, at);
  } else if (of_fields) {
    first = NextField(state, begin, at, open);
  } else {
    first = NextClause(state, begin, at, open);
  }
  forgiven = forgiven || EndsALine(begin, first, '}');
}

}  // namespace tocsin::dsl::syntax
