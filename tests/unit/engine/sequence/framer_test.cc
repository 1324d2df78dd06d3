#include "engine/sequence/framer.h"

#include <cstring>
#include <random>

#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Text(const EventBatch& batch) {
  return std::string(batch.bytes.data(), batch.input_size);
}

void Put(std::string_view bytes, Framer* framer) {
  while (!bytes.empty()) {
    std::size_t capacity = 0;
    char* const room = framer->Room(&capacity);
    const std::size_t size = std::min(capacity, bytes.size());
    std::memcpy(room, bytes.data(), size);
    framer->Commit(size);
    bytes.remove_prefix(size);
  }
}

TEST(FramerTest, AChunkEndsBehindItsLastWholeLine) {
  Framer framer;
  EventBatch batch;

  framer.Begin(&batch);
  Put("a\nb\nc", &framer);
  ASSERT_TRUE(framer.Finish());
  EXPECT_EQ(Text(batch), "a\nb\n");
  EXPECT_EQ(framer.rest(), "c");

  framer.Begin(&batch);
  Put("d\n", &framer);
  ASSERT_TRUE(framer.Finish());
  EXPECT_EQ(Text(batch), "cd\n");
}

TEST(FramerTest, WithoutAWholeLineThereIsNoChunk) {
  Framer framer;
  EventBatch batch;

  framer.Begin(&batch);
  Put("abc", &framer);

  EXPECT_FALSE(framer.HasLines());
  EXPECT_FALSE(framer.Finish());
  EXPECT_EQ(framer.rest(), "abc");
}

TEST(FramerTest, TheEndOfAFileEndsItsLine) {
  Framer framer;
  EventBatch batch;

  framer.Begin(&batch);
  Put("a", &framer);
  framer.EndLine();
  Put("b\n", &framer);
  framer.EndLine();

  ASSERT_TRUE(framer.Finish());
  EXPECT_EQ(Text(batch), "a\nb\n");
}

TEST(FramerTest, PaddingBehindTheInputIsClean) {
  Framer framer;
  EventBatch batch;

  framer.Begin(&batch);
  Put("a\n{\"secret\"", &framer);
  ASSERT_TRUE(framer.Finish());

  for (std::size_t i = 0; i < EventBatch::kPadding; ++i) {
    EXPECT_EQ(batch.bytes[batch.input_size + i], 0);
  }
}

// Any lines in reads of any size come out as they went in.
TEST(FramerTest, EveryByteOfWholeLinesComesOutOnce) {
  std::mt19937_64 random(1);
  for (int run = 0; run < 40; ++run) {
    std::string input;
    for (int i = 0; i < 50; ++i) {
      input += std::string(random() % 9 == 0 ? 300'000 : random() % 40, 'x');
      input += '\n';
    }
    Framer framer;
    EventBatch batch;
    std::string output;
    std::string_view left = input;
    while (!left.empty() || !framer.rest().empty()) {
      framer.Begin(&batch);
      while (!left.empty() && !framer.Full()) {
        std::size_t capacity = 0;
        char* const room = framer.Room(&capacity);
        const std::size_t size =
            std::min({capacity, left.size(), 1 + random() % 100'000});
        std::memcpy(room, left.data(), size);
        framer.Commit(size);
        left.remove_prefix(size);
      }
      if (framer.Finish()) output += Text(batch);
    }
    ASSERT_EQ(output, input);
  }
}

class LongLineTest : public ::testing::TestWithParam<std::size_t> {};

// At the limit whole, past it cut, alone in its chunk; its neighbours whole.
TEST_P(LongLineTest, IsCutBehindTheLimitAndTakesNoNeighbourDown) {
  const std::string line(GetParam(), 'x');
  const std::string input = "before\n" + line + "\nafter\n";
  Framer framer;
  EventBatch batch;
  std::vector<std::string> chunks;
  std::vector<bool> cut;
  std::string_view left = input;
  while (!left.empty() || !framer.rest().empty()) {
    framer.Begin(&batch);
    while (!left.empty() && !framer.Full()) {
      std::size_t capacity = 0;
      char* const room = framer.Room(&capacity);
      const std::size_t size = std::min(capacity, left.size());
      std::memcpy(room, left.data(), size);
      framer.Commit(size);
      left.remove_prefix(size);
    }
    if (framer.Finish()) {
      chunks.push_back(Text(batch));
      cut.push_back(batch.truncated_last);
    }
  }
  std::string all;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (cut[i]) {
      EXPECT_EQ(chunks[i], std::string(limits::kLineBytes, 'x'));
    } else {
      all += chunks[i];
    }
  }
  const bool fits = GetParam() <= limits::kLineBytes;
  EXPECT_EQ(all == input, fits);
  EXPECT_EQ(all == "before\nafter\n", !fits);
}

INSTANTIATE_TEST_SUITE_P(AtAndPast, LongLineTest,
                         ::testing::Values(limits::kLineBytes,
                                           limits::kLineBytes + 1,
                                           2 * limits::kLineBytes + 77));

TEST(FramerTest, ACutLineThatEndsWithItsFileIsForgotten) {
  Framer framer;
  EventBatch batch;
  framer.Begin(&batch);
  Put(std::string(limits::kLineBytes + 1, 'x'), &framer);
  ASSERT_TRUE(framer.Finish());
  EXPECT_TRUE(framer.skipping());

  framer.Begin(&batch);
  framer.EndLine();
  Put("next\n", &framer);

  ASSERT_TRUE(framer.Finish());
  EXPECT_EQ(Text(batch), "next\n");
}

TEST(FramerTest, CountsTheLinesOfAChunk) {
  EventBatch batch;
  const auto lines_of = [&batch](std::string_view text) {
    batch.Clear();
    batch.bytes.assign(text.begin(), text.end());
    batch.input_size = text.size();
    return CountLines(batch);
  };

  EXPECT_EQ(lines_of("a\n\nb\n"), 3u);
  EXPECT_EQ(lines_of("a"), 1u);
  EXPECT_EQ(lines_of(""), 0u);
}

}  // namespace
}  // namespace tocsin
