// What makes two deliveries one event: a hash over an object's own bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/hash.h"

namespace tocsin {

// The hash of an object's top-level members in order, each as its raw bytes,
// without those whose (decoded) key is in `without` (an audit log line carries
// kind and apiVersion, an EventList's item does not) and without the blanks
// and commas between members. `object` is a row's raw text.
Hash128 ContentHash(std::string_view object,
                    std::span<const std::string_view> without);

// The same of an object whose members but the first few, which are left out,
// stand without blanks between them; `content`: where they begin
// (Row::content).
Hash128 ContentHash(std::string_view object, std::uint32_t content);

// Row::content, found the slow way: what an extractor must give.
std::uint32_t ContentBegin(std::string_view object,
                           std::span<const std::string> left_out);

}  // namespace tocsin
