// The `fields` block of a schema as a type.
#pragma once

#include "dsl/check/context.h"

namespace tocsin::dsl {

Type FieldsType(const cst::TypeExpr& block, const FileSettings& file,
                Context* context);

}  // namespace tocsin::dsl
