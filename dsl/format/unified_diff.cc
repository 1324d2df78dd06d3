// Myers' shortest edit script over lines. Texts that differ more than kMaxEdits
// are shown as one change from the first to the last line that differs: still
// right, only longer, and never quadratic.
#include "dsl/format/unified_diff.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_format.h"

namespace tocsin::dsl {
namespace {

using std::string_view;

constexpr int kMaxEdits = 2'000;
constexpr std::size_t kAround = 3;

std::vector<string_view> LinesOf(string_view text) {
  std::vector<string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// Lines [a, a + removed) of the one became [b, b + added) of the other.
struct Change {
  std::size_t a, removed, b, added;
};

// The furthest x on each diagonal k = x - y, for one number of edits.
using Reach = std::vector<int>;

class Differ {
 public:
  Differ(const std::vector<string_view>& a, const std::vector<string_view>& b)
      : a_(a), b_(b) {}

  std::vector<Change> Run() {
    while (first_ < std::min(a_.size(), b_.size()) &&
           a_[first_] == b_[first_]) {
      ++first_;
    }
    while (last_ < std::min(a_.size(), b_.size()) - first_ &&
           a_[a_.size() - 1 - last_] == b_[b_.size() - 1 - last_]) {
      ++last_;
    }
    const int n = static_cast<int>(a_.size() - first_ - last_);
    const int m = static_cast<int>(b_.size() - first_ - last_);
    if (n == 0 && m == 0) return {};
    const int limit = std::min(n + m, kMaxEdits);
    Reach reach(2 * static_cast<std::size_t>(limit) + 3, 0);
    for (int edits = 0; edits <= limit; ++edits) {
      history_.push_back(reach);
      if (Extend(edits, limit, n, m, &reach)) return Trace(edits, limit, n, m);
    }
    return {{first_, static_cast<std::size_t>(n), first_,
             static_cast<std::size_t>(m)}};
  }

 private:
  static std::size_t Slot(int k, int limit) {
    return static_cast<std::size_t>(k + limit + 1);
  }

  // Whether the step to diagonal k comes from above it: a line is added.
  static bool Adds(const Reach& reach, int k, int edits, int limit) {
    return k == -edits || (k != edits && reach[Slot(k - 1, limit)] <
                                             reach[Slot(k + 1, limit)]);
  }

  bool Extend(int edits, int limit, int n, int m, Reach* reach) const {
    for (int k = -edits; k <= edits; k += 2) {
      int x = Adds(*reach, k, edits, limit) ? (*reach)[Slot(k + 1, limit)]
                                            : (*reach)[Slot(k - 1, limit)] + 1;
      int y = x - k;
      while (x < n && y < m && LineA(x) == LineB(y)) ++x, ++y;
      (*reach)[Slot(k, limit)] = x;
      if (x >= n && y >= m) return true;
    }
    return false;
  }

  // From the end back to the start; adjacent steps are one change.
  std::vector<Change> Trace(int edits, int limit, int n, int m) const {
    std::vector<Change> changes;
    int x = n;
    int y = m;
    for (; edits > 0; --edits) {
      const Reach& reach = history_[static_cast<std::size_t>(edits)];
      const int k = x - y;
      const bool adds = Adds(reach, k, edits, limit);
      const int from = adds ? k + 1 : k - 1;
      x = reach[Slot(from, limit)];
      y = x - from;
      const std::size_t a = first_ + static_cast<std::size_t>(x);
      const std::size_t b = first_ + static_cast<std::size_t>(y);
      const std::size_t removed = adds ? 0 : 1;
      const std::size_t added = adds ? 1 : 0;
      if (!changes.empty() && changes.back().a == a + removed &&
          changes.back().b == b + added) {
        Change& last = changes.back();
        last = {a, last.removed + removed, b, last.added + added};
      } else {
        changes.push_back({a, removed, b, added});
      }
    }
    std::reverse(changes.begin(), changes.end());
    return changes;
  }

  string_view LineA(int i) const {
    return a_[first_ + static_cast<std::size_t>(i)];
  }
  string_view LineB(int i) const {
    return b_[first_ + static_cast<std::size_t>(i)];
  }

  const std::vector<string_view>& a_;
  const std::vector<string_view>& b_;
  std::size_t first_ = 0, last_ = 0;  // Equal lines at both ends.
  std::vector<Reach> history_;
};

void PutLine(char sign, string_view line, std::string* out) {
  *out += sign;
  *out += line;
  if (!line.ends_with('\n')) *out += "\n\\ No newline at end of file\n";
}

std::string Range(std::size_t begin, std::size_t count) {
  const std::size_t line = count == 0 ? begin : begin + 1;
  return count == 1 ? absl::StrFormat("%d", line)
                    : absl::StrFormat("%d,%d", line, count);
}

}  // namespace

std::string UnifiedDiff(string_view path, string_view before,
                        string_view after) {
  const std::vector<string_view> a = LinesOf(before);
  const std::vector<string_view> b = LinesOf(after);
  const std::vector<Change> changes = Differ(a, b).Run();
  if (changes.empty()) return "";
  std::string out = absl::StrFormat("--- %s\n+++ %s\n", path, path);
  for (std::size_t i = 0; i < changes.size();) {
    std::size_t end = i + 1;  // Changes [i, end) share their surroundings.
    while (end < changes.size() &&
           changes[end].a - (changes[end - 1].a + changes[end - 1].removed) <=
               2 * kAround) {
      ++end;
    }
    const Change& first = changes[i];
    const Change& last = changes[end - 1];
    const std::size_t lead = std::min(kAround, first.a);
    const std::size_t a_end =
        std::min(last.a + last.removed + kAround, a.size());
    const std::size_t tail = a_end - (last.a + last.removed);
    const std::size_t b_end = last.b + last.added + tail;
    out += absl::StrFormat("@@ -%s +%s @@\n",
                           Range(first.a - lead, a_end - (first.a - lead)),
                           Range(first.b - lead, b_end - (first.b - lead)));
    std::size_t at = first.a - lead;
    for (; i < end; ++i) {
      const Change& change = changes[i];
      for (; at < change.a; ++at) PutLine(' ', a[at], &out);
      for (; at < change.a + change.removed; ++at) PutLine('-', a[at], &out);
      for (std::size_t j = 0; j < change.added; ++j) {
        PutLine('+', b[change.b + j], &out);
      }
    }
    for (; at < a_end; ++at) PutLine(' ', a[at], &out);
  }
  return out;
}

}  // namespace tocsin::dsl
