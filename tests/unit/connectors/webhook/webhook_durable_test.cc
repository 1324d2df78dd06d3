// What an answer promises: nothing is taken before it is in the journal.
#include <thread>

#include "engine/base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/connectors/webhook/receiver_fixture.h"

namespace tocsin {
namespace {

using testing::Drain;
using testing::Figure;
using ::testing::HasSubstr;
using testing::HookClient;
using ::testing::Not;
using testing::Post;

using WebhookDurableTest = testing::ReceiverTest;

TEST_F(WebhookDurableTest, NothingIsAnsweredBeforeTheSync) {
  Mutex mutex;
  CondVar changed;
  bool syncing = false, go = false;
  Open([&](const std::string& operation) {
    if (operation != "sync") return 0;
    MutexLock lock(&mutex);
    syncing = true;
    changed.NotifyAll();
    while (!go) changed.Wait(&mutex);
    return 0;
  });
  HookClient client(port_);
  client.Send(Post("one"));
  {
    MutexLock lock(&mutex);
    while (!syncing) changed.Wait(&mutex);
  }
  HookClient second(port_);
  second.Send(Post("two"));
  const timeval moment{0, 200'000};
  for (HookClient* const waiting : {&client, &second}) {
    setsockopt(waiting->fd(), SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
    EXPECT_EQ(waiting->Answer(), "");
    const timeval patience{20, 0};
    setsockopt(waiting->fd(), SOL_SOCKET, SO_RCVTIMEO, &patience,
               sizeof(patience));
  }
  EXPECT_EQ(Drain(source_), "");
  {
    MutexLock lock(&mutex);
    go = true;
    changed.NotifyAll();
  }
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(second.Code(), 200);
}

TEST_F(WebhookDurableTest, AFailedSyncIsNeverA200) {
  Open([](const std::string& operation) {
    return operation == "sync" ? EIO : 0;
  });
  HookClient client(port_);
  client.Send(Post("one"));
  const std::string answer = client.Answer();
  EXPECT_THAT(answer, HasSubstr("503"));
  EXPECT_THAT(answer, Not(HasSubstr("Retry-After")));
  EXPECT_EQ(CodeOf(Post("two")), 503);
}

TEST_F(WebhookDurableTest, NoSpaceIsA429AndOverWhenThereIs) {
  std::atomic<bool> full{true};
  Open([&](const std::string& operation) {
    return full && operation == "write" ? ENOSPC : 0;
  });
  HookClient client(port_);
  client.Send(Post("one"));
  EXPECT_THAT(client.Answer(),
              ::testing::AllOf(HasSubstr("429"), HasSubstr("Retry-After: 5")));
  full = false;
  client.Send(Post("one"));
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(Figure(*source_, "refused_batches_total", "no_space"), 1);
  EXPECT_EQ(Drain(source_), "one\n");
}

TEST_F(WebhookDurableTest, AFullJournalIsA429UntilItIsCovered) {
  options_.limits.body_bytes = 400'000;
  options_.journal_bytes = 1u << 20;
  Open();
  HookClient client(port_);
  for (char c = 'a'; c < 'e'; ++c) {
    client.Send(Post(std::string(300'000, c)));
    EXPECT_EQ(client.Code(), c < 'd' ? 200 : 429);
  }
  Drain(source_);
  source_->Covered(source_->position());
  client.Send(Post(std::string(300'000, 'd')));
  EXPECT_EQ(client.Code(), 200);
  EXPECT_EQ(Figure(*source_, "refused_batches_total", "journal_full"), 1);
}

TEST_F(WebhookDurableTest, WhatWasTakenIsAnsweredBeforeTheEnd) {
  Open();
  HookClient client(port_);
  client.Send(Post("one"));
  EXPECT_EQ(client.Code(), 200);
  client.Send(Post("two"));
  for (int i = 0; i < 1'000 && Figure(*source_, "received_bytes_total") < 6;
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  hooks_.server->Stop();
  EXPECT_EQ(client.Code(), 200);
}

}  // namespace
}  // namespace tocsin
