// The JSON of test blocks: as values, and whether an event fits its schema.
#pragma once

#include "dsl/check/checked_test.h"
#include "dsl/check/context.h"

namespace tocsin::dsl {

TestJson ToTestJson(const cst::Json& json, const FileSettings& file);

// Warns of what the schema does not know or has another type for; null is
// missing and fits everywhere.
void LintTestEvent(const TestJson& event, const Type& type, Context* context);

}  // namespace tocsin::dsl
