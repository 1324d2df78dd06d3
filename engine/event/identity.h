// What makes two deliveries one event: a hash over an object's own bytes.
#pragma once

#include <span>
#include <string_view>

#include "engine/base/hash.h"

namespace tocsin {

// The hash of an object's top-level members in order, each as its raw bytes,
// without those whose (decoded) key is in `without` (an audit log line carries
// kind and apiVersion, an EventList's item does not) and without the blanks
// and commas between members. `object` is a row's raw text.
Hash128 ContentHash(std::string_view object,
                    std::span<const std::string_view> without);

}  // namespace tocsin
