// A receiver for tests of what it answers.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/unit/connectors/webhook/hook_testing.h"

namespace tocsin::testing {

// One source over plain HTTP, on a port of its own.
class ReceiverTest : public ::testing::Test {
 protected:
  void Open(FaultyStorage::Before before = nullptr) {
    hooks_ = OpenHooks({options_}, std::move(before));
    port_ = PortOf(hooks_);
    source_ = hooks_.sources[0].get();
  }
  int CodeOf(const std::string& request) {
    HookClient client(port_);
    client.Send(request);
    return client.Code();
  }

  TempDir dir_;
  WebhookOptions options_ = HookOptions(dir_);
  Webhooks hooks_;
  std::uint16_t port_ = 0;
  WebhookSource* source_ = nullptr;
};

}  // namespace tocsin::testing
