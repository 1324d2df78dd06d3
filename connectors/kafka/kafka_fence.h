// Whether a member may join again that the brokers have thrown out, since
// somebody else came with its instance name.
//
// That may be a second process, or ourselves: when no broker answers for the
// session's timeout librdkafka (2.0 to 2.15) forgets the id that it has in the
// group, and a heartbeat or a commit that it sends before it has joined again
// is, to the broker, somebody else's.
//
// Two processes of one name must not throw each other out for ever: who is
// thrown out again within kAgainMicros, though it was in touch, ends.
#pragma once

#include <cstdint>
#include <optional>

namespace tocsin {

class KafkaFence {
 public:
  // The other hears of us with its next heartbeat, within seconds, and comes
  // back at once.
  static constexpr std::int64_t kAgainMicros = 5LL * 60 * 1'000'000;
  // From being thrown out to joining again.
  static constexpr std::int64_t kRestMicros = 1'000'000;

  // Thrown out now. `out_of_touch`: after the session had ended, so by
  // ourselves perhaps. That cannot go on for ever, for a session ends only
  // where brokers do not answer.
  bool MayJoinAgain(std::int64_t now_us, bool out_of_touch) {
    if (out_of_touch) return true;
    const bool again = last_us_ && now_us - *last_us_ <= kAgainMicros;
    last_us_ = now_us;
    return !again;
  }

 private:
  std::optional<std::int64_t> last_us_;
};

}  // namespace tocsin
