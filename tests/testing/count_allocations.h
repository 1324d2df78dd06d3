// How often this process called operator new. Linking count_allocations.cc
// replaces the global operators. From any thread.
#pragma once

#include <cstdint>

namespace tocsin::testing {

std::uint64_t Allocations();
// What it gave and operator delete has not taken back, as the heap rounds it.
std::uint64_t LiveBytes();

}  // namespace tocsin::testing
