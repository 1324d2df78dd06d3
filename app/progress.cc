#include "app/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/quantity.h"
#include "app/terminal.h"

namespace tocsin {
namespace {

constexpr double kQuietSeconds = 1.0;
constexpr std::int64_t kRedrawUs = 100'000;
constexpr int kBarWidth = 30;
constexpr char kClearLine[] = "\r\x1b[2K";

}  // namespace

std::string ProgressLine(const ProgressState& state, int width) {
  const double seconds = std::max(state.seconds, 0.001);
  const auto rate =
      static_cast<std::uint64_t>(static_cast<double>(state.events) / seconds);
  std::string line = "replaying";
  if (state.total > 0) {
    const double done = std::min(1.0, static_cast<double>(state.consumed) /
                                          static_cast<double>(state.total));
    const int filled = static_cast<int>(done * kBarWidth);
    std::string bar(filled, '=');
    if (filled < kBarWidth) bar += ">";
    bar.resize(kBarWidth, ' ');
    line += absl::StrFormat(" [%s] %3d%%", bar, static_cast<int>(done * 100));
  }
  line += absl::StrFormat("  %s events  %s/s", FormatCount(state.events),
                          FormatCount(rate));
  if (state.total > 0 && state.consumed > 0) {
    const double left =
        static_cast<double>(state.total -
                            std::min(state.total, state.consumed)) *
        seconds / static_cast<double>(state.consumed);
    line += absl::StrFormat("  ETA %s", FormatElapsed(left));
  }
  if (width > 0 && line.size() >= static_cast<std::size_t>(width)) {
    line.resize(static_cast<std::size_t>(width) - 1);
  }
  return line;
}

Progress::Progress(bool enabled, const Clock* clock)
    : enabled_(enabled), clock_(clock), start_us_(clock->SteadyMicros()) {}

double Progress::Seconds() const {
  return static_cast<double>(clock_->SteadyMicros() - start_us_) / 1e6;
}

void Progress::Update(std::uint64_t events, std::uint64_t consumed,
                      std::uint64_t total) {
  if (!enabled_ || Seconds() < kQuietSeconds) return;
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_->SteadyMicros();
  if (drawn_ && now - drawn_us_ < kRedrawUs) return;
  drawn_us_ = now;
  drawn_ = true;
  const std::string line = ProgressLine({events, consumed, total, Seconds()},
                                        TerminalWidth(STDERR_FILENO));
  std::fputs((kClearLine + line).c_str(), stderr);
  std::fflush(stderr);
}

void Progress::Clear() {
  const std::lock_guard lock(mutex_);
  if (!drawn_) return;
  drawn_ = false;
  std::fputs(kClearLine, stderr);
  std::fflush(stderr);
}

}  // namespace tocsin
