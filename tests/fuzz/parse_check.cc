#include "tests/fuzz/parse_check.h"

#include <cstdio>
#include <string>

#include "dsl/diag/render.h"
#include "dsl/parser/parse.h"
#include "engine/base/check.h"
#include "tests/testing/layout_promises.h"
#include "tests/testing/print_cst.h"

namespace tocsin::fuzz {
namespace {

using dsl::Diagnostic;
using dsl::Format;
using dsl::Span;

void CheckSpan(const dsl::SourceSet& sources, Span span) {
  TOCSIN_CHECK(span.begin <= span.end);
  TOCSIN_CHECK(span.end <= sources.file(span.file).text().size());
}

void CheckDiagnostic(const dsl::SourceSet& sources,
                     const Diagnostic& diagnostic) {
  const std::string_view text = sources.file(diagnostic.span.file).text();
  CheckSpan(sources, diagnostic.span);
  TOCSIN_CHECK(!diagnostic.message.empty());
  // A parser without a name would show its type.
  TOCSIN_CHECK(diagnostic.message.find("5boost") == std::string::npos ||
               text.find("5boost") != std::string_view::npos);
  if (diagnostic.fix) CheckSpan(sources, diagnostic.fix->span);
  for (const dsl::Note& note : diagnostic.notes) {
    CheckSpan(sources, note.span);
  }
}

void CheckExpr(const dsl::cst::Expr& expr, int depth) {
  TOCSIN_CHECK(expr.begin <= expr.end);
  TOCSIN_CHECK(depth <= 8 * 64);
  for (const dsl::cst::Expr& child : expr.children) {
    CheckExpr(child, depth + 1);
  }
}

}  // namespace

void CheckParse(std::string_view bytes) {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  const dsl::FileId id =
      sources.Add(dsl::SourceFile("fuzz.rules", std::string(bytes)));

  const dsl::cst::File file = dsl::Parse(sources, id, &sink);

  TOCSIN_CHECK(file.complete == !sink.has_errors());
  sink.Sort();
  for (const Diagnostic& diagnostic : sink.diagnostics()) {
    CheckDiagnostic(sources, diagnostic);
  }
  for (const dsl::cst::Comment& comment : file.comments) {
    TOCSIN_CHECK(sources.file(id).text()[comment.begin] == '#');
  }
  for (const dsl::cst::Item& item : file.items) {
    TOCSIN_CHECK(item.begin <= item.end);
    if (const auto* let = std::get_if<dsl::cst::LetItem>(&item.value)) {
      CheckExpr(let->body, 1);
    }
  }
  TOCSIN_CHECK(!testing::PrintFile(file).empty());
  if (file.complete) {
    std::string broken;
    testing::LayoutChecked(std::string(bytes), &broken);
    if (!broken.empty()) std::fprintf(stderr, "%s\n", broken.c_str());
    TOCSIN_CHECK(broken.empty());
  }
  dsl::Render(sink.diagnostics(), sources, Format::kText, true);
  dsl::Render(sink.diagnostics(), sources, Format::kJson, false);
  dsl::Render(sink.diagnostics(), sources, Format::kSarif, false);
}

}  // namespace tocsin::fuzz
