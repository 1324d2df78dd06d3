// Which words and signs of the text begin or end a clause, a declaration or an
// operand: how the grammar keeps a missing token from swallowing what is next.
// Plain scanning of text, no grammar.
#pragma once

#include <span>
#include <string_view>

#include "dsl/parser/state.h"

namespace tocsin::dsl::syntax {

// Past blanks and # comments.
Iterator SkipBlanks(Iterator at, Iterator end);

bool IsIdentStart(char c);
bool IsIdentChar(char c);

// The letters, digits and _ that `text` begins with.
std::string_view LeadingWord(std::string_view text);

// The identifier at `at`, or empty.
std::string_view IdentAt(Iterator at, Iterator end);

// The line feed that ends the line of `at`, or `end`.
Iterator LineEnd(Iterator at, Iterator end);

// Whether only blanks stand between the start of the line and `at`.
bool AtLineStart(const State& state, Iterator at);

// The words that begin a clause in such a body (or a declaration, kFile).
std::span<const std::string_view> StartWords(BodyKind body);
bool IsStartWord(BodyKind body, std::string_view word);

// The text reads on as a clause of `body` at `at`: a start word at the start of
// a line, and behind it nothing that continues an expression.
bool ClauseStartsAt(const State& state, Iterator at);

// A declaration word in column 1 that no clause of the body claims.
bool DeclarationStartsAt(const State& state, Iterator at);

// The same where a field name is possible too: a field `rule string` is none.
bool DeclarationFollows(const State& state, Iterator at);

// A word that goes on with an expression: `and`, `in`, `within`; `not` only
// before `in`, `contains` and so on.
bool ContinuesExpression(const State& state, Iterator at);

// A name, number, text or `?` that could be an operand.
bool OperandStartsAt(const State& state, Iterator at);

// A name at `at` would be the first word of the next clause or declaration (it
// begins a line and an operand follows, which no expression continues with), or
// the `within 5m` behind a missing operand. So `where a ==` does not take the
// `by` of the next line for its operand.
bool NextBegins(const State& state, Iterator at);

// `}`, or what closes the body in its place.
bool ClosesBody(const State& state, Iterator at);

// What stands at `at` may follow a complete clause.
bool ClauseEndsAt(const State& state, Iterator at);

}  // namespace tocsin::dsl::syntax
