#include "tests/property/exact_case.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "absl/strings/str_format.h"
#include "dsl/compile/compile.h"
#include "tests/property/engine_run.h"
#include "tests/property/reference_evaluate.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {
namespace {

constexpr std::int64_t kStart = 1'767'225'600'000'000;  // 2026-01-01.

std::string Seconds(std::int64_t us) {
  std::string out =
      absl::StrFormat("%.6f", static_cast<double>(us - kStart) / 1e6);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string Brief(const Alert& alert, bool several_rules) {
  std::string out = several_rules ? alert.rule + " " : "";
  if (alert.kind == AlertKind::kResolved) {
    out += "resolved " + Seconds(alert.time_us);
  } else {
    out += absl::StrFormat("%s [%s,%s] n%d f%d t%d", Seconds(alert.time_us),
                           Seconds(alert.first_us), Seconds(alert.last_us),
                           alert.count, alert.folded, alert.total);
  }
  for (const NamedValue& part : alert.key) {
    out += " " + part.name + "=";
    AppendCanonicalAsText(part.encoding, &out);
  }
  return out;
}

// Only rules that tell anyone.
bool SeveralRules(const dsl::CheckedRules& rules) {
  return std::count_if(rules.rules.begin(), rules.rules.end(),
                       [](const dsl::CheckedRule& rule) {
                         return rule.enabled && !rule.signal;
                       }) > 1;
}

using Files = std::vector<std::pair<std::string, std::string>>;

CheckedText CheckWith(const std::string& rules, const Files& files) {
  dsl::CheckOptions options;
  options.read_file = [&](const std::string&, const std::string& name,
                          std::string* bytes, std::string*) {
    for (const auto& [known, text] : files) {
      if (known != name) continue;
      *bytes = text;
      return true;
    }
    return false;
  };
  return CheckFiles({{"test.rules", rules}}, options);
}

reference::Options ReferenceOptions(const PipelineOptions& options) {
  reference::Options out;
  out.lateness_us = options.lateness_us;
  out.max_skew_us = options.max_skew_us;
  out.closed = options.closed;
  return out;
}

std::vector<std::string> ToldOf(const std::string& rules, const Files& tables,
                                const std::vector<std::string>& lines,
                                const PipelineOptions& options) {
  const CheckedText checked = CheckWith(rules, tables);
  if (!checked.ok()) return {"! does not check: " + checked.Errors()};
  const std::vector<std::string> files{Join(lines)};
  const bool several = SeveralRules(checked.rules);
  const reference::Result expected =
      reference::Run(checked.rules, files, ReferenceOptions(options));
  std::vector<std::string> out;
  if (OnlyReference()) {
    for (const auto& told : expected.alerts) {
      out.push_back(Brief(told.alert, several));
    }
    return out;
  }
  const EngineRun engine =
      RunEngine(dsl::Compile(checked.rules), files, options);
  if (!engine.status.ok()) {
    return {"! " + std::string(engine.status.message().data(),
                               engine.status.message().size())};
  }
  const std::string different = Differences(engine, expected, checked.rules);
  if (!different.empty()) return {"! they differ: " + different};
  for (const Alert& alert : engine.alerts) out.push_back(Brief(alert, several));
  return out;
}

}  // namespace

bool OnlyReference() {
  const char* only = std::getenv("TOCSIN_ONLY");
  return only != nullptr && std::string_view(only) == "reference";
}

std::string CaseSchema() {
  return R"(
schema case.events {
  time      at as epoch_us
  identity  id
  unwrap    records[*]
  fields {
    at int  id string?
    k string?  s string?  t string?
    n int?  m int?  p int? in 0..1_000_000  f float?  b bool?  a ip?  w time?
    l list of string?  ns list of int?  as list of ip?
    o { p string? q int? l list of string? }?
    mp map of string?
    x any?
  }
}
use case.events
)";
}

std::vector<std::string> Lines(const std::vector<CaseEvent>& events) {
  std::vector<std::string> out;
  for (const CaseEvent& event : events) {
    const auto us =
        static_cast<std::int64_t>(std::llround(event.seconds * 1e6)) + kStart;
    std::string line = absl::StrFormat("{\"at\":%d,\"id\":\"%d\"", us,
                                       static_cast<int>(out.size()));
    if (!event.members.empty()) line += "," + event.members;
    out.push_back(line + "}");
  }
  return out;
}

std::vector<std::string> ToldLines(const std::string& rules,
                                   const std::vector<std::string>& lines,
                                   const PipelineOptions& options) {
  return ToldAlone(CaseSchema() + rules, lines, options);
}

std::vector<std::string> ToldAlone(const std::string& rules,
                                   const std::vector<std::string>& lines,
                                   const PipelineOptions& options) {
  return ToldOf(rules, {}, lines, options);
}

std::vector<std::string> Told(const std::string& rules,
                              const std::vector<CaseEvent>& events,
                              const PipelineOptions& options) {
  return ToldLines(rules, Lines(events), options);
}

std::vector<std::string> ToldWithFiles(const std::string& rules,
                                       const Files& files,
                                       const std::vector<CaseEvent>& events) {
  return ToldOf(CaseSchema() + rules, files, Lines(events), {});
}

std::vector<std::string> Steps(
    const std::string& clauses,
    const std::vector<std::pair<double, std::string>>& events) {
  std::string rule = "rule r {\n";
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    const std::string name(1, static_cast<char>(letter - 'a' + 'A'));
    const bool named = clauses.find(" " + name + " ") != std::string::npos ||
                       clauses.find("(" + name) != std::string::npos ||
                       clauses.find(", " + name) != std::string::npos;
    if (named) rule += "  event " + name + " = s contains \"" + letter + "\"\n";
  }
  std::vector<CaseEvent> lines;
  for (const auto& [second, text] : events) {
    lines.push_back({second, "\"s\":\"" + text + "\""});
  }
  return Told(rule + "  " + clauses + "\n}\n", lines);
}

std::string Holds(const std::string& condition, const std::string& members) {
  const std::vector<std::string> told =
      Told("rule r {\n  where " + condition + "\n}\n",
           std::vector<CaseEvent>{{0, members}});
  if (told.empty()) return "no";
  return told[0].starts_with("!") ? told[0] : "yes";
}

std::string OneAlert(const std::string& rules,
                     const std::vector<CaseEvent>& events) {
  const std::vector<std::string> told = Told(rules, events);
  if (told.size() != 1 || told[0].starts_with("!")) {
    return "! not one alert: " + (told.empty() ? "none" : told[0]);
  }
  const CheckedText checked = CheckText(CaseSchema() + rules);
  if (OnlyReference()) {
    return Comparable(
        reference::Run(checked.rules, std::vector{Join(Lines(events))}, {})
            .alerts[0]
            .alert);
  }
  const EngineRun engine =
      RunEngine(dsl::Compile(checked.rules), {Join(Lines(events))}, {});
  return Comparable(engine.alerts[0]);
}

}  // namespace tocsin::testing
