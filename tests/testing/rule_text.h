// Rule text through parser and checker, for tests that start from text.
#pragma once

#include <string>
#include <utility>
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

// A rule set of several files, each a path and its text. List files are read
// by `read_file`, when there are any.
inline CheckedText CheckFiles(
    const std::vector<std::pair<std::string, std::string>>& named,
    dsl::CheckOptions options = {}) {
  CheckedText out;
  std::vector<dsl::FileId> ids;
  for (const auto& [path, text] : named) {
    ids.push_back(out.sources.Add(dsl::SourceFile(path, text)));
  }
  std::vector<dsl::cst::File> files;
  for (const dsl::FileId id : ids) {
    files.push_back(dsl::Parse(out.sources, id, &out.sink));
  }
  options.lint = false;
  out.rules = dsl::Check(files, out.sources, options, &out.sink);
  return out;
}

inline CheckedText CheckText(const std::string& text) {
  return CheckFiles({{"test.rules", text}});
}

}  // namespace tocsin::testing
