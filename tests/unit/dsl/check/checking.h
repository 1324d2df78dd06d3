// Rule text through Parse and Check, and checked expressions as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dsl/check/check.h"
#include "dsl/diag/render.h"
#include "dsl/parser/parse.h"

namespace tocsin::dsl::testing {

struct Checked {
  CheckedRules rules;
  std::vector<Diagnostic> diagnostics;
  std::string text;  // The diagnostics rendered.

  // "E0201 W0501", in the order of the text.
  std::string Codes() const;
  const CheckedRule& Rule(const std::string& name) const;
};

// Each text is a file: 0.rules, 1.rules ...
Checked CheckTexts(const std::vector<std::string>& texts,
                   const CheckOptions& options = {});
inline Checked CheckText(const std::string& text,
                         const CheckOptions& options = {}) {
  return CheckTexts({text}, options);
}

// One rule `r` with this filter.
inline Checked CheckWhere(const std::string& where) {
  return CheckText("rule r {\n  where " + where + "\n}\n");
}

// (and (== verb "get") (not (exists objectRef.name)))
std::string Print(const CheckedExpr& expr, const CheckedRules& rules);
// The first filter of rule r that was written as `where`.
std::string PrintWhere(const Checked& checked);

}  // namespace tocsin::dsl::testing
