// Time zones by IANA name. The one wrapper around Howard Hinnant's date
// library, and the one place where its exceptions end. Zones live as long as
// the process and may be read by every thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin {

class Zone {
 public:
  // The stretch of time around an instant in which local time is UTC plus
  // `offset_us`: [begin_us, end_us).
  struct Span {
    std::int64_t begin_us = 0, end_us = 0, offset_us = 0;
  };
  virtual ~Zone() = default;
  virtual std::string_view name() const = 0;
  virtual Span At(std::int64_t utc_us) const = 0;
  // The instant at which local clocks show this; of two, the earlier; of none
  // (clocks jump over it), the jump.
  virtual std::int64_t FromLocal(std::int64_t local_us) const = 0;
};

// Null when there is no such zone, or no zone database on this machine.
const Zone* FindZone(std::string_view name);

}  // namespace tocsin
