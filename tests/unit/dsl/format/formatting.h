// Text in, its canonical layout out; "" and a failed test when there is none.
#pragma once

#include <string>

#include "dsl/diag/render.h"
#include "dsl/format/format.h"
#include "dsl/parser/parse.h"
#include "gtest/gtest.h"

namespace tocsin::dsl {

inline std::string Layout(const std::string& text) {
  SourceSet sources;
  DiagnosticSink sink;
  const FileId id = sources.Add(SourceFile("a.rules", text));
  const cst::File file = Parse(sources, id, &sink);
  EXPECT_EQ(
      Render(sink.diagnostics(), sources, tocsin::dsl::Format::kText, false),
      "");
  const auto laid_out = CanonicalLayout(sources.file(id), file);
  EXPECT_TRUE(laid_out.has_value()) << text;
  return laid_out.value_or("");
}

// As above, and the result is its own layout.
inline std::string StableLayout(const std::string& text) {
  const std::string once = Layout(text);
  EXPECT_EQ(Layout(once), once);
  return once;
}

}  // namespace tocsin::dsl
