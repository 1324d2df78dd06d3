// Schemas: the built-in one and declared ones, by the same code.
#pragma once

#include "dsl/check/context.h"

namespace tocsin::dsl {

// Every schema into context->schemas, then each file's `use` into its
// settings. Needs the lists.
void CheckSchemas(Context* context);

// The schema of this name; reports an unknown one and gives null.
const CheckedSchema* FindSchema(const cst::Dotted& name,
                                const FileSettings& file, Context* context);

}  // namespace tocsin::dsl
