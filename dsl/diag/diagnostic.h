// What a rule author is told: one registered kind, one place, one mend.
//
// Kinds are registered in diagnostic_kind.def (code, name, severity, title);
// each has a page docs/diagnostics/<code>.md and a golden test.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/source/source_file.h"

namespace tocsin::dsl {

enum class Severity : std::uint8_t { kError, kWarning, kInfo };

enum class Kind : std::uint16_t {
#define TOCSIN_DIAGNOSTIC(code, name, severity, title) k##name,
#include "dsl/diag/diagnostic_kind.def"
#undef TOCSIN_DIAGNOSTIC
};

struct KindRecord {
  std::string_view code;  // "E0201"
  std::string_view name;  // "UnknownField"
  Severity severity;
  std::string_view title;  // One line for lists and SARIF.
};
const KindRecord& Describe(Kind kind);
std::size_t KindCount();

// Replaces the text of `span` by `text`.
struct Fix {
  Span span;
  std::string text;
};

// A second place that belongs to the first: "first defined here".
struct Note {
  Span span;
  std::string message;
};

struct Diagnostic {
  Kind kind;
  Span span;
  std::string message;  // Lower case, no full stop: "unknown field `usr`".
  std::string help;     // What was expected, or did-you-mean; may be empty.
  std::optional<Fix> fix;
  std::vector<Note> notes;
};

// Collects. Confined to one thread. Past limits::kErrorsShown a file's further
// errors are counted, not kept.
class DiagnosticSink {
 public:
  // Returns the stored diagnostic so that a caller may add help, fix, notes:
  //   sink.Emit(Kind::kUnknownField, span, "unknown field `usr`").help = "...";
  // The reference is valid until the next Emit.
  Diagnostic& Emit(Kind kind, Span span, std::string message);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  bool has_errors() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  std::size_t suppressed() const { return suppressed_; }
  // By file, then place, then code; the order in which they are printed.
  void Sort();
  // Takes warnings and notes out that `gone` says are; errors stay.
  void RemoveIf(const std::function<bool(const Diagnostic&)>& gone);

 private:
  std::vector<Diagnostic> diagnostics_;
  std::vector<std::size_t> errors_by_file_;
  Diagnostic overflow_{};
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::size_t suppressed_ = 0;
};

}  // namespace tocsin::dsl
