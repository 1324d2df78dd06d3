#include "connectors/journal/journal.h"

#include <filesystem>
#include <thread>

#include "engine/base/coding.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/connectors/journal/journal_testing.h"

namespace tocsin {
namespace {

using testing::Append;
using testing::AppendLater;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::OpenFaulty;
using testing::OpenOrDie;
using testing::ReadAll;
using testing::TempDir;

constexpr char kFirst[] = "j/0000000000000001.journal";
constexpr std::uint64_t kMiB = 1u << 20;

TEST(JournalTest, ReadsBackWhatItStoredAlsoAfterARestart) {
  TempDir dir;
  {
    const auto journal = OpenOrDie(dir.File("j"));
    EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kStored);
    EXPECT_EQ(Append(journal.get(), std::string(100'000, 'x')),
              AppendResult::kStored);
    EXPECT_THAT(ReadAll(journal.get()).bodies,
                ElementsAre("one", std::string(100'000, 'x')));
  }
  const auto journal = OpenOrDie(dir.File("j"));
  EXPECT_EQ(Append(journal.get(), "three"), AppendResult::kStored);
  const auto all = ReadAll(journal.get());
  EXPECT_THAT(all.bodies,
              ElementsAre("one", std::string(100'000, 'x'), "three"));
  EXPECT_THAT(all.lost, IsEmpty());
}

TEST(JournalTest, GoesOnAtAPlace) {
  TempDir dir;
  const auto journal = OpenOrDie(dir.File("j"));
  Append(journal.get(), "one");
  JournalReader reader(journal.get());
  ReadAll(&reader);
  const JournalPlace place = reader.place();
  Append(journal.get(), "two");
  JournalReader again(journal.get());
  again.Seek(place);
  EXPECT_THAT(ReadAll(&again).bodies, ElementsAre("two"));
}

TEST(JournalTest, TellsAPlaceThatIsNotThere) {
  TempDir dir;
  const auto journal = OpenOrDie(dir.File("j"));
  Append(journal.get(), "one");
  JournalReader reader(journal.get());
  reader.Seek({1, 4'096});
  auto all = ReadAll(&reader);
  EXPECT_THAT(all.lost, ElementsAre(HasSubstr("to 4096")));
  EXPECT_THAT(all.bodies, IsEmpty());
  reader.Seek({9, 64});
  all = ReadAll(&reader);
  EXPECT_THAT(all.lost, ElementsAre(HasSubstr("does not reach")));
  EXPECT_THAT(all.bodies, ElementsAre("one"));
}

TEST(JournalTest, ANewerVersionIsRefused) {
  TempDir dir;
  Append(OpenOrDie(dir.File("j")).get(), "one");
  std::string bytes = dir.Read(kFirst);
  std::string head = bytes.substr(0, 56);
  head[8] = 2;
  PutNumber(Hash64(head), &head);
  dir.Write(kFirst, head + bytes.substr(64));
  const auto journal = testing::TryOpen(dir.File("j"));
  EXPECT_THAT(std::string(Message(journal.status())),
              HasSubstr("is of version 2; this program reads version 1"));
  // A version that is only damaged is damage.
  bytes[8] = 2;
  dir.Write(kFirst, bytes);
  const auto all = ReadAll(OpenOrDie(dir.File("j")).get());
  EXPECT_THAT(all.bodies, ElementsAre("one"));
  EXPECT_THAT(all.lost, ElementsAre(HasSubstr("bytes 0 to 64")));
}

TEST(JournalTest, AnotherSourcesIsRefused) {
  TempDir dir;
  Append(OpenOrDie(dir.File("j")).get(), "one");
  const auto journal = testing::TryOpen(dir.File("j"), {.source = "other"});
  EXPECT_THAT(std::string(Message(journal.status())),
              HasSubstr("another name"));
}

TEST(JournalTest, TwoAtOnceAreRefused) {
  TempDir dir;
  const auto first = OpenOrDie(dir.File("j"));
  EXPECT_THAT(std::string(Message(testing::TryOpen(dir.File("j")).status())),
              HasSubstr("in use by another process"));
}

TEST(JournalTest, FoldersAreNamedForSourcesOfAnyName) {
  EXPECT_EQ(journal::FolderName("cp-1.audit_x"), "cp-1.audit_x");
  EXPECT_EQ(journal::FolderName("../a b%"), "%2E.%2Fa%20b%25");
  EXPECT_EQ(journal::SegmentOfName("0000000000000012.journal"), 12u);
  EXPECT_EQ(journal::SegmentOfName("12.journal"), std::nullopt);
  EXPECT_EQ(journal::SegmentOfName("000000000000001x.journal"), std::nullopt);
}

TEST(JournalTest, ARepeatedBodyIsNotStoredAgain) {
  TempDir dir;
  testing::TestClock clock;
  {
    const auto journal = OpenOrDie(dir.File("j"), {}, &clock);
    EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kStored);
    EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kRepeated);
    EXPECT_EQ(journal->Counts().repeated, 1u);
  }
  const auto journal = OpenOrDie(dir.File("j"), {}, &clock);
  EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kRepeated);
  clock.Advance(limits::kBodyHashMicros);
  EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kRepeated);
  clock.Advance(1);
  EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kStored);
  EXPECT_THAT(ReadAll(journal.get()).bodies, ElementsAre("one", "one"));
}

TEST(JournalTest, SoManyBodiesAreRemembered) {
  TempDir dir;
  const auto journal = OpenOrDie(dir.File("j"), {.remembered_bodies = 2});
  for (const char* const body : {"a", "b"}) Append(journal.get(), body);
  EXPECT_EQ(Append(journal.get(), "a"), AppendResult::kRepeated);
  Append(journal.get(), "c");
  EXPECT_EQ(Append(journal.get(), "a"), AppendResult::kStored);
}

TEST(JournalTest, FullAtItsLimitAndNotBefore) {
  TempDir dir;
  const JournalOptions options{.limit_bytes = kMiB};
  const auto journal = OpenOrDie(dir.File("j"), options);
  const std::string first(400'000, 'a');
  EXPECT_EQ(Append(journal.get(), first), AppendResult::kStored);
  // What is left, with a segment's head and a record's.
  std::string rest(kMiB - journal->Counts().bytes - 48, 'b');
  rest.resize(rest.size() / 8 * 8 - 64);
  EXPECT_EQ(Append(journal.get(), rest + std::string(72, 'c')),
            AppendResult::kFull);
  EXPECT_EQ(Append(journal.get(), rest), AppendResult::kStored);
  EXPECT_LE(journal->Counts().bytes, kMiB);
  EXPECT_EQ(Append(journal.get(), "d"), AppendResult::kFull);
  EXPECT_EQ(journal->Counts().full, 2u);
  EXPECT_EQ(Append(journal.get(), std::string(kMiB, 'e')),
            AppendResult::kTooLarge);
  // A checkpoint makes room.
  journal->Release(2);
  EXPECT_EQ(Append(journal.get(), "d"), AppendResult::kStored);
}

TEST(JournalTest, CoveredSegmentsAreRemoved) {
  TempDir dir;
  const auto journal = OpenOrDie(dir.File("j"), {.limit_bytes = kMiB});
  std::vector<std::string> bodies;
  for (char c = 'a'; c < 'e'; ++c) {
    bodies.emplace_back(200'000, c);
    Append(journal.get(), bodies.back());
  }
  EXPECT_THAT(ReadAll(journal.get()).bodies,
              ::testing::ElementsAreArray(bodies));
  JournalReader reader(journal.get());
  JournalRecord record;
  std::string lost;
  ASSERT_TRUE(reader.Next(&record, &lost).ok());
  ASSERT_TRUE(reader.Next(&record, &lost).ok());
  journal->Release(record.place.segment);
  EXPECT_FALSE(std::filesystem::exists(dir.File(kFirst)));
  EXPECT_EQ(ReadAll(journal.get()).bodies.size(), 3u);
  journal->Release(99);  // The active one stays.
  EXPECT_EQ(ReadAll(journal.get()).bodies.size(), 1u);
}

TEST(JournalTest, ASegmentThatIsGoneIsTold) {
  TempDir dir;
  std::string second;
  {
    const auto journal = OpenOrDie(dir.File("j"), {.limit_bytes = kMiB});
    for (char c = 'a'; c < 'd'; ++c) {
      Append(journal.get(), std::string(200'000, c));
    }
  }
  std::filesystem::remove(dir.File("j/0000000000000002.journal"));
  const auto journal = OpenOrDie(dir.File("j"), {.limit_bytes = kMiB});
  const auto all = ReadAll(journal.get());
  EXPECT_THAT(all.lost, ElementsAre("0000000000000002.journal to "
                                    "0000000000000002.journal: gone"));
  EXPECT_EQ(all.bodies.size(), 2u);
}

// ---- group commit, and what fails ----

// A sync that waits until it is let go.
class Gate {
 public:
  int Pass(const std::string& operation) {
    if (operation != "sync") return 0;
    MutexLock lock(&mutex_);
    ++waiting_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(&mutex_);
    return 0;
  }
  void WaitForSync(int count) {
    MutexLock lock(&mutex_);
    while (waiting_ < count) changed_.Wait(&mutex_);
  }
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int waiting_ TOCSIN_GUARDED_BY(mutex_) = 0;
  bool open_ TOCSIN_GUARDED_BY(mutex_) = false;
};

TEST(JournalTest, NothingIsAcknowledgedBeforeItsSync) {
  TempDir dir;
  Append(OpenOrDie(dir.File("j")).get(), "zero");  // The segment is there.
  Gate gate;
  const auto journal = OpenFaulty(dir.File("j"), [&](const std::string& op) {
    static std::atomic<bool> opened{false};  // Not the sync of opening.
    if (op == "sync" && !opened.exchange(true)) return 0;
    return gate.Pass(op);
  });
  std::vector<std::future<AppendResult>> results;
  results.push_back(AppendLater(journal.get(), "one"));
  gate.WaitForSync(1);
  for (int i = 0; i < 20; ++i) {
    results.push_back(AppendLater(journal.get(), "more " + std::to_string(i)));
  }
  results.push_back(AppendLater(journal.get(), "one"));
  for (auto& result : results) {
    EXPECT_EQ(result.wait_for(std::chrono::seconds(0)),
              std::future_status::timeout);
  }
  EXPECT_THAT(ReadAll(journal.get()).bodies, ElementsAre("zero"));
  gate.Open();
  for (std::size_t i = 0; i + 1 < results.size(); ++i) {
    EXPECT_EQ(results[i].get(), AppendResult::kStored);
  }
  EXPECT_EQ(results.back().get(), AppendResult::kRepeated);
  EXPECT_EQ(journal->Counts().syncs, 2u);  // One for the twenty.
  EXPECT_EQ(ReadAll(journal.get()).bodies.size(), 22u);
}

TEST(JournalTest, ManyThreadsAppendAtOnce) {
  TempDir dir;
  const auto journal = OpenOrDie(dir.File("j"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(
            Append(journal.get(), std::to_string(t) + "/" + std::to_string(i)),
            AppendResult::kStored);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ReadAll(journal.get()).bodies.size(), 400u);
}

TEST(JournalTest, AFailedWriteOrSyncEndsEverything) {
  for (const char* const failing : {"write", "sync", "sync folder", "create"}) {
    TempDir dir;
    std::atomic<bool> broken{true};
    const auto journal = OpenFaulty(dir.File("j"), [&](const std::string& op) {
      return broken && op == failing ? EIO : 0;
    });
    EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kFailed) << failing;
    EXPECT_TRUE(IsStorageFailure(journal->status())) << failing;
    broken = false;
    EXPECT_EQ(Append(journal.get(), "two"), AppendResult::kFailed) << failing;
    EXPECT_THAT(ReadAll(journal.get()).bodies, IsEmpty()) << failing;
  }
}

TEST(JournalTest, AFailureInASegmentThatIsThereEndsEverything) {
  for (const char* const failing : {"write", "sync"}) {
    TempDir dir;
    std::atomic<bool> broken{false};
    const auto journal = OpenFaulty(dir.File("j"), [&](const std::string& op) {
      return broken && op == failing ? EIO : 0;
    });
    EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kStored);
    broken = true;
    EXPECT_EQ(Append(journal.get(), "two"), AppendResult::kFailed) << failing;
    EXPECT_TRUE(IsStorageFailure(journal->status())) << failing;
    EXPECT_THAT(ReadAll(journal.get()).bodies, ElementsAre("one")) << failing;
  }
}

// Another part failed while this one was syncing: what it stores then may be
// there after a restart, but is not told to be.
TEST(JournalTest, NothingIsToldAsStoredOnceSomethingElseFailed) {
  TempDir dir;
  Journal* opened = nullptr;
  std::atomic<bool> fails{false};
  const auto journal = OpenFaulty(dir.File("j"), [&](const std::string& op) {
    if (fails && op == "sync") opened->Fail(StorageFailure("elsewhere"));
    return 0;
  });
  opened = journal.get();
  EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kStored);
  fails = true;
  EXPECT_EQ(Append(journal.get(), "two"), AppendResult::kFailed);
  EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kFailed);
  EXPECT_EQ(Message(journal->status()), "elsewhere");
}

TEST(JournalTest, NoSpaceIsTriedAgainAndLeavesNothing) {
  TempDir dir;
  std::atomic<bool> full{false};
  testing::FaultyStorage* storage = nullptr;
  const auto journal = OpenFaulty(
      dir.File("j"),
      [&](const std::string& op) { return full && op == "write" ? ENOSPC : 0; },
      &storage);
  EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kStored);
  full = true;
  storage->torn_bytes = 50;
  EXPECT_EQ(Append(journal.get(), "two"), AppendResult::kNoSpace);
  EXPECT_EQ(std::filesystem::file_size(dir.File(kFirst)),
            journal->Counts().bytes);
  EXPECT_EQ(journal->Counts().no_space, 1u);
  full = false;
  EXPECT_EQ(Append(journal.get(), "two"), AppendResult::kStored);
  EXPECT_TRUE(journal->status().ok());
  EXPECT_THAT(ReadAll(journal.get()).bodies, ElementsAre("one", "two"));
}

TEST(JournalTest, NoSpaceForANewSegmentIsTriedAgain) {
  for (const char* const failing : {"create", "write"}) {
    TempDir dir;
    std::atomic<bool> full{true};
    const auto journal = OpenFaulty(dir.File("j"), [&](const std::string& op) {
      return full && op == failing ? ENOSPC : 0;
    });
    EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kNoSpace) << failing;
    full = false;
    EXPECT_EQ(Append(journal.get(), "one"), AppendResult::kStored) << failing;
    EXPECT_THAT(ReadAll(journal.get()).bodies, ElementsAre("one"));
  }
}

TEST(JournalTest, ACutThatFailsIsTheEnd) {
  TempDir dir;
  std::atomic<bool> full{false};
  const auto journal = OpenFaulty(dir.File("j"), [&](const std::string& op) {
    if (!full) return 0;
    return op == "write" ? ENOSPC : op == "truncate" ? EIO : 0;
  });
  Append(journal.get(), "one");
  full = true;
  EXPECT_EQ(Append(journal.get(), "two"), AppendResult::kFailed);
  EXPECT_TRUE(IsStorageFailure(journal->status()));
}

TEST(JournalTest, WhatWaitsIsStillStoredWhenItIsClosed) {
  TempDir dir;
  const auto journal = OpenOrDie(dir.File("j"));
  auto waiting = AppendLater(journal.get(), "one");
  journal->Close();
  EXPECT_EQ(waiting.get(), AppendResult::kStored);
  EXPECT_EQ(Append(journal.get(), "two"), AppendResult::kFailed);
}

}  // namespace
}  // namespace tocsin
