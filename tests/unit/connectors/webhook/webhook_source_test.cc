// The source at the engine's seam: what is read once is read again.
#include "connectors/webhook/webhook_source.h"

#include <filesystem>

#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random.h"
#include "tests/unit/connectors/journal/journal_testing.h"
#include "tests/unit/connectors/webhook/hook_testing.h"

namespace tocsin {
namespace {

using testing::Drain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempDir;

// A source over a journal, without a receiver.
struct Opened {
  std::shared_ptr<webhook::Inbox> inbox;
  std::unique_ptr<WebhookSource> source;
  void Put(const std::string& body) const {
    EXPECT_EQ(testing::Append(inbox->journal.get(), body),
              AppendResult::kStored);
  }
};

Opened Open(const TempDir& dir, std::uint64_t limit = 8u << 20) {
  Opened opened;
  opened.inbox = std::make_shared<webhook::Inbox>(
      "hook", testing::OpenOrDie(dir.File("j"), {.limit_bytes = limit}));
  opened.source = std::make_unique<WebhookSource>(opened.inbox, nullptr);
  return opened;
}

std::string List(int first, int count, std::size_t padding = 0) {
  std::string body = R"({"kind":"EventList","items":[)";
  for (int i = first; i < first + count; ++i) {
    body += i == first ? "" : ",";
    body += R"({"level":"Metadata","auditID":")" + std::to_string(i) +
            R"(","x":")" + std::string(padding, 'x') + "\"}";
  }
  return body + "]}";
}

TEST(WebhookSourceTest, GivesBodiesAsLines) {
  TempDir dir;
  const Opened opened = Open(dir);
  opened.Put(List(1, 2));
  opened.Put("hello");
  EXPECT_EQ(Drain(opened.source.get()),
            R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)"
            R"("level":"Metadata","auditID":"1","x":""})"
            "\n"
            R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)"
            R"("level":"Metadata","auditID":"2","x":""})"
            "\nhello\n");
  EXPECT_EQ(testing::Figure(*opened.source, "events_total"), 3);
  EXPECT_EQ(testing::Figure(*opened.source, "batches_total"), 2);
  EXPECT_EQ(testing::Figure(*opened.source, "broken_items_total"), 1);
  EXPECT_EQ(testing::Figure(*opened.source, "journal_unread_bytes"), 0);
}

TEST(WebhookSourceTest, GoesOnAtEveryPosition) {
  TempDir dir;
  std::string all;
  std::vector<std::pair<SourcePosition, std::size_t>> positions;
  {
    const Opened opened = Open(dir);
    for (int i = 0; i < 10; ++i) opened.Put(List(10 * i, 3));
    char byte[7];
    for (;;) {
      positions.emplace_back(opened.source->position(), all.size());
      const auto outcome = opened.source->Read(byte, sizeof(byte));
      ASSERT_TRUE(outcome.ok());
      if (outcome->kind == ReadKind::kNothing) break;
      all.append(byte, outcome->size);
    }
  }
  for (const auto& [position, given] : positions) {
    const Opened opened = Open(dir);
    ASSERT_TRUE(opened.source->Resume(position).ok());
    EXPECT_EQ(opened.source->position(), position);
    ASSERT_EQ(Drain(opened.source.get()), all.substr(given));
  }
}

