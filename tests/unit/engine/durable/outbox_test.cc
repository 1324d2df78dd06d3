#include "engine/durable/outbox.h"

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Alert Named(const std::string& id, AlertKind kind = AlertKind::kAlert) {
  Alert alert;
  alert.id = id;
  alert.kind = kind;
  alert.rule = "r";
  alert.key.push_back({"who", "x"});
  alert.events.push_back({7, 8, {{"id", "y"}}, true, {}});
  alert.tags = {"t"};
  return alert;
}

// As a commit does it.
void Tell(std::uint64_t entry, std::vector<Alert> alerts, StateStore* store,
          Outbox* outbox) {
  StoreBatch batch;
  Outbox::Prepared prepared = outbox->Prepare(entry, std::move(alerts), &batch);
  if (store != nullptr) {
    ASSERT_TRUE(store->Write(batch, true).ok());
  }
  outbox->Publish(std::move(prepared));
}

std::vector<std::string> Next(Outbox* outbox, std::size_t sink,
                              std::size_t most = 100) {
  const auto next = outbox->Next(sink, most);
  EXPECT_TRUE(next.ok()) << next.status();
  std::vector<std::string> ids;
  for (const OutboxAlert& one : *next) ids.push_back(one.alert->id);
  return ids;
}

TEST(OutboxTest, EachSinkGoesAtItsOwnPace) {
  Outbox outbox(nullptr, {"a", "b"});
  Tell(0, {Named("1"), Named("2"), Named("3")}, nullptr, &outbox);

  EXPECT_THAT(Next(&outbox, 0, 2), ElementsAre("1", "2"));
  ASSERT_TRUE(outbox.Done(0, 2).ok());
  EXPECT_THAT(Next(&outbox, 0), ElementsAre("3"));
  EXPECT_THAT(Next(&outbox, 1), SizeIs(3));
  EXPECT_THAT(outbox.counts().waiting_of, ElementsAre(1, 3));
  EXPECT_FALSE(outbox.empty(0));
  ASSERT_TRUE(outbox.Done(0, 3).ok());
  EXPECT_TRUE(outbox.empty(0));
}

TEST(OutboxTest, GoesOnWhereItWasAfterACrash) {
  MemoryStateStore store;
  {
    Outbox outbox(&store, {"a", "b"});
    ASSERT_TRUE(outbox.Load().ok());
    Tell(1, {Named("1"), Named("2")}, &store, &outbox);
    ASSERT_TRUE(outbox.Done(0, 1).ok());
    Tell(2, {Named("3")}, &store, &outbox);
  }
  store.Crash();
  Outbox outbox(&store, {"a", "b"});
  ASSERT_TRUE(outbox.Load().ok());

  EXPECT_THAT(Next(&outbox, 0), ElementsAre("2", "3"));
  EXPECT_THAT(Next(&outbox, 1), ElementsAre("1", "2", "3"));
  EXPECT_EQ(outbox.Next(1, 1)->front().alert->events[0].identity[0].encoding,
            "y");
}

// The kind belongs to the name: what resolves an alert has its id.
TEST(OutboxTest, TakesAnIdOnceUntilACheckpointCoversIt) {
  MemoryStateStore store;
  Outbox outbox(&store, {"a"});
  ASSERT_TRUE(outbox.Load().ok());
  Tell(5, {Named("1"), Named("1", AlertKind::kResolved)}, &store, &outbox);
  ASSERT_TRUE(outbox.Done(0, 2).ok());
  Tell(5, {Named("1")}, &store, &outbox);
  EXPECT_THAT(Next(&outbox, 0), IsEmpty());
  EXPECT_EQ(outbox.counts().repeated, 1u);

  Outbox again(&store, {"a"});
  ASSERT_TRUE(again.Load().ok());
  Tell(5, {Named("1")}, &store, &again);
  EXPECT_THAT(Next(&again, 0), IsEmpty());

  StoreBatch batch;
  ASSERT_TRUE(again.Cover(4, &batch).ok());
  EXPECT_TRUE(batch.empty());
  ASSERT_TRUE(again.Cover(5, &batch).ok());
  EXPECT_THAT(batch.changes(), SizeIs(4));  // Each into the history.
  ASSERT_TRUE(store.Write(batch, true).ok());
  Outbox empty(&store, {"a"});
  ASSERT_TRUE(empty.Load().ok());
  EXPECT_TRUE(empty.empty(0));
  Tell(9, {Named("2")}, &store, &empty);
  EXPECT_THAT(Next(&empty, 0), ElementsAre("2"));
}

