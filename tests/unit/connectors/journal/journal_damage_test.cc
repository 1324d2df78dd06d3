// What crashes and broken disks leave of a journal.
#include <algorithm>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/connectors/journal/journal_testing.h"

namespace tocsin {
namespace {

using testing::Append;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::OpenFaulty;
using testing::OpenOrDie;
using testing::ReadAll;
using testing::TempDir;

constexpr char kFirst[] = "j/0000000000000001.journal";

struct Written {
  std::vector<std::string> bodies;
  std::vector<std::uint64_t> ends;  // Of their records.
};

Written WriteSome(const std::string& folder) {
  Written written;
  written.bodies = {"first", std::string(100, 'b'), "", "third body",
                    std::string(33, 'e')};
  const auto journal = OpenOrDie(folder);
  std::uint64_t end = journal::kSegmentHeadBytes;
  for (const std::string& body : written.bodies) {
    EXPECT_EQ(Append(journal.get(), body), AppendResult::kStored);
    written.ends.push_back(end += journal::RecordBytes(body.size()));
  }
  return written;
}

TEST(JournalDamageTest, TornAtEveryByteItKeepsWhatWasWhole) {
  TempDir dir;
  const Written written = WriteSome(dir.File("j"));
  const std::string bytes = dir.Read(kFirst);
  ASSERT_EQ(bytes.size(), written.ends.back());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    dir.Write(kFirst, bytes.substr(0, cut));
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < written.ends.size(); ++i) {
      if (written.ends[i] <= cut) kept.push_back(written.bodies[i]);
    }
    {
      const auto journal = OpenOrDie(dir.File("j"));
      ASSERT_EQ(Append(journal.get(), "after"), AppendResult::kStored);
    }
    kept.push_back("after");
    const auto all = ReadAll(OpenOrDie(dir.File("j")).get());
    ASSERT_THAT(all.bodies, ElementsAreArray(kept)) << "cut at " << cut;
    ASSERT_THAT(all.lost, IsEmpty()) << "cut at " << cut;
    std::filesystem::remove_all(dir.File("j"));
    std::filesystem::create_directory(dir.File("j"));
    std::filesystem::permissions(dir.File("j"),
                                 std::filesystem::perms::owner_all);
  }
}

TEST(JournalDamageTest, AFlippedBitCostsOneRecordAndIsToldExactly) {
  TempDir dir;
  const Written written = WriteSome(dir.File("j"));
  const std::string bytes = dir.Read(kFirst);
  const std::uint64_t last_begin = written.ends[written.ends.size() - 2];
  std::uint64_t begin = 0, end = journal::kSegmentHeadBytes;
  std::size_t record = 0;  // The next to begin.
  for (std::size_t at = 0; at < last_begin; ++at) {
    if (at == end) {
      begin = end;
      end = written.ends[record++];
    }
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    dir.Write(kFirst, flipped);
    const auto all = ReadAll(OpenOrDie(dir.File("j")).get());
    std::vector<std::string> kept = written.bodies;
    const bool padding =
        record > 0 && at >= begin + journal::kRecordHeadBytes +
                                written.bodies[record - 1].size();
    if (padding) {
      ASSERT_THAT(all.lost, IsEmpty()) << at;
    } else {
      if (record > 0) {
        kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(record) - 1);
      }
      ASSERT_THAT(all.lost, ElementsAre(HasSubstr(absl::StrFormat(
                                "bytes %d to %d: damaged", begin, end))))
          << at;
    }
    ASSERT_THAT(all.bodies, ElementsAreArray(kept)) << at;
  }
}

TEST(JournalDamageTest, AFlippedBitInTheLastRecordCutsIt) {
  TempDir dir;
  const Written written = WriteSome(dir.File("j"));
  std::string bytes = dir.Read(kFirst);
  bytes[bytes.size() - 10] ^= 4;
  dir.Write(kFirst, bytes);
  const auto all = ReadAll(OpenOrDie(dir.File("j")).get());
  EXPECT_THAT(all.bodies,
              ElementsAre("first", std::string(100, 'b'), "", "third body"));
  EXPECT_EQ(std::filesystem::file_size(dir.File(kFirst)),
            written.ends[written.ends.size() - 2]);
}

TEST(JournalDamageTest, ARecordInsideABodyIsNotTakenForOne) {
  TempDir dir;
  WriteSome(dir.File("j"));
  const std::string copy = dir.Read(kFirst).substr(64);
  std::filesystem::remove_all(dir.File("j"));
  {
    const auto journal = OpenOrDie(dir.File("j"));
    Append(journal.get(), copy);
    Append(journal.get(), "behind");
  }
  std::string bytes = dir.Read(kFirst);
  bytes[70] ^= 1;  // The head of the first record.
  dir.Write(kFirst, bytes);
  EXPECT_THAT(ReadAll(OpenOrDie(dir.File("j")).get()).bodies,
              ElementsAre("behind"));
}

// Kills the process, as far as files can tell, before each operation in turn;
// what was acknowledged is there afterwards, in its order, once.
TEST(JournalDamageTest, NothingAcknowledgedIsLostWhereverItDies) {
  const JournalOptions options{.source = "hook", .limit_bytes = 1u << 20};
  bool died = true;
  for (int dies_at = 0; died; ++dies_at) {
    TempDir dir;
    std::vector<std::string> acknowledged;
    std::atomic<int> operations{0};
    died = false;
    {
      testing::FaultyStorage* storage = nullptr;
      const auto journal = OpenFaulty(
          dir.File("j"),
          [&](const std::string&) { return operations++ >= dies_at ? EIO : 0; },
          &storage, options);
      storage->torn_bytes = 37u * static_cast<unsigned>(dies_at);
      for (int i = 0; i < 6; ++i) {
        const std::string body(60'000 + i, static_cast<char>('a' + i));
        if (Append(journal.get(), body) == AppendResult::kStored) {
          acknowledged.push_back(body);
        } else {
          died = true;
        }
      }
    }
    const auto all = ReadAll(OpenOrDie(dir.File("j"), options).get());
    ASSERT_GE(all.bodies.size(), acknowledged.size()) << dies_at;
    ASSERT_LE(all.bodies.size(), acknowledged.size() + 1) << dies_at;
    for (std::size_t i = 0; i < acknowledged.size(); ++i) {
      ASSERT_EQ(all.bodies[i], acknowledged[i]) << dies_at;
    }
    ASSERT_THAT(all.lost, IsEmpty()) << dies_at;
  }
}

// Whatever stands in the files, opening and reading end, and only bodies come
// back that were stored.
TEST(JournalDamageTest, AnyBytesAreRead) {
  TempDir dir;
  const Written written = WriteSome(dir.File("j"));
  const std::string bytes = dir.Read(kFirst);
  testing::Random random(7);
  for (int round = 0; round < 500; ++round) {
    std::string changed = bytes;
    for (std::uint64_t i = random.Below(6); i-- > 0;) {
      const std::size_t at = random.Below(changed.size());
      switch (random.Below(3)) {
        case 0:
          changed[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          changed.erase(at, 1 + random.Below(100));
          break;
        default:
          changed.insert(at, std::string(random.Below(100), '\0'));
      }
      if (changed.empty()) changed = "x";
    }
    dir.Write(kFirst, changed);
    const auto journal = testing::TryOpen(dir.File("j"));
    ASSERT_TRUE(journal.ok()) << journal.status();
    for (const std::string& body : ReadAll(journal->get()).bodies) {
      ASSERT_NE(std::find(written.bodies.begin(), written.bodies.end(), body),
                written.bodies.end());
    }
  }
}

}  // namespace
}  // namespace tocsin
