// A detection: one arriving event (or deadline) at which a rule's condition
// stands, as the shards give it and before any text is rendered. Values only:
// it outlives the shard's step, but `row` needs its chunk's batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/base/hash.h"

namespace tocsin {

// An event that an alert shows as a sample.
struct EventRef {
  std::uint64_t position = 0;
  std::int64_t time_us = 0;
  std::uint16_t schema = 0;
  // Sized canonical values of the identity fields, then of the place of a
  // message of Kafka, where it was one.
  std::string identity;
};

struct Detection {
  AlertKind kind = AlertKind::kAlert;  // Or kClosed, kResolved.
  std::uint32_t rule = 0;              // Into the rule set.
  std::uint32_t stratum = 0;           // The rule's.
  Hash128 id;
  std::string key;  // Sized canonical parts.

  // Where it stands in the sequence: at `position`; a deadline before the
  // event's own, by deadline, then by the event that set it.
  std::uint64_t position = 0;
  bool deadline = false;
  std::int64_t deadline_us = 0;
  std::uint64_t setter = 0;

  // Of the completing event in its batch; nothing of a deadline, and of rules
  // whose texts read slots.
  std::size_t row = 0;
  int level = 0;  // Of `escalate`, from 1.
  std::int64_t time_us = 0, first_us = 0, last_us = 0;
  std::uint64_t count = 0, folded = 0, total = 0;
  std::vector<std::string> collected;  // Per collect: sized values.
  std::uint64_t more = 0;          // Bit i: collect i saw more than it keeps.
  std::vector<std::string> slots;  // Of RuleProgram::slots; empty: missing.
  std::vector<std::uint64_t> step_counts;  // By event of the rule.
  std::vector<EventRef> events;  // By (time, position), at most kSamples.
};

// The order in which the alerts of a chunk leave.
bool LeavesBefore(const Detection& a, const Detection& b);

// The stable name of an alert: hash of the rule's uid, the key, the kind, the
// level (0 without `escalate`) and the identity of the completing event.
Hash128 AlertId(const Hash128& rule_uid, std::string_view key, AlertKind kind,
                int level, const Hash128& event_identity);

}  // namespace tocsin
