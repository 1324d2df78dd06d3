// A profile as a table for people and as one JSON object.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_format.h"
#include "app/profile/profile.h"
#include "app/quantity.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr std::size_t kTestsShown = 3;
constexpr std::size_t kTextShown = 100;  // Bytes of a test.

// A long test is known by its front.
std::string Cut(const std::string& text) {
  if (text.size() <= kTextShown) return text;
  std::size_t cut = kTextShown;
  while (cut > 0 && (text[cut] & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "...";
}

double Part(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

std::string Percent(double part) {
  if (part == 0) return "0%";
  if (part < 0.0001) return "<0.01%";
  return absl::StrFormat(part < 0.1 ? "%.2f%%" : "%.0f%%", 100 * part);
}

std::string State(const RuleProfile& rule) {
  if (rule.totals.keys == 0) return "-";
  std::string text = Plural(rule.totals.keys, "key");
  if (rule.totals.evictions > 0) {
    text += ", " + FormatCount(rule.totals.evictions) + " evicted";
  }
  return text;
}

void AppendRule(const RuleProfile& rule, const Profile& profile,
                std::string* out) {
  const RuleTotals& totals = rule.totals;
  *out += absl::StrFormat("%9.1f  %7s  %10s  %8s  %9s  %s\n", rule.ns_event,
                          Percent(Part(rule.tried, profile.sample_events)),
                          FormatCount(totals.matches),
                          Percent(Part(totals.matches, profile.counts.events)),
                          FormatCount(totals.alerts), rule.name);
  constexpr char kIndent[] = "           ";
  for (std::size_t i = 0; i < std::min(kTestsShown, rule.tests.size()); ++i) {
    const TestProfile& test = rule.tests[i];
    *out +=
        absl::StrFormat("%stest   %s: %s, %s passed, %.0f ns each\n", kIndent,
                        Cut(test.text), Plural(test.evaluated, "time"),
                        Percent(Part(test.passed, test.evaluated)), test.ns);
  }
  for (const ExceptionProfile& exception : rule.exceptions) {
    *out += absl::StrFormat(
        "%sunless %s: %s excused%s\n", kIndent, Cut(exception.text),
        Plural(exception.excused, "event"),
        exception.place == "rule" ? "" : ", by " + exception.place);
  }
  if (rule.alone) {
    *out += absl::StrFormat(
        "%sstate  %s; %s written out; %.0f ns a match for key, window and "
        "alert\n",
        kIndent, State(rule), FormatBytes(rule.state_bytes), rule.ns_match);
  } else if (totals.keys > 0) {
    *out += absl::StrFormat("%sstate  %s\n", kIndent, State(rule));
  }
  for (const Advice& advice : rule.advice) {
    *out += absl::StrFormat("%stry    %s: %.1f times as fast, measured\n",
                            kIndent, advice.text, advice.ratio);
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  AppendJsonEscaped(text, out);
  *out += '"';
}

// A double as JSON: three places are more than can be measured.
std::string Number(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.3f", value) : "0";
}

void AppendRuleJson(const RuleProfile& rule, std::string* out) {
  const RuleTotals& t = rule.totals;
  *out += "{\"rule\":";
  AppendQuoted(rule.name, out);
  *out += absl::StrFormat(
      ",\"ns_event\":%s,\"tried\":%d,\"matches\":%d,\"no_key\":%d,"
      "\"detections\":%d,\"alerts\":%d,\"folded\":%d,\"keys\":%d,"
      "\"evictions\":%d",
      Number(rule.ns_event), rule.tried, t.matches, t.no_key, t.detections,
      t.alerts, t.folded, t.keys, t.evictions);
  if (rule.alone) {
    *out += absl::StrFormat(",\"ns_match\":%s,\"state_bytes\":%d",
                            Number(rule.ns_match), rule.state_bytes);
  }
  *out += ",\"tests\":[";
  for (std::size_t i = 0; i < rule.tests.size(); ++i) {
    const TestProfile& test = rule.tests[i];
    *out += i == 0 ? "{\"text\":" : ",{\"text\":";
    AppendQuoted(test.text, out);
    *out += absl::StrFormat(",\"evaluated\":%d,\"passed\":%d,\"ns\":%s}",
                            test.evaluated, test.passed, Number(test.ns));
  }
  *out += "],\"exceptions\":[";
  for (std::size_t i = 0; i < rule.exceptions.size(); ++i) {
    const ExceptionProfile& exception = rule.exceptions[i];
    *out += i == 0 ? "{\"text\":" : ",{\"text\":";
    AppendQuoted(exception.text, out);
    *out += absl::StrFormat(",\"place\":\"%s\",\"excused\":%d}",
                            exception.place, exception.excused);
  }
  *out += "],\"advice\":[";
  for (std::size_t i = 0; i < rule.advice.size(); ++i) {
    *out += i == 0 ? "{\"text\":" : ",{\"text\":";
    AppendQuoted(rule.advice[i].text, out);
    *out += absl::StrFormat(",\"ratio\":%s}", Number(rule.advice[i].ratio));
  }
  *out += "]}";
}

}  // namespace

std::string PrintProfile(const Profile& profile, std::size_t top) {
  const InputCounts& counts = profile.counts;
  std::string out = absl::StrFormat(
      "%s in %s, one thread: %s a second\n", Plural(counts.events, "event"),
      FormatElapsed(profile.seconds),
      FormatCount(
          static_cast<std::uint64_t>(static_cast<double>(counts.events) /
                                     std::max(profile.seconds, 1e-9))));
  out += absl::StrFormat(
      "timed on the first %s: decoding %.0f ns, all rules together %.0f ns an "
      "event\n\n",
      FormatCount(profile.sample_events), profile.extract_ns, profile.match_ns);
  out += " ns/event    tried     matches   of all     alerts  rule\n";
  const std::size_t shown = std::min(top, profile.rules.size());
  for (std::size_t i = 0; i < shown; ++i) {
    AppendRule(profile.rules[i], profile, &out);
  }
  double rest = 0;
  for (std::size_t i = shown; i < profile.rules.size(); ++i) {
    rest += profile.rules[i].ns_event;
  }
  if (shown < profile.rules.size()) {
    out += absl::StrFormat("%9.1f  the other %d\n", rest,
                           profile.rules.size() - shown);
  }
  return out;
}

std::string PrintProfileJson(const Profile& profile, std::size_t top) {
  const InputCounts& counts = profile.counts;
  std::string out = absl::StrFormat(
      "{\"events\":%d,\"seconds\":%s,\"sample_events\":%d,"
      "\"extract_ns\":%s,\"match_ns\":%s,\"rules\":[",
      counts.events, Number(profile.seconds), profile.sample_events,
      Number(profile.extract_ns), Number(profile.match_ns));
  for (std::size_t i = 0; i < std::min(top, profile.rules.size()); ++i) {
    if (i > 0) out += ',';
    AppendRuleJson(profile.rules[i], &out);
  }
  return out + "]}\n";
}

}  // namespace tocsin
