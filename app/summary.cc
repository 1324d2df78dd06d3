#include "app/summary.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "app/quantity.h"
#include "engine/base/limits.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr char kBold[] = "\x1b[1m";
constexpr char kDim[] = "\x1b[2m";
constexpr char kReset[] = "\x1b[0m";

std::string_view LevelColour(AlertLevel level) {
  switch (level) {
    case AlertLevel::kCritical:
      return "\x1b[1;31m";
    case AlertLevel::kHigh:
      return "\x1b[31m";
    case AlertLevel::kMedium:
      return "\x1b[33m";
    case AlertLevel::kLow:
      return "\x1b[36m";
    case AlertLevel::kInfo:
      return "";
  }
  return "";
}

// "3 malformed, 1 too long": the reasons that occurred.
std::string Reasons(
    const std::vector<std::pair<std::uint64_t, std::string_view>>& reasons) {
  std::string out;
  for (const auto& [count, reason] : reasons) {
    if (count == 0) continue;
    out += absl::StrFormat("%s%s %s", out.empty() ? "" : ", ",
                           FormatCount(count), reason);
  }
  return out;
}

class Lines {
 public:
  explicit Lines(bool colour) : colour_(colour) {}
  void Add(std::string_view label, std::string_view text) {
    text_ += absl::StrFormat("  %s%-12s%s%s\n", colour_ ? kDim : "", label,
                             colour_ ? kReset : "", text);
  }
  std::string text_;

 private:
  bool colour_;
};

void AddInput(const InputCounts& input, const SummaryOptions& options,
              Lines* lines) {
  const double seconds = std::max(options.seconds, 0.001);
  const auto rate = [&](std::uint64_t count) {
    return static_cast<std::uint64_t>(
        std::llround(static_cast<double>(count) / seconds));
  };
  lines->Add("events", absl::StrFormat("%s (%s/s)", FormatCount(input.events),
                                       FormatCount(rate(input.events))));
  lines->Add("bytes", absl::StrFormat("%s (%s/s)", FormatBytes(input.bytes),
                                      FormatBytes(rate(input.bytes))));
  if (input.first_us != 0 || input.last_us != 0) {
    lines->Add("first event", FormatTime(input.first_us));
    lines->Add("last event", FormatTime(input.last_us));
  }
  const std::uint64_t unparsable =
      input.malformed + input.too_long + input.too_deep + input.not_an_object;
  std::string text = FormatCount(unparsable);
  if (unparsable > 0) {
    text += absl::StrFormat(" (%s)",
                            Reasons({{input.malformed, "malformed"},
                                     {input.too_long, "too long"},
                                     {input.too_deep, "too deep"},
                                     {input.not_an_object, "not an object"}}));
    if (!options.dead_letter) text += "; --dead-letter FILE keeps them";
  }
  lines->Add("unparsable", text);
  const std::string dropped = Reasons(
      {{input.no_schema, "of no schema"}, {input.duplicates, "duplicates"}});
  lines->Add("dropped", dropped.empty() ? "0" : dropped);
  lines->Add("late", FormatCount(input.late));
  if (input.forgotten > 0) {
    lines->Add("forgotten", FormatCount(input.forgotten) +
                                " matches, early: a duplicate of one is told");
  }
  const std::string odd = Reasons({
      {input.repaired, "with invalid UTF-8"},
      {input.duplicate_keys, "with duplicate keys"},
      {input.salvaged, "cut and salvaged"},
      {input.number_lost, "with a number out of range"},
      {input.no_time, "without a time"},
      {input.bad_clock, "with a clock far ahead"},
      {input.bad_bodies, "with a broken body"},
  });
  if (!odd.empty()) lines->Add("odd", odd);
}

std::string RuleTable(const PipelineCounts& counts, const RuleSet& rules,
                      bool colour) {
  struct Row {
    AlertLevel level = AlertLevel::kInfo;
    const RuleTotals* totals = nullptr;
  };
  std::vector<Row> rows;
  std::size_t width = 4;
  for (std::size_t i = 0; i < counts.rules.size(); ++i) {
    const RuleTotals& totals = counts.rules[i];
    if (totals.matches == 0 && totals.alerts == 0) continue;
    Row row{AlertLevel::kInfo, &totals};
    if (i < rules.rules.size()) row.level = rules.rules[i].severity;
    rows.push_back(row);
    width = std::max(width, totals.name.size());
  }
  if (rows.empty()) return {};
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    if (a.level != b.level) return a.level > b.level;
    return a.totals->alerts > b.totals->alerts;
  });
  std::string out =
      absl::StrFormat("\n  %s%-8s  %-*s %10s %10s %10s%s\n", colour ? kDim : "",
                      "severity", static_cast<int>(width), "rule", "matches",
                      "alerts", "folded", colour ? kReset : "");
  for (const Row& row : rows) {
    const std::string_view paint = colour ? LevelColour(row.level) : "";
    out += absl::StrFormat(
        "  %s%-8s%s  %-*s %10s %10s %10s\n", paint, LevelName(row.level),
        paint.empty() ? "" : kReset, static_cast<int>(width), row.totals->name,
        FormatCount(row.totals->matches), FormatCount(row.totals->alerts),
        FormatCount(row.totals->folded));
  }
  return out;
}

}  // namespace

std::string FormatSummary(const PipelineCounts& counts, const RuleSet& rules,
                          const SummaryOptions& options) {
  std::uint64_t alerts = 0;
  std::uint64_t evicted = 0;
  std::uint64_t no_key = 0;
  std::uint64_t each_overflow = 0;
  std::size_t fired = 0;
  for (const RuleTotals& rule : counts.rules) {
    alerts += rule.alerts;
    evicted += rule.evictions;
    no_key += rule.no_key;
    each_overflow += rule.each_overflow;
    fired += rule.alerts > 0 ? 1 : 0;
  }
  const bool colour = options.colour;
  Lines lines(colour);
  lines.text_ =
      absl::StrFormat("\n%sreplayed %s in %s: %s%s\n", colour ? kBold : "",
                      options.input, FormatElapsed(options.seconds),
                      Plural(alerts, "alert"), colour ? kReset : "");
  AddInput(counts.input, options, &lines);
  lines.Add("rules", absl::StrFormat("%s, %s alerted",
                                     Plural(rules.rules.size(), "rule"),
                                     FormatCount(fired)));
  if (no_key > 0) {
    lines.Add("no key", FormatCount(no_key) +
                            " matches lack a part of `by` and are in no group");
  }
  if (each_overflow > 0) {
    lines.Add("each", absl::StrFormat("%s past the first %d left out",
                                      Plural(each_overflow, "element"),
                                      limits::kEachElements));
  }
  if (evicted > 0) {
    lines.Add("evicted", Plural(evicted, "key") + "; see keys <= N");
  }
  return lines.text_ + RuleTable(counts, rules, colour);
}

}  // namespace tocsin
