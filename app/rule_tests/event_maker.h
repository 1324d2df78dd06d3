// Makes whole events of what a test sends: fills in what the schema's time,
// identity and match need and the test left out, differently for each event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dsl/check/checked.h"
#include "dsl/check/checked_test.h"

namespace tocsin {

// Confined to one thread.
class EventMaker {
 public:
  explicit EventMaker(const dsl::CheckedRules* rules) : rules_(*rules) {}

  // The `index`-th event of the `send`, at `time_us`, as one line of JSON with
  // its line feed. An error says which `with` has no place.
  bool Make(const dsl::TestSend& send, std::uint64_t index,
            std::int64_t time_us, std::string* line, std::string* error);

 private:
  void Fill(const dsl::CheckedSchema& schema, std::int64_t time_us,
            dsl::TestJson* event);

  const dsl::CheckedRules& rules_;
  std::uint64_t made_ = 0;
};

}  // namespace tocsin
