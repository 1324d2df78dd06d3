#include "engine/alert/detection.h"

#include <tuple>

#include "engine/base/coding.h"
#include "engine/event/value.h"

namespace tocsin {

bool LeavesBefore(const Detection& a, const Detection& b) {
  const auto place = [](const Detection& d) {
    return std::make_tuple(d.position, !d.deadline,
                           d.deadline ? d.deadline_us : 0,
                           d.deadline ? d.setter : 0);
  };
  const auto place_a = place(a), place_b = place(b);
  if (place_a != place_b) return place_a < place_b;
  // Events of one position have one time, alerts that are read as events have
  // their own.
  if (a.time_us != b.time_us) return a.time_us < b.time_us;
  // What is read before who reads it. Rules are numbered by name.
  return std::tie(a.stratum, a.rule, a.key, a.kind, a.id) <
         std::tie(b.stratum, b.rule, b.key, b.kind, b.id);
}

Hash128 AlertId(const Hash128& rule_uid, std::string_view key, AlertKind kind,
                int level, const Hash128& event_identity) {
  std::string bytes;
  bytes.reserve(key.size() + 48);
  PutNumber(rule_uid.high, &bytes);
  PutNumber(rule_uid.low, &bytes);
  AppendSized(key, &bytes);
  PutNumber(static_cast<std::uint8_t>(kind), &bytes);
  PutNumber(static_cast<std::uint8_t>(level), &bytes);
  PutNumber(event_identity.high, &bytes);
  PutNumber(event_identity.low, &bytes);
  return HashWide(bytes);
}

}  // namespace tocsin
