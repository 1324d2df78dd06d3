// Rule text through parser and checker, for tests that start from text.
#pragma once

#include <string>
#include <vector>

#include "dsl/check/check.h"
#include "dsl/diag/diagnostic.h"
#include "dsl/parser/parse.h"
#include "dsl/source/source_file.h"

namespace tocsin::testing {

struct CheckedText {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  dsl::CheckedRules rules;
  bool ok() const { return rules.ok && !sink.has_errors(); }

  // Errors only, one a line: "line:column code message".
  std::string Errors() const {
    std::string out;
    for (const dsl::Diagnostic& diagnostic : sink.diagnostics()) {
      const dsl::KindRecord& kind = dsl::Describe(diagnostic.kind);
      if (kind.severity != dsl::Severity::kError) continue;
      const dsl::Place place =
          sources.file(diagnostic.span.file).PlaceOf(diagnostic.span.begin);
      out += std::to_string(place.line) + ":" + std::to_string(place.column) +
             " " + std::string(kind.code) + " " + diagnostic.message + "\n";
    }
    return out;
  }
};

inline CheckedText CheckText(const std::string& text) {
  CheckedText out;
  const dsl::FileId id = out.sources.Add(dsl::SourceFile("test.rules", text));
  const std::vector<dsl::cst::File> files{
      dsl::Parse(out.sources, id, &out.sink)};
  dsl::CheckOptions options;
  options.lint = false;
  out.rules = dsl::Check(files, out.sources, options, &out.sink);
  return out;
}

}  // namespace tocsin::testing
