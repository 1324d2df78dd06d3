// Chooses the form.
#include "dsl/diag/render.h"

#include "dsl/diag/render_json.h"
#include "dsl/diag/render_text.h"

namespace tocsin::dsl {

std::string_view SeverityWord(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kInfo:
      return "info";
  }
  return "error";
}

std::string Render(const std::vector<Diagnostic>& diagnostics,
                   const SourceSet& sources, Format format, bool colour) {
  switch (format) {
    case Format::kText:
      return internal::RenderText(diagnostics, sources, colour);
    case Format::kJson:
      return internal::RenderJson(diagnostics, sources);
    case Format::kSarif:
      return internal::RenderSarif(diagnostics, sources);
  }
  return {};
}

}  // namespace tocsin::dsl
