// Topics of Kafka as one source, as a member of a consumer group. Each message
// is a line (connectors/kafka/kafka_line.h says how); each run of a
// partition's offsets is a stream of the seam, "topic/partition@offset".
//
// - Our own position counts, the offsets that the group has committed are for
//   others and for those that watch the lag. They are committed when a
//   checkpoint covers them, and not before.
// - A partition that is taken away gives nothing any more and waits for the
//   checkpoint that covers what it gave (KafkaOptions::drain_ms), so that its
//   next owner begins behind it. One that comes back goes on where we stood,
//   or behind what others have covered since.
// - Brokers that are down, a topic that is not there, a refused password: a log
//   line, a metric, kNothing. A member that is thrown out of its group joins
//   again as a new one, from where the source stands; only a second process
//   with our instance name ends the source (connectors/kafka/kafka_fence.h).
// - Offsets that the topic's retention took away: kLost with their range, then
//   what is left.
//
// Memory: limits::kKafkaQueueBytes of messages wait over all partitions, and
// one answer of each broker (limits::kKafkaFetchBytes) comes on top.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/kafka_options.h"
#include "engine/ports/source.h"

namespace tocsin {

// Confined to the thread that reads it, but for Metrics().
class KafkaSource : public Source {
 public:
  // Needs no broker yet. An error: the options, or a file they name.
  static absl::StatusOr<std::unique_ptr<KafkaSource>> Open(
      const KafkaOptions& options);
  // Commits what is covered and leaves the group; with an instance name the
  // group waits for it to come back.
  ~KafkaSource() override;
  std::string_view name() const override;
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int timeout_ms) override;
  SourcePosition position() const override;
  // Before the first Read(). The group is joined behind ReplayEnd(), or by the
  // first Read() when nothing is replayed.
  absl::Status Resume(const SourcePosition& position) override;
  std::string StreamName(std::uint32_t stream) const override;
  absl::Status Replay(const SourceReplay& replay) override;
  void ReplayEnd() override;
  void Covered(const SourcePosition& position) override;
  std::vector<MetricFamily> Metrics() const override;

 private:
  struct State;
  explicit KafkaSource(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace tocsin
