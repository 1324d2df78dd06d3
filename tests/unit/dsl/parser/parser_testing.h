// A text, its tree and what was said about it, in one value.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "dsl/diag/render.h"
#include "dsl/parser/parse.h"
#include "tests/testing/print_cst.h"

namespace tocsin::dsl {

class Parsed {
 public:
  explicit Parsed(std::string text) {
    id_ = sources_.Add(SourceFile("t.rules", std::move(text)));
    file_ = Parse(sources_, id_, &sink_);
    sink_.Sort();
  }

  const cst::File& file() const { return file_; }
  const DiagnosticSink& sink() const { return sink_; }
  std::string_view text() const { return sources_.file(id_).text(); }
  std::string Tree() const { return testing::PrintFile(file_); }
  std::string Report() const {
    return Render(sink_.diagnostics(), sources_, Format::kText, false);
  }

  // "2:7 E0101" of each diagnostic, a line each.
  std::string Places() const {
    std::string out;
    for (const Diagnostic& diagnostic : sink_.diagnostics()) {
      const Place place = sources_.file(id_).PlaceOf(diagnostic.span.begin);
      out += absl::StrFormat("%d:%d %s\n", place.line, place.column,
                             Describe(diagnostic.kind).code);
    }
    return out;
  }

 private:
  SourceSet sources_;
  DiagnosticSink sink_;
  FileId id_ = 0;
  cst::File file_;
};

}  // namespace tocsin::dsl
