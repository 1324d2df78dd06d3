// Dead letters of a service whose file cannot always be written.
#include "app/kept_letters.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000;

// While it lives, no file grows beyond so many bytes: a full device.
class NoRoomBeyond {
 public:
  explicit NoRoomBeyond(std::uint64_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~NoRoomBeyond() { setrlimit(RLIMIT_FSIZE, &before_); }
  NoRoomBeyond(const NoRoomBeyond&) = delete;
  NoRoomBeyond& operator=(const NoRoomBeyond&) = delete;

 private:
  rlimit before_;
};

class KeptLettersTest : public ::testing::Test {
 protected:
  void Open(std::uint64_t most = 64 << 20) {
    auto opened = KeptLetters::Open(dir_.File("dead"), most, &clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    letters_ = *std::move(opened);
  }
  void Write(std::uint64_t line, const std::string& bytes = "{") {
    DeadLetter letter;
    letter.source = "log";
    letter.line = line;
    letter.reason = "malformed";
    letter.bytes = bytes;
    letters_->Write(letter);
  }
  std::vector<std::string> Lines(std::string_view name = "dead") const {
    std::vector<std::string> lines;
    std::istringstream in(dir_.Read(name));
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  testing::TempDir dir_;
  ManualClock clock_;
  std::unique_ptr<KeptLetters> letters_;
};

TEST_F(KeptLettersTest, WhatFailedIsTriedAgainAfterASecond) {
  Open();
  Write(1);
  const std::string first = dir_.Read("dead");
  {
    const NoRoomBeyond full(first.size() + 5);
    Write(2);
    EXPECT_EQ(dir_.Read("dead"), first) << "no half line stays";
  }
  Write(3);
  EXPECT_EQ(dir_.Read("dead"), first) << "not at once";
  clock_.Advance(kSecond);
  Write(4);
  ASSERT_EQ(Lines().size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(Lines()[i],
                HasSubstr("\"line\":" + std::to_string(i + 1) + ","));
  }
  Write(5);
  EXPECT_EQ(Lines().size(), 5u) << "at once, as before";
  EXPECT_EQ(letters_->lost(), 0u);
}

TEST_F(KeptLettersTest, WhatWaitsIsWrittenAtTheEnd) {
  Open();
  {
    const NoRoomBeyond full(0);
    Write(1);
    Write(2);
  }
  letters_.reset();
  EXPECT_EQ(Lines().size(), 2u);
}

TEST_F(KeptLettersTest, WhatWaitsIsBoundedAndTheRestIsCounted) {
  Open();
  const std::string big(KeptLetters::kWaitingBytes / 4, 'x');
  {
    const NoRoomBeyond full(0);
    for (std::uint64_t i = 1; i <= 3; ++i) Write(i, big);
    EXPECT_EQ(letters_->lost(), 0u);
    Write(4, big);
    EXPECT_EQ(letters_->lost(), 1u);
    Write(5);
    EXPECT_EQ(letters_->lost(), 1u) << "a small one has room";
  }
  clock_.Advance(kSecond);
  Write(6);
  EXPECT_EQ(Lines().size(), 5u);
}

TEST_F(KeptLettersTest, ItRotatesOnceFullAndGoesOnAfterARestart) {
  Open(200);
  Write(1);
  Write(2);
  EXPECT_EQ(Lines().size(), 2u);
  letters_.reset();
  Open(200);
  Write(3);
  EXPECT_EQ(Lines("dead.1").size(), 2u);
  EXPECT_EQ(Lines().size(), 1u);
}

TEST_F(KeptLettersTest, AFileThatCannotBeOpenedAnewIsTriedAgain) {
  Open(100);
  Write(1);
  std::filesystem::create_directory(dir_.File("dead.1"));
  dir_.Write("dead.1/in_the_way", "");
  Write(2);
  EXPECT_EQ(Lines().size(), 1u);
  std::filesystem::remove_all(dir_.File("dead.1"));
  clock_.Advance(kSecond);
  Write(3);
  EXPECT_EQ(Lines("dead.1").size(), 1u);
  EXPECT_EQ(Lines().size(), 2u);
  EXPECT_EQ(letters_->lost(), 0u);
}

}  // namespace
}  // namespace tocsin
