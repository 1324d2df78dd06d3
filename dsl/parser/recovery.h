// Where reading can go on after a mistake. Plain scanning of text, no grammar.
#pragma once

#include "dsl/parser/starts.h"

namespace tocsin::dsl::syntax {

// Behind the quote that closes, some lines further down, the text whose quote
// is missing before `at`, the end of its first line; or `at`.
Iterator BehindTextBelow(const State& state, Iterator at);

// The first place behind `begin`, not before `at`, where a clause of this body
// starts or its brace closes; `open` is its `{`. The end of the text otherwise.
Iterator NextClause(const State& state, Iterator begin, Iterator at,
                    Iterator open);

// The same for declarations.
Iterator NextDeclaration(const State& state, Iterator begin, Iterator at);

// The same for the fields of a schema: the next line, or the closing brace of a
// block on one line.
Iterator NextField(const State& state, Iterator begin, Iterator at,
                   Iterator open);

}  // namespace tocsin::dsl::syntax
