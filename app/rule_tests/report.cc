#include "app/rule_tests/report.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

using dsl::SourceSet;

std::string PlaceOf(dsl::Span span, const SourceSet& sources) {
  const dsl::SourceFile& file = sources.file(span.file);
  return absl::StrFormat("%s:%d", file.path(), file.PlaceOf(span.begin).line);
}

std::string Millis(std::int64_t us) {
  return absl::StrFormat("%.1f ms", static_cast<double>(us) / 1'000);
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  AppendJsonEscaped(text, &out);
  return out + "\"";
}

// A title may hold what ends a line.
std::string OneLine(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(),
      [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return out;
}

// What failed, without colour: the place of the statement, then the lines.
std::string Failures(const TestReport& report, const SourceSet& sources) {
  std::string out;
  for (const TestFailure& failure : report.outcome.failures) {
    out += absl::StrFormat("  %s\n", PlaceOf(failure.span, sources));
    out += failure.message;
  }
  return out + report.why;
}

std::string Coloured(std::string_view text, bool colour) {
  if (!colour) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    const std::string_view begin = line.substr(0, 5);
    const std::string_view code = begin == "    -"   ? "31"
                                  : begin == "    +" ? "32"
                                                     : "";
    out += code.empty() ? std::string(line)
                        : absl::StrFormat("\x1b[%sm%s\x1b[0m\n", code,
                                          line.substr(0, line.size() - 1));
    text.remove_prefix(line.size());
  }
  return out;
}

std::string Xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Control characters are no XML at all.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
          out += c;
        } else {
          out += '?';
        }
    }
  }
  return out;
}

std::string_view Bool(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string ReportText(const TestReport& report, const SourceSet& sources,
                       bool colour) {
  const bool ok = report.ok();
  std::string verdict = ok ? "ok    " : "FAILED";
  if (colour) {
    verdict = absl::StrFormat("\x1b[%sm%s\x1b[0m", ok ? "32" : "31", verdict);
  }
  std::string out = absl::StrFormat(
      "%s  %s %s (%s)\n", verdict, PlaceOf(report.test->span, sources),
      OneLine(report.test->title), Millis(report.duration_us));
  if (!ok) out += Coloured(Failures(report, sources), colour);
  return out;
}

std::string ReportJson(const TestReport& report, const SourceSet& sources) {
  const dsl::SourceFile& file = sources.file(report.test->span.file);
  std::string rules;
  for (const std::string& rule : report.test->rules) {
    rules += (rules.empty() ? "" : ",") + Quoted(rule);
  }
  std::string failures;
  for (const TestFailure& failure : report.outcome.failures) {
    failures += absl::StrFormat(
        "%s{\"line\":%d,\"message\":%s}", failures.empty() ? "" : ",",
        sources.file(failure.span.file).PlaceOf(failure.span.begin).line,
        Quoted(failure.message));
  }
  return absl::StrFormat(
      "{\"test\":%s,\"file\":%s,\"line\":%d,\"rules\":[%s],\"ok\":%s,"
      "\"duration_us\":%d,\"failures\":[%s],\"why\":%s}\n",
      Quoted(report.test->title), Quoted(file.path()),
      file.PlaceOf(report.test->span.begin).line, rules, Bool(report.ok()),
      report.duration_us, failures, Quoted(report.why));
}

std::string ReportJUnit(std::span<const TestReport> reports,
                        const SourceSet& sources) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  std::map<dsl::FileId, std::vector<const TestReport*>> by_file;
  for (const TestReport& report : reports) {
    by_file[report.test->span.file].push_back(&report);
  }
  for (const auto& [file, of] : by_file) {
    const auto failed =
        std::count_if(of.begin(), of.end(),
                      [](const TestReport* report) { return !report->ok(); });
    out += absl::StrFormat(
        "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\">\n",
        Xml(sources.file(file).path()), of.size(), failed);
    for (const TestReport* report : of) {
      out += absl::StrFormat(
          "    <testcase classname=\"%s\" name=\"%s\" time=\"%.6f\"",
          Xml(report->test->rules.front()), Xml(report->test->title),
          static_cast<double>(report->duration_us) / 1e6);
      out += report->ok()
                 ? "/>\n"
                 : absl::StrFormat(
                       ">\n      <failure message=\"%s\">%s</failure>"
                       "\n    </testcase>\n",
                       Xml(PlaceOf(report->outcome.failures.front().span,
                                   sources)),
                       Xml(Failures(*report, sources)));
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace tocsin
