// Who goes first, against a list that is searched through.
#include "engine/shard/eviction_order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "gtest/gtest.h"
#include "tests/testing/random.h"

namespace tocsin {
namespace {

using Entry = EvictionOrder::Entry;

class Keys {
 public:
  void Touch(const Entry& entry) {
    keys_[entry.key] = entry;
    order_.Touch(entry);
    order_.Compact(keys_.size(), Current());
  }
  // Takes the next of both; whether they agree.
  bool Take(std::int64_t oldest) {
    Entry taken;
    const auto expired = [&](std::int64_t us) { return us < oldest; };
    if (!order_.Take(Current(), expired, &taken)) return keys_.empty();
    const auto rank = [&](const Entry& entry) {
      const std::uint64_t least = std::min(entry.progress, kProgressCap);
      return std::tuple(!expired(entry.active_us), least, entry.active_us,
                        entry.key);
    };
    const auto first = std::min_element(
        keys_.begin(), keys_.end(), [&](const auto& a, const auto& b) {
          return rank(a.second) < rank(b.second);
        });
    const bool same = first != keys_.end() && first->second == taken;
    keys_.erase(taken.key);
    return same;
  }
  bool empty() const { return keys_.empty(); }
  std::size_t size() const { return keys_.size(); }

 private:
  std::function<bool(const Entry&)> Current() const {
    return [this](const Entry& entry) {
      const auto found = keys_.find(entry.key);
      return found != keys_.end() && found->second == entry;
    };
  }

  std::map<std::uint64_t, Entry> keys_;
  EvictionOrder order_;
};

TEST(EvictionOrderTest, TheFirstToGoIsTheOneThatASearchFinds) {
  testing::Random random(20261123);
  for (int round = 0; round < 200; ++round) {
    Keys keys;
    std::int64_t now = 0;
    const std::uint64_t late = random.Below(3) == 0 ? 50 : 1;
    for (int i = 0; i < 400; ++i) {
      now += static_cast<std::int64_t>(random.Below(3));
      keys.Touch({1 + random.Below(120),
                  now - static_cast<std::int64_t>(random.Below(late)),
                  1 + random.Below(4) / 3});
      if (keys.size() <= 60) continue;
      ASSERT_TRUE(keys.Take(now - 200)) << round;
    }
    while (!keys.empty()) ASSERT_TRUE(keys.Take(now - 200)) << round;
  }
}

TEST(EvictionOrderTest, InALineTheNextIsKnown) {
  EvictionOrder order;
  EXPECT_EQ(order.Soon(0), 0u);
  for (std::uint64_t i = 1; i <= 200; ++i) {
    order.Touch({i, static_cast<std::int64_t>(i), 1});
  }
  Entry taken;
  for (std::uint64_t i = 1; i <= 195; ++i) {
    EXPECT_EQ(order.Soon(0), i);
    EXPECT_EQ(order.Soon(4), i + 4);
    ASSERT_TRUE(order.Take([](const Entry&) { return true; },
                           [](std::int64_t) { return false; }, &taken));
    EXPECT_EQ(taken.key, i);
  }
  EXPECT_EQ(order.Soon(5), 0u);
}

}  // namespace
}  // namespace tocsin
