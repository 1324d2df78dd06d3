// Diagnostics as a reader or a tool wants them.
//
// Text: a header line, the place, the source line underlined, then help, the
// mend as a line to compare with, and notes. JSON: one object a line, with
// exactly code severity message file line column end_line end_column help fix.
// SARIF: one SARIF 2.1.0 document for the whole list, also for an empty one.
// Lines and columns count from 1, columns in code points, ends are exclusive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/diag/diagnostic.h"
#include "dsl/source/source_file.h"

namespace tocsin::dsl {

enum class Format : std::uint8_t { kText, kJson, kSarif };

std::string_view SeverityWord(Severity severity);  // "error"

// In the order given: see DiagnosticSink::Sort. `colour` counts for kText only.
// Ends with a line feed unless empty. Thread-safe.
std::string Render(const std::vector<Diagnostic>& diagnostics,
                   const SourceSet& sources, Format format, bool colour);

}  // namespace tocsin::dsl
