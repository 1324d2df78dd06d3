#include "app/rule_tests/expectation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/rule_tests/json_value.h"
#include "app/rule_tests/pairing.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

using dsl::TestExpected;
using dsl::TestJson;

TestJson FromCollected(std::string_view sized) {
  TestJson list;
  list.kind = TestJson::Kind::kList;
  std::string_view value;
  while (TakeSized(&sized, &value)) list.values.push_back(JsonOf(value));
  return list;
}

TestJson FromTexts(const std::vector<std::string>& texts) {
  TestJson list;
  list.kind = TestJson::Kind::kList;
  for (const std::string& text : texts) list.values.push_back(JsonText(text));
  return list;
}

std::string_view KindName(AlertKind kind) {
  return kind == AlertKind::kResolved ? "resolved"
         : kind == AlertKind::kClosed ? "closed"
                                      : "alert";
}

// `rule: "burst"` for k8s.authn.burst: names may be short.
bool SameRule(const std::string& expected, const std::string& rule) {
  return expected == rule || rule.ends_with("." + expected);
}

bool MemberHolds(const std::string& name, const TestJson& wanted,
                 const TestJson& flat, std::int64_t zero_us) {
  const auto found = std::find(flat.keys.begin(), flat.keys.end(), name);
  if (found == flat.keys.end()) return wanted.kind == TestJson::Kind::kNull;
  const TestJson& told = flat.values[found - flat.keys.begin()];
  if (name == "rule" && wanted.kind == TestJson::Kind::kText) {
    return SameRule(wanted.text, told.text);
  }
  return Agrees(wanted, told, zero_us);
}

Fit FitOf(const TestExpected& expected, const Alert& alert,
          std::int64_t zero_us) {
  const TestJson flat = FlatAlert(alert);
  Fit fit{1, expected.resolved == (alert.kind == AlertKind::kResolved)};
  if (expected.at_us.has_value()) {
    ++fit.wanted;
    fit.held += alert.time_us == zero_us + *expected.at_us;
  }
  for (std::size_t i = 0; i < expected.subset.keys.size(); ++i) {
    ++fit.wanted;
    fit.held += MemberHolds(expected.subset.keys[i], expected.subset.values[i],
                            flat, zero_us);
  }
  return fit;
}

std::string Since(std::int64_t us) {
  return us < 0 ? "-" + FormatDuration(-us) : FormatDuration(us);
}

std::string ExpectedLine(const TestExpected& expected) {
  std::string line = expected.resolved ? "resolved " : "alert ";
  AppendJsonText(expected.subset, &line);
  if (expected.at_us.has_value()) line += " at " + Since(*expected.at_us);
  return line;
}

// What an alert says of itself where nothing more was asked: its rule, key,
// count and time.
std::string AlertLine(const Alert& alert, std::int64_t zero_us) {
  std::string line(KindName(alert.kind));
  line += " {";
  for (const NamedValue& part : alert.key) {
    std::string text;
    AppendJsonText(JsonOf(part.encoding), &text);
    line += part.name + ": " + text + ", ";
  }
  return line + absl::StrFormat("count: %d} of %s at %s", alert.count,
                                alert.rule, Since(alert.time_us - zero_us));
}

void AppendDifference(std::string_view name, const std::string& wanted,
                      const std::string& told, std::string* out) {
  *out +=
      absl::StrFormat("    - %s: %s\n    + %s: %s\n", name, wanted, name, told);
}

}  // namespace