TEST(OutboxTest, WhatIsNotDeliveredIsNotCovered) {
  MemoryStateStore store;
  Outbox outbox(&store, {"a", "b"});
  ASSERT_TRUE(outbox.Load().ok());
  Tell(1, {Named("1")}, &store, &outbox);
  ASSERT_TRUE(outbox.Done(0, 1).ok());
  StoreBatch batch;
  ASSERT_TRUE(outbox.Cover(100, &batch).ok());
  EXPECT_TRUE(batch.empty());
}

TEST(OutboxTest, ASinkThatIsNewBeginsWithWhatComes) {
  MemoryStateStore store;
  {
    Outbox outbox(&store, {"a"});
    ASSERT_TRUE(outbox.Load().ok());
    Tell(1, {Named("1")}, &store, &outbox);
  }
  {
    Outbox outbox(&store, {"a", "b"});
    ASSERT_TRUE(outbox.Load().ok());
    EXPECT_THAT(Next(&outbox, 0), ElementsAre("1"));
    EXPECT_THAT(Next(&outbox, 1), IsEmpty());
    Tell(2, {Named("2")}, &store, &outbox);
  }
  store.Crash();
  Outbox outbox(&store, {"a", "b"});
  ASSERT_TRUE(outbox.Load().ok());
  EXPECT_THAT(Next(&outbox, 1), ElementsAre("2"));
}

// More than stand ready in memory are read from the store.
TEST(OutboxTest, ALongQueueIsReadWhenItIsNeeded) {
  MemoryStateStore store;
  Outbox outbox(&store, {"a"});
  ASSERT_TRUE(outbox.Load().ok());
  std::vector<Alert> alerts;
  for (std::size_t i = 0; i < limits::kOutboxInMemory + 10; ++i) {
    alerts.push_back(Named(std::to_string(i)));
  }
  const std::string last = alerts.back().id;
  Tell(1, std::move(alerts), &store, &outbox);

  const auto all = Next(&outbox, 0, limits::kOutboxInMemory + 10);

  EXPECT_THAT(all, SizeIs(limits::kOutboxInMemory + 10));
  EXPECT_EQ(all.back(), last);
}

TEST(OutboxTest, IsFullAtItsLimitAndNotBefore) {
  Outbox outbox(nullptr, {"a"});
  Alert large = Named("1");
  large.summary.assign(limits::kOutboxMemoryBytes / 2, 'x');
  Tell(0, {large}, nullptr, &outbox);
  EXPECT_FALSE(outbox.full());
  large.id = "2";
  Tell(0, {large}, nullptr, &outbox);
  EXPECT_TRUE(outbox.full());
  ASSERT_TRUE(outbox.Done(0, 1).ok());
  EXPECT_FALSE(outbox.full());
}

// Numbers go on over what was delivered long ago.
TEST(OutboxTest, TheHistoryKeepsTheNewest) {
  MemoryStateStore store;
  const std::size_t size = limits::kHistoryBytes / 4;
  for (std::uint64_t i = 1; i <= 6; ++i) {
    Outbox outbox(&store, {"a"});
    ASSERT_TRUE(outbox.Load().ok());
    Alert large = Named(std::to_string(i));
    large.summary.assign(size, 'x');
    Tell(i, {large}, &store, &outbox);
    ASSERT_EQ(outbox.Next(0, 1)->front().number, i);
    ASSERT_TRUE(outbox.Done(0, i).ok());
    StoreBatch batch;
    ASSERT_TRUE(outbox.Cover(i, &batch).ok());
    ASSERT_TRUE(store.Write(batch, true).ok());
  }
  std::vector<std::string> kept;
  ASSERT_TRUE(store
                  .ForEach(Family::kHistory, "",
                           [&](std::string_view key, std::string_view) {
                             kept.emplace_back(key);
                             return absl::OkStatus();
                           })
                  .ok());
  EXPECT_THAT(kept, ElementsAre(BigEndian(4), BigEndian(5), BigEndian(6)));
}

