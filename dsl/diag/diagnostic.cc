// The registry's records and the sink.
#include "dsl/diag/diagnostic.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

constexpr std::array kRecords = {
#define TOCSIN_DIAGNOSTIC(code, name, severity, title) \
  KindRecord{code, #name, Severity::severity, title},
#include "dsl/diag/diagnostic_kind.def"
#undef TOCSIN_DIAGNOSTIC
};

}  // namespace

const KindRecord& Describe(Kind kind) {
  return kRecords[static_cast<std::size_t>(kind)];
}

std::size_t KindCount() { return kRecords.size(); }

Diagnostic& DiagnosticSink::Emit(Kind kind, Span span, std::string message) {
  Diagnostic diagnostic{kind, span, std::move(message), {}, {}, {}};
  const bool is_error = Describe(kind).severity == Severity::kError;
  if (is_error) {
    ++errors_;
    if (errors_by_file_.size() <= span.file) {
      errors_by_file_.resize(span.file + 1);
    }
    if (++errors_by_file_[span.file] > limits::kErrorsShown) {
      ++suppressed_;
      overflow_ = std::move(diagnostic);
      return overflow_;
    }
  } else if (Describe(kind).severity == Severity::kWarning) {
    ++warnings_;
  }
  diagnostics_.push_back(std::move(diagnostic));
  return diagnostics_.back();
}

void DiagnosticSink::Sort() {
  const auto key = [](const Diagnostic& d) {
    return std::make_tuple(d.span.file, d.span.begin, Describe(d.kind).code);
  };
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [&key](const Diagnostic& a, const Diagnostic& b) {
                     return key(a) < key(b);
                   });
}

void DiagnosticSink::RemoveIf(
    const std::function<bool(const Diagnostic&)>& gone) {
  std::erase_if(diagnostics_, [&](const Diagnostic& d) {
    const Severity severity = Describe(d.kind).severity;
    if (severity == Severity::kError || !gone(d)) return false;
    if (severity == Severity::kWarning) --warnings_;
    return true;
  });
}

}  // namespace tocsin::dsl
