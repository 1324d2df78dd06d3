// A rule file's tree as text, one node a line, for golden and metamorphic
// tests. Places are left out, so two layouts of one text print alike.
#pragma once

#include <string>

#include "dsl/cst/cst.h"

namespace tocsin::testing {

std::string PrintFile(const dsl::cst::File& file);

// On one line, every operator in parentheses: ((a and b) or (not c)).
std::string PrintExpr(const dsl::cst::Expr& expr);

}  // namespace tocsin::testing
