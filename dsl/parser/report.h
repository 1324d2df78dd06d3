// Turns what stopped the grammar into a diagnostic: the place, what was
// expected in the reader's words, and a mend where the slip is a known one.
#pragma once

#include "dsl/parser/state.h"

namespace tocsin::dsl::syntax {

void ReportFailure(State& state, const Failure& failure);

// A string has no closing quote on its line.
void ReportOpenString(DiagnosticSink* sink, Span span);

// A clause was complete, and at `where` something follows that starts no other.
void ReportStrayText(State& state, Iterator where);

// Nothing of this body or file starts with what stands at `at`. The word that
// was certainly meant, to be read in its place, or empty.
std::string_view ReportUnknownWord(State& state, Iterator at, bool field);

// The text or the declaration ends at `where` inside the braces of `open`.
void ReportUnclosed(State& state, Iterator where, Iterator open);

}  // namespace tocsin::dsl::syntax
