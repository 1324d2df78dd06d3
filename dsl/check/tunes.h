// `tune GLOB, .. { .. }`: which rules each changes, and where two disagree.
#pragma once

#include <string_view>

#include "dsl/check/context.h"

namespace tocsin::dsl {

// `*` stands for any text, dots too.
bool MatchesGlob(std::string_view glob, std::string_view name);

// Hangs each tune on the rules that it names.
void MatchTunes(Context* context);

}  // namespace tocsin::dsl