TestJson FlatAlert(const Alert& alert) {
  TestJson flat;
  flat.kind = TestJson::Kind::kObject;
  const auto add = [&](std::string_view name, TestJson value) {
    if (std::find(flat.keys.begin(), flat.keys.end(), name) !=
        flat.keys.end()) {
      return;
    }
    flat.keys.emplace_back(name);
    flat.values.push_back(std::move(value));
  };
  const auto number = [](std::uint64_t n) {
    return JsonNumber(absl::StrFormat("%d", n));
  };
  for (const NamedValue& part : alert.key) {
    add(part.name, JsonOf(part.encoding));
  }
  for (const NamedValue& part : alert.collected) {
    add(part.name, FromCollected(part.encoding));
  }
  for (const NamedValue& part : alert.show) {
    add(part.name, JsonOf(part.encoding));
  }
  add("rule", JsonText(alert.rule));
  add("kind", JsonText(std::string(KindName(alert.kind))));
  add("id", JsonText(alert.id));
  add("severity", JsonText(alert.severity));
  add("title", JsonText(alert.title));
  add("summary", JsonText(alert.summary));
  add("time", JsonText(FormatTime(alert.time_us)));
  add("first", JsonText(FormatTime(alert.first_us)));
  add("last", JsonText(FormatTime(alert.last_us)));
  add("count", number(alert.count));
  add("total", number(alert.total));
  add("folded", number(alert.folded));
  add("tags", FromTexts(alert.tags));
  add("runbook", JsonText(alert.runbook));
  return flat;
}

std::vector<Mismatch> Compare(std::span<const TestExpected> expected,
                              std::span<const Alert> told,
                              std::int64_t zero_us) {
  std::vector<std::vector<Fit>> fits(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (const Alert& alert : told) {
      fits[i].push_back(FitOf(expected[i], alert, zero_us));
    }
  }
  const Pairing pairing(std::move(fits), told.size());
  std::vector<Mismatch> out;
  std::vector<char> shown(told.size(), 0);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (pairing.Paired(i)) continue;
    std::size_t nearest = SIZE_MAX;
    for (std::size_t j = 0; j < told.size(); ++j) {
      if (pairing.Taken(j) || shown[j] != 0) continue;
      if (nearest == SIZE_MAX ||
          pairing.Held(i, j) > pairing.Held(i, nearest)) {
        nearest = j;
      }
    }
    if (nearest != SIZE_MAX) shown[nearest] = 1;
    out.push_back({Mismatch::Kind::kMissing, &expected[i],
                   nearest == SIZE_MAX ? nullptr : &told[nearest]});
  }
  for (std::size_t j = 0; j < told.size(); ++j) {
    if (!pairing.Taken(j) && shown[j] == 0) {
      out.push_back({Mismatch::Kind::kUnexpected, nullptr, &told[j]});
    }
  }
  return out;
}

std::string Describe(const Mismatch& mismatch, std::int64_t zero_us) {
  if (mismatch.kind == Mismatch::Kind::kUnexpected) {
    return "  nobody expects " + AlertLine(*mismatch.alert, zero_us) + "\n";
  }
  const TestExpected& expected = *mismatch.expected;
  std::string out = "  expected " + ExpectedLine(expected) + "\n";
  if (mismatch.alert == nullptr) return out + "  nothing came\n";
  out += "  nearest  " + AlertLine(*mismatch.alert, zero_us) + "\n";
  const TestJson flat = FlatAlert(*mismatch.alert);
  if (expected.resolved != (mismatch.alert->kind == AlertKind::kResolved)) {
    AppendDifference("kind", expected.resolved ? "resolved" : "alert",
                     std::string(KindName(mismatch.alert->kind)), &out);
  }
  for (std::size_t i = 0; i < expected.subset.keys.size(); ++i) {
    const std::string& name = expected.subset.keys[i];
    const TestJson& wanted = expected.subset.values[i];
    if (MemberHolds(name, wanted, flat, zero_us)) continue;
    std::string left, right = "null";
    AppendJsonText(wanted, &left);
    const auto found = std::find(flat.keys.begin(), flat.keys.end(), name);
    if (found != flat.keys.end()) {
      right.clear();
      AppendJsonText(flat.values[found - flat.keys.begin()], &right);
    }
    AppendDifference(name, left, right, &out);
  }
  const std::int64_t at = mismatch.alert->time_us - zero_us;
  if (expected.at_us.has_value() && *expected.at_us != at) {
    AppendDifference("at", Since(*expected.at_us), Since(at), &out);
  }
  return out;
}

}  // namespace tocsin
