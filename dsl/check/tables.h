// Tables from files: columns, keys, rows.
#pragma once

#include "dsl/check/context.h"

namespace tocsin::dsl {

// Reads every table into context->tables by name. Those that events fill are
// refused.
void CheckTables(Context* context);

}  // namespace tocsin::dsl
