// How a message becomes a line. The same message always gives the same line:
// what was read is read again after a crash.
//
// - An object gets its place as a last member, when that is wanted:
//   "kafka":{"topic","partition","offset","timestamp_ms","key","headers"}.
// - Of an EventList every event gets it, too: that is what rules and samples
//   see.
// - An object that is too long for a line gets it as its first member, so that
//   it survives the cut.
// - What is no object (text, a list, nothing at all) goes on behind its place,
//   `kafka audit/3@1000: ...`, which no decoder takes for an event: the engine
//   counts and keeps it as malformed.
// Line feeds inside a message become blanks.
//
// Bytes that are no UTF-8 are written in base64, under `key_base64` and the
// header's name with `_base64`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/kafka/kafka_handles.h"

namespace tocsin {

// Confined. Refers to the message from Prepare() to the last Write().
class KafkaLine {
 public:
  // How many bytes the line has, its line feed among them. `metadata`: objects
  // get their place.
  std::size_t Prepare(const rd_kafka_message_t& message, bool metadata);
  void Write(char* into) const;  // As many bytes as Prepare() said.

  bool poison() const { return poison_; }    // No object.
  bool headers_cut() const { return cut_; }  // Past limits::kKafkaPlaceBytes.

 private:
  void PreparePoison(const rd_kafka_message_t& message);
  // False: it is no EventList, or it would be too long for a line.
  bool PrepareList(std::string_view object, const rd_kafka_message_t& message);
  void AppendPlace(const rd_kafka_message_t& message);
  void AppendHeaders(const rd_kafka_message_t& message);
  void AppendText(std::string_view name, std::string_view bytes);

  bool poison_ = false;
  bool cut_ = false;
  // The line is: before, place, behind, line feed.
  std::string_view before_, behind_;
  std::string place_;
  std::string list_;  // An EventList up to its own place.
  // `"kafka":{"topic":"audit","partition":3,"offset":` of the last partition.
  std::string prefix_;
  const rd_kafka_topic_t* topic_ = nullptr;
  std::int32_t partition_ = -1;
};

}  // namespace tocsin
