// Windows that do not slide: [start, end), and the sessions of a key's events.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/property/reference_entry.h"

namespace tocsin::reference {

struct WindowSpan {
  std::int64_t start = 0, end = 0;
};

// The tumbling or hopping windows that hold `ts`, the earliest first.
std::vector<WindowSpan> WindowsOf(const dsl::CheckedWindow& window,
                                  std::int64_t ts);

struct Session {
  WindowSpan span;  // The end as of its events: last + gap, or start + max.
  Entries entries;
};
// A new one begins with an event a gap or more behind the one before it, or
// `max` or more behind the session's first.
std::vector<Session> SessionsOf(const dsl::CheckedWindow& window,
                                const Entries& order);

// Every window of a rule's kind with an event in it.
std::vector<Session> AllWindows(const dsl::CheckedWindow& window,
                                const Entries& order);

}  // namespace tocsin::reference
