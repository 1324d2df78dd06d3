// First pass: what is declared where. Duplicates, settings of files, and the
// declarations that are refused as a whole.
#pragma once

#include <span>
#include <string_view>

#include "dsl/check/context.h"

namespace tocsin::dsl {

void CollectSymbols(std::span<const cst::File> files, Context* context);

// Every name that some expression of the file holds, refused constructs
// included, into symbols.read: what stays out is unused.
void CollectReads(const cst::File& file, Context* context);

// Whether the expression holds the name anywhere, unquoted.
bool ReadsName(const cst::Expr& expr, std::string_view name);

// Unused lists, lets and parameters; names that hide others.
void ReportUnused(Context* context);
void ReportShadowed(Context* context);

}  // namespace tocsin::dsl
