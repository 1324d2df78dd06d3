// The name under which a key, shown or collected value is known.
#pragma once

#include <optional>
#include <string>

#include "dsl/check/context.h"

namespace tocsin::dsl {

// The name written with `as`, or the last segment of a path. False when the
// expression needs a name; reported.
bool KeyName(const cst::Expr& expr, const std::optional<cst::Name>& as,
             const FileSettings& file, Context* context, std::string* name);

}  // namespace tocsin::dsl
