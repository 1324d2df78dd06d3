// Compiled expressions: a pool of hash-consed nodes, children before parents,
// so that equal tests of all rules are one node and are decided once an event.
#pragma once

#include <cstdint>

namespace tocsin {

using ExprId = std::uint32_t;
inline constexpr ExprId kNoExpr = 0xFFFFFFFF;

struct ExprPool {};

}  // namespace tocsin
