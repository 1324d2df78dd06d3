// What a row's memory keeps for the next: enough for rows alike, never what one
// huge row needed.
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine/match/row_value.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

TEST(ScratchTest, RowsThatGrowSlowlyKeepNoMoreThanTwiceTheLargest) {
  Scratch scratch;
  std::size_t largest = 0;
  for (std::size_t size = 1'000; size < Scratch::kKeptBytes / 4; size += 100) {
    scratch.Reset();
    std::memset(scratch.Bytes(size), 1, size);
    largest = size;
  }
  scratch.Reset();

  EXPECT_LE(scratch.held(), 2 * largest + (32u << 10));
  EXPECT_GE(scratch.held(), largest);
}

TEST(ScratchTest, KeepsUpToItsCapAndOneByteMoreIsLetGo) {
  Scratch scratch;
  std::memset(scratch.Bytes(Scratch::kKeptBytes), 1, Scratch::kKeptBytes);
  scratch.Reset();
  EXPECT_EQ(scratch.held(), Scratch::kKeptBytes);

  Scratch other;
  const std::size_t more = Scratch::kKeptBytes + 1;
  std::memset(other.Bytes(more), 1, more);
  EXPECT_EQ(other.held(), more);
  other.Reset();
  EXPECT_EQ(other.held(), 0u);
}

TEST(ScratchTest, PiecesOfARowStayWhereTheyAre) {
  Scratch scratch;
  std::vector<std::string_view> copies;
  for (int i = 0; i < 5'000; ++i) {
    copies.push_back(scratch.Copy(std::to_string(i)));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(scratch.Make<Value>(3)) %
                  alignof(Value),
              0u);
  }
  for (int i = 0; i < 5'000; ++i) EXPECT_EQ(copies[i], std::to_string(i));
}

}  // namespace
}  // namespace tocsin