std::size_t Kept(MemoryStateStore* store, Family family) {
  std::size_t kept = 0;
  EXPECT_TRUE(store
                  ->ForEach(family, "",
                            [&](std::string_view, std::string_view) {
                              ++kept;
                              return absl::OkStatus();
                            })
                  .ok());
  return kept;
}

void CoverAll(std::uint64_t entry, MemoryStateStore* store, Outbox* outbox) {
  StoreBatch batch;
  ASSERT_TRUE(outbox->Cover(entry, &batch).ok());
  ASSERT_TRUE(store->Write(batch, true).ok());
  outbox->Covered();
}

// What is on its way never goes for want of room.
TEST(OutboxTest, OnANearlyFullDiskTheHistoryGoesFirst) {
  MemoryStateStore store;
  Outbox outbox(&store, {"a"});
  ASSERT_TRUE(outbox.Load().ok());
  Tell(1, {Named("1"), Named("2")}, &store, &outbox);
  ASSERT_TRUE(outbox.Done(0, 2).ok());
  CoverAll(1, &store, &outbox);
  ASSERT_EQ(Kept(&store, Family::kHistory), 2u);

  store.FillNearly(true);
  Tell(2, {Named("3"), Named("4")}, &store, &outbox);
  ASSERT_TRUE(outbox.Done(0, 3).ok());
  CoverAll(2, &store, &outbox);
  EXPECT_EQ(Kept(&store, Family::kHistory), 0u);
  EXPECT_EQ(outbox.counts().shed, 3u);
  EXPECT_THAT(Next(&outbox, 0), ElementsAre("4"));

  store.FillNearly(false);
  ASSERT_TRUE(outbox.Done(0, 4).ok());
  CoverAll(2, &store, &outbox);
  EXPECT_EQ(Kept(&store, Family::kHistory), 1u);
}

// A checkpoint that found no room is made again with all that belongs to it.
TEST(OutboxTest, WhatIsCoveredIsSaidUntilItIsDurable) {
  MemoryStateStore store;
  Outbox outbox(&store, {"a"});
  ASSERT_TRUE(outbox.Load().ok());
  Tell(1, {Named("1")}, &store, &outbox);
  ASSERT_TRUE(outbox.Done(0, 1).ok());
  StoreBatch lost;
  ASSERT_TRUE(outbox.Cover(1, &lost).ok());
  EXPECT_THAT(lost.changes(), SizeIs(2));
  CoverAll(1, &store, &outbox);
  EXPECT_EQ(Kept(&store, Family::kHistory), 1u);
  StoreBatch none;
  ASSERT_TRUE(outbox.Cover(1, &none).ok());
  EXPECT_TRUE(none.empty());
}

TEST(OutboxTest, DamagedRowsAreTold) {
  MemoryStateStore store;
  StoreBatch batch;
  batch.Put(Family::kOutbox, "r12345678", "no row");
  ASSERT_TRUE(store.Write(batch, true).ok());
  Outbox outbox(&store, {"a"});
  EXPECT_TRUE(absl::IsDataLoss(outbox.Load()));
}

TEST(AlertBytesTest, EveryCutIsRefused) {
  Alert alert = Named("1");
  alert.events.emplace_back().kafka = "o{\"topic\":\"audit\",\"partition\":3}";
  std::string bytes;
  AppendBytes(alert, &bytes);
  Alert read;
  ASSERT_TRUE(ReadBytes(bytes, &read));
  EXPECT_EQ(read.events.back().kafka, alert.events.back().kafka);
  std::string again;
  AppendBytes(read, &again);
  EXPECT_EQ(again, bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Alert cut;
    EXPECT_FALSE(ReadBytes(std::string_view(bytes).substr(0, size), &cut));
  }
}

}  // namespace
}  // namespace tocsin
