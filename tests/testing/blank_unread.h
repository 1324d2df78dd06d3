// A line as one sees it who reads brackets, strings and scalars but no values:
// for comparing readers that look at what nobody asked for with one that does
// not.
#pragma once

#include <string>
#include <string_view>

#include "engine/event/extract.h"

namespace tocsin::testing {

// The line with every value that `projection` does not read replaced by an
// empty one of its kind; the line as it is when it breaks in what is read.
std::string BlankUnread(const Projection& projection, std::string_view line);

// How deep its brackets nest.
int DeepestBracket(std::string_view line);

}  // namespace tocsin::testing
