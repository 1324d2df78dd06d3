// What the tree knows of a text that its tokens alone do not say: which pieces
// are one token, and which brackets and signs cling to what is before or behind
// them.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "dsl/cst/cst.h"

namespace tocsin::dsl::layout {

using Places = std::unordered_set<std::uint32_t>;  // Byte offsets.

struct Marks {
  std::vector<cst::Node> whole;  // Literals, templates, tags: one token each.
  std::vector<cst::Node> json;   // The outermost values of tests.
  Places callees;                // Names before the parenthesis of a call.
  Places subscripts;             // [ behind a path.
  Places prefixes;  // A minus, or the ? of a key that may be missing.
  Places members;   // Where a field or column of a block begins.
};

Marks CollectMarks(const cst::File& file);

}  // namespace tocsin::dsl::layout
