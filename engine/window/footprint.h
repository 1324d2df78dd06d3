// What state counts in bytes, for the budget: the same number for the same
// state wherever and however it came about, so that who has to go follows from
// the sequence alone. Hence constants in the place of sizeof and of what an
// allocator gives, each a little more than what it stands for takes
// (docs/decisions/0022-state-budget.md).
#pragma once

#include <cstddef>

namespace tocsin::footprint {

// A slot of a key, with the air of its table, its place in the order of
// eviction and its note for the next checkpoint. Its block comes on top.
inline constexpr std::size_t kKey = 72;
inline constexpr std::size_t kName = 88;  // And its bytes.
inline constexpr std::size_t kRecord = 192;
inline constexpr std::size_t kContribution = 16;
inline constexpr std::size_t kNumber = 8;
inline constexpr std::size_t kText = 48;       // And its bytes.
inline constexpr std::size_t kPanes = 160;     // Of a key.
inline constexpr std::size_t kPane = 96;       // And its record.
inline constexpr std::size_t kTotal = 104;     // And its values.
inline constexpr std::size_t kIncident = 384;  // With its timer.
inline constexpr std::size_t kSample = 72;
inline constexpr std::size_t kCollected = 112;
inline constexpr std::size_t kCollect = 40;  // Of them.
inline constexpr std::size_t kValue = 72;    // And its bytes.

}  // namespace tocsin::footprint