// The engine's part: it remembers a position and what it read behind it, dies,
// and asks for the same again, while new bodies have come.
TEST(WebhookSourceTest, ReplaysWhatWasReadBeforeACrash) {
  testing::Random random(testing::SeedOr(3));
  TempDir dir;
  std::string expected, seen;
  SourcePosition checkpoint;
  std::vector<std::uint64_t> sizes;
  std::string since;  // Bytes behind the checkpoint.
  for (int life = 0; life < 40; ++life) {
    const Opened opened = Open(dir, 1u << 20);
    opened.Put(List(1'000 * life, 3, random.Below(3'000)));
    if (life > 0) {
      ASSERT_TRUE(opened.source->Resume(checkpoint).ok());
      std::string again;
      std::string buffer(4'096, '\0');
      for (const std::uint64_t size : sizes) {
        ASSERT_TRUE(opened.source->Replay({"journal", size}).ok());
        std::uint64_t got = 0;
        for (;;) {
          const auto outcome =
              opened.source->Read(buffer.data(), 1 + random.Below(4'096));
          ASSERT_TRUE(outcome.ok()) << outcome.status();
          if (outcome->kind == ReadKind::kNothing) break;
          again.append(buffer, 0, outcome->size);
          got += outcome->size;
        }
        ASSERT_EQ(got, size);
      }
      ASSERT_EQ(again, since);
      opened.source->ReplayEnd();
    }
    opened.Put(List(1'000 * life + 100, 2, random.Below(30'000)));
    std::string buffer(20'000, '\0');
    for (std::uint64_t reads = random.Below(30); reads > 0; --reads) {
      const auto outcome =
          opened.source->Read(buffer.data(), 1 + random.Below(20'000));
      ASSERT_TRUE(outcome.ok());
      if (outcome->kind == ReadKind::kNothing) break;
      sizes.push_back(outcome->size);
      since.append(buffer, 0, outcome->size);
      if (random.Chance(20)) {
        seen += since;
        since.clear();
        sizes.clear();
        checkpoint = opened.source->position();
        opened.source->Covered(checkpoint);
      }
    }
    if (checkpoint.empty()) {
      checkpoint = opened.source->position();
      seen += since;
      since.clear();
      sizes.clear();
    }
  }
  const Opened opened = Open(dir, 1u << 20);
  ASSERT_TRUE(opened.source->Resume(checkpoint).ok());
  seen += Drain(opened.source.get());
  std::size_t at = 0;
  for (int life = 0; life < 40; ++life) {
    for (const int id : {0, 1, 2, 100, 101}) {
      const std::string text =
          "\"auditID\":\"" + std::to_string(1'000 * life + id) + "\"";
      const std::size_t found = seen.find(text, at);
      ASSERT_NE(found, std::string::npos) << text;
      ASSERT_EQ(seen.find(text, found + 1), std::string::npos) << text;
      at = found;
    }
  }
}

TEST(WebhookSourceTest, SaysSoWhenAReplayIsNotThereAnyMore) {
  TempDir dir;
  {
    const Opened opened = Open(dir);
    opened.Put("one");
  }
  const Opened opened = Open(dir);
  ASSERT_TRUE(opened.source->Replay({"journal", 100}).ok());
  opened.Put("two");
  char buffer[100];
  const auto first = opened.source->Read(buffer, sizeof(buffer));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(std::string(buffer, first->size), "one\n");
  EXPECT_TRUE(
      absl::IsNotFound(opened.source->Read(buffer, sizeof(buffer)).status()));
  EXPECT_TRUE(
      absl::IsNotFound(opened.source->Read(buffer, sizeof(buffer)).status()));
  opened.source->ReplayEnd();
  EXPECT_EQ(Drain(opened.source.get()), "two\n");
}

TEST(WebhookSourceTest, DamageIsToldAndTheRestIsRead) {
  TempDir dir;
  {
    const Opened opened = Open(dir);
    for (const char* const body : {"one", "two", "three"}) opened.Put(body);
  }
  std::string bytes = dir.Read("j/0000000000000001.journal");
  bytes[bytes.find("two")] ^= 1;
  dir.Write("j/0000000000000001.journal", bytes);
  const Opened opened = Open(dir);
  std::vector<std::string> lost;
  EXPECT_EQ(Drain(opened.source.get(), 100, &lost), "one\nthree\n");
  EXPECT_THAT(lost, ElementsAre(HasSubstr("bytes 120 to 176: damaged")));
  EXPECT_EQ(testing::Figure(*opened.source, "journal_lost_bytes_total"), 56);
}

TEST(WebhookSourceTest, CoveredSegmentsGo) {
  TempDir dir;
  const Opened opened = Open(dir, 1u << 20);
  for (int i = 0; i < 20; ++i) {
    opened.Put(List(i, 1, 45'000));
    Drain(opened.source.get());
    opened.source->Covered(opened.source->position());
  }
  EXPECT_LT(testing::Figure(*opened.source, "journal_bytes"), 300'000);
}

TEST(WebhookSourceTest, ACheckpointIsWantedFromHalfOfTheJournalOn) {
  TempDir dir;
  const Opened opened = Open(dir, 1u << 20);
  for (int i = 0; i < 20; ++i) {
    const double bytes = testing::Figure(*opened.source, "journal_bytes");
    EXPECT_EQ(opened.source->WantsCheckpoint(), bytes >= (1u << 19)) << i;
    opened.Put(List(i, 1, 45'000));
  }
  Drain(opened.source.get());
  EXPECT_TRUE(opened.source->WantsCheckpoint());
  opened.source->Covered(opened.source->position());
  EXPECT_FALSE(opened.source->WantsCheckpoint());
}

TEST(WebhookSourceTest, APositionOfAnotherKindIsRefused) {
  TempDir dir;
  const Opened opened = Open(dir);
  EXPECT_TRUE(absl::IsInvalidArgument(opened.source->Resume("x")));
  EXPECT_TRUE(absl::IsInvalidArgument(
      opened.source->Resume("\x02" + std::string(24, '\0'))));
}

TEST(WebhookSourceTest, AFailedJournalEndsTheSource) {
  TempDir dir;
  Opened opened;
  opened.inbox = std::make_shared<webhook::Inbox>(
      "hook", testing::OpenFaulty(dir.File("j"), [](const std::string& op) {
        return op == "sync" ? EIO : 0;
      }));
  opened.source = std::make_unique<WebhookSource>(opened.inbox, nullptr);
  testing::Append(opened.inbox->journal.get(), "one");
  char buffer[100];
  EXPECT_TRUE(
      IsStorageFailure(opened.source->Read(buffer, sizeof(buffer)).status()));
}

TEST(WebhookSourceTest, WaitsForWhatIsDurable) {
  TempDir dir;
  const Opened opened = Open(dir);
  const std::int64_t before = RealClock()->SteadyMicros();
  opened.source->Wait(20);
  EXPECT_GE(RealClock()->SteadyMicros() - before, 20'000);
  opened.Put("one");
  opened.source->Wait(60'000);
  EXPECT_LT(RealClock()->SteadyMicros() - before, 30'000'000);
}

}  // namespace
}  // namespace tocsin
