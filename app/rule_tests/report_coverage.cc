// How coverage is shown.
#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "app/rule_tests/report.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

using dsl::SourceSet;

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  AppendJsonEscaped(text, &out);
  return out + "\"";
}

std::string_view Bool(bool value) { return value ? "true" : "false"; }

std::string_view KindWord(CoveragePoint::Kind kind) {
  using Kind = CoveragePoint::Kind;
  switch (kind) {
    case Kind::kTest:
      return "test";
    case Kind::kElements:
      return "elements";
    case Kind::kWhere:
      return "where";
    case Kind::kUnless:
      return "unless";
    case Kind::kCounted:
      return "counted";
    case Kind::kFires:
      return "rule";
    case Kind::kBranch:
      return "branch";
  }
  return "";
}

// "`verb == "get"` was never false", "the exception never applied".
std::vector<std::string> Unseen(const CoveragePoint& point) {
  using Kind = CoveragePoint::Kind;
  std::vector<std::string> out;
  if (point.kind == Kind::kFires) {
    if (!point.seen_true) out.push_back("no test makes the rule fire");
    if (!point.seen_false) out.push_back("no test leaves the rule silent");
    return out;
  }
  if (point.kind == Kind::kBranch) {
    if (!point.seen_true) out.push_back("`" + point.text + "` never fired");
    return out;
  }
  if (point.kind == Kind::kUnless) {
    const std::string what = "`" + point.text + "`";
    if (!point.seen_true) out.push_back(what + " never applied");
    if (!point.seen_false) out.push_back(what + " always applied");
    return out;
  }
  const std::string what = "`" + point.text + "`";
  if (!point.seen_true && !point.seen_false) {
    out.push_back(what + " was never looked at");
  } else if (!point.seen_true) {
    out.push_back(what + " was never true");
  } else if (!point.seen_false) {
    out.push_back(what + " was never false");
  }
  return out;
}

bool IsUntested(const Coverage& coverage, const std::string& rule) {
  return std::find(coverage.untested.begin(), coverage.untested.end(), rule) !=
         coverage.untested.end();
}

}  // namespace

std::string CoverageText(const Coverage& coverage, const SourceSet& sources) {
  std::string out;
  for (const CoveragePoint& point : coverage.points) {
    const bool untested = IsUntested(coverage, point.rule);
    if (untested && point.kind != CoveragePoint::Kind::kFires) continue;
    if (point.seen_true && point.seen_false) continue;
    const dsl::Place place =
        sources.file(point.span.file).PlaceOf(point.span.begin);
    const std::string at =
        absl::StrFormat("%s:%d:%d: %s: ", sources.file(point.span.file).path(),
                        place.line, place.column, point.rule);
    if (untested) {
      out += at + "no test names this rule\n";
      continue;
    }
    for (const std::string& line : Unseen(point)) out += at + line + "\n";
  }
  return out + absl::StrFormat(
                   "coverage: %d %%, %d of %d outcomes seen in %d rules\n",
                   coverage.Percent(), coverage.Seen(), coverage.Outcomes(),
                   coverage.rules);
}

std::string CoverageJson(const Coverage& coverage, const SourceSet& sources) {
  std::string points;
  for (const CoveragePoint& point : coverage.points) {
    const dsl::SourceFile& file = sources.file(point.span.file);
    const dsl::Place place = file.PlaceOf(point.span.begin);
    points += absl::StrFormat(
        "%s{\"kind\":\"%s\",\"rule\":%s,\"file\":%s,\"line\":%d,\"column\":%d,"
        "\"text\":%s,\"seen_true\":%s,\"seen_false\":%s}",
        points.empty() ? "" : ",", KindWord(point.kind), Quoted(point.rule),
        Quoted(file.path()), place.line, place.column, Quoted(point.text),
        Bool(point.seen_true), Bool(point.seen_false));
  }
  std::string untested;
  for (const std::string& rule : coverage.untested) {
    untested += (untested.empty() ? "" : ",") + Quoted(rule);
  }
  return absl::StrFormat(
      "{\"coverage\":{\"percent\":%d,\"seen\":%d,\"outcomes\":%d,\"rules\":%d,"
      "\"untested\":[%s],\"points\":[%s]}}\n",
      coverage.Percent(), coverage.Seen(), coverage.Outcomes(), coverage.rules,
      untested, points);
}

}  // namespace tocsin
