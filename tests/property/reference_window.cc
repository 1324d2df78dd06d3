#include "tests/property/reference_window.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>

namespace tocsin::reference {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

std::int64_t Floor(std::int64_t value, std::int64_t step) {
  std::int64_t quotient = value / step;
  if (value % step < 0) --quotient;
  return quotient * step;
}

// The C library's zones, one at a time: slow, and not ours.
void UseZone(const std::string& zone) {
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
}

// The time that a clock on the wall shows, as microseconds.
std::int64_t WallOf(std::int64_t us, const std::string& zone) {
  UseZone(zone);
  const std::time_t time = Floor(us, kSecond) / kSecond;
  std::tm local{};
  ::localtime_r(&time, &local);
  return ::timegm(&local) * kSecond + (us - Floor(us, kSecond));
}

// When a clock on the wall shows `wall`.
std::int64_t FromWall(std::int64_t wall, const std::string& zone) {
  const std::time_t shown = Floor(wall, kSecond) / kSecond;
  std::tm local{};
  ::gmtime_r(&shown, &local);
  local.tm_isdst = -1;
  UseZone(zone);
  return ::mktime(&local) * kSecond + (wall - Floor(wall, kSecond));
}

}  // namespace

std::vector<WindowSpan> WindowsOf(const dsl::CheckedWindow& window,
                                  std::int64_t ts) {
  std::vector<WindowSpan> out;
  const std::int64_t length = window.length_us;
  if (window.kind == dsl::CheckedWindow::Kind::kTumbling) {
    if (window.zone.empty()) {
      const std::int64_t start = Floor(ts, length);
      out.push_back({start, start + length});
      return out;
    }
    const std::int64_t start = Floor(WallOf(ts, window.zone), length);
    out.push_back(
        {FromWall(start, window.zone), FromWall(start + length, window.zone)});
    return out;
  }
  for (std::int64_t start = Floor(ts, window.step_us); start > ts - length;
       start -= window.step_us) {
    out.insert(out.begin(), {start, start + length});
  }
  return out;
}

std::vector<Session> SessionsOf(const dsl::CheckedWindow& window,
                                const Entries& order) {
  std::vector<Session> out;
  for (const Entry* entry : order) {
    const bool begins =
        out.empty() ||
        entry->ts() - out.back().entries.back()->ts() >= window.step_us ||
        entry->ts() - out.back().span.start >= window.length_us;
    if (begins) out.push_back({{entry->ts(), 0}, {}});
    Session& session = out.back();
    session.entries.push_back(entry);
    session.span.end = std::min(entry->ts() + window.step_us,
                                session.span.start + window.length_us);
  }
  return out;
}

std::vector<Session> AllWindows(const dsl::CheckedWindow& window,
                                const Entries& order) {
  if (window.kind == dsl::CheckedWindow::Kind::kSession) {
    return SessionsOf(window, order);
  }
  std::map<std::int64_t, Session> by_start;
  for (const Entry* entry : order) {
    for (const WindowSpan& span : WindowsOf(window, entry->ts())) {
      Session& held = by_start[span.start];
      held.span = span;
      held.entries.push_back(entry);
    }
  }
  std::vector<Session> out;
  for (auto& [start, held] : by_start) out.push_back(std::move(held));
  return out;
}

}  // namespace tocsin::reference
