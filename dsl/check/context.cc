// The reporter, and the wording of did-you-mean.
#include "dsl/check/context.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/diag/near.h"

namespace tocsin::dsl {

Diagnostic& Reporter::Emit(Kind kind, Span span, std::string message) {
  const bool is_error = Describe(kind).severity == Severity::kError;
  if (is_error) ++errors_;
  const bool silent = span.file == kBuiltInFile || (!is_error && !lint_);
  if (silent || !seen_.insert({kind, span.file, span.begin, span.end}).second) {
    scratch_ = Diagnostic{};
    return scratch_;
  }
  return sink_->Emit(kind, span, std::move(message));
}

std::string Context::Text(Span span) const {
  if (span.file == kBuiltInFile) return {};
  return std::string(sources.Text(span));
}

std::string DidYouMean(std::string_view word,
                       const std::vector<std::string_view>& candidates,
                       std::string_view* nearest) {
  *nearest = NearWord(word, candidates);
  if (nearest->empty()) return {};
  return absl::StrFormat("did you mean `%s`?", *nearest);
}

}  // namespace tocsin::dsl
