// What must hold of any bytes given to the parser. Aborts when it does not.
#pragma once

#include <string_view>

namespace tocsin::fuzz {

void CheckParse(std::string_view bytes);

}  // namespace tocsin::fuzz
