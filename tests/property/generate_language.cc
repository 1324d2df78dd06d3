// One rule of one construct, and a short stream that meets its boundaries.
#include <algorithm>

#include "tests/property/generators.h"

namespace tocsin::testing {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

std::string Text(std::uint64_t number) { return std::to_string(number); }

class LanguageWriter {
 public:
  explicit LanguageWriter(Random* random) : random_(*random) {
    window_us_ = static_cast<std::int64_t>(
                     random_.Pick(std::vector<std::uint64_t>{1, 2, 3, 6, 12})) *
                 kSecond;
  }

  std::int64_t window_us() const { return window_us_; }
  std::int64_t hold_us() const { return hold_us_; }

  std::string Rules(Construct construct) {
    const bool panes = construct == Construct::kSum ||
                       construct == Construct::kTest ||
                       construct == Construct::kJoined;
    // Panes of whole microseconds.
    if (panes) window_us_ = random_.Chance(50) ? 3 * kSecond : 6 * kSecond;
    switch (construct) {
      case Construct::kAfterFiring:
        return Rule("", Rising(), AfterRising());
      case Construct::kSequence:
        return Steps(Sequence() + Within(), Held());
      case Construct::kWhere:
        return Steps(Sequence() + Where() + Within(), Held());
      case Construct::kWithout:
        return Steps(Pick({"A then B", "A then B then C", "A x2 then B"}) +
                         " without D" + Within(),
                     Held());
      case Construct::kThenNot:
        return Steps("A then not B" + Within(), Once());
      case Construct::kNotThen:
        return Steps("not A then B" + Within(), Once());
      case Construct::kParts:
        return Steps(Pick({"all of (A, B)", "all of (A, B, C)",
                           "2 of (A, B, C)", "2 of (A, B, C, D)"}) +
                         Within(),
                     Held());
      case Construct::kNew:
        return Rule("",
                    "new(" + Pick({"s", "s, n", "n"}) + ")" + Within() +
                        " learn " + Pick({"0s", "1s", "4s"}),
                    Once());
      case Construct::kSilent:
        return Silent();
      case Construct::kSum:
        return Rule("", "sum(p) >= " + Text(1 + random_.Below(12)) + Within(),
                    Held());
      case Construct::kTest:
        return Rule("", Test() + Within(), Tested());
      case Construct::kWindow:
        return Rule("", Windowed(), Once());
      case Construct::kJoined:
        return Joined();
      case Construct::kChain:
        return Chain();
    }
    return "";
  }

 private:
  std::string Pick(const std::vector<std::string>& from) {
    return random_.Pick(from);
  }
  std::string Span(std::int64_t us) { return Text(us / kSecond) + "s"; }
  std::string Within() { return " within " + Span(window_us_); }
  std::string By() { return random_.Chance(50) ? "  by k\n" : ""; }

  std::string Rule(const std::string& events, const std::string& when,
                   const std::string& then) {
    return "rule r {\n" + By() + events + "  when " + when + "\n" + then +
           "}\n";
  }
  std::string Steps(const std::string& when, const std::string& then) {
    std::string events;
    for (const char name : {'A', 'B', 'C', 'D'}) {
      const bool used = when.find(std::string(1, name)) != std::string::npos;
      if (!used) continue;
      events += std::string("  event ") + name + " = s contains \"" +
                static_cast<char>(name - 'A' + 'a') + "\"\n";
    }
    return Rule(events, when, then);
  }

  std::string Hold() {
    hold_us_ = random_.Between(1, 12) * kSecond;
    return "  then once per " + Span(hold_us_) + "\n";
  }
  std::string Once() {
    if (random_.Chance(40)) return "  then every\n";
    return random_.Chance(50) ? Hold() : "";
  }
  std::string Held() {
    if (random_.Chance(20)) return "  then reset\n";
    if (random_.Chance(20)) return "  then escalate 2, 4\n";
    return Once();
  }
  std::string Tested() { return random_.Chance(40) ? "  then edge\n" : Once(); }
  std::string AfterRising() {
    switch (random_.Below(4)) {
      case 0:
        return "  then reset\n";
      case 1:
        return "  then escalate " + Pick({"2", "2, 3", "3, 5"}) + "\n";
      default:
        return "  then edge\n";
    }
  }

  std::string AtLeast(std::uint64_t most) {
    return " >= " + Text(1 + random_.Below(most));
  }
  std::string Rising() {
    return Pick({"count()", "distinct(s)", "distinct(n)", "count(n > 1)"}) +
           AtLeast(4) + Within();
  }
  std::string Sequence() {
    return Pick({"A then B", "A x2 then B", "A then B then C",
                 "A then B then A", "A x2 then B x2", "A x3 then B"});
  }
  std::string Where() {
    return " where " +
           Pick({"B.n != A.n", "B.n == A.n", "B.n > A.n", "B.n == A.n + 1",
                 "B.t == A.t", "B.n != A.n and B.t == A.t"});
  }
  std::string Silent() {
    const std::string then = Hold();
    if (random_.Chance(40)) {
      return "list vip = [\"x\", \"y\", \"z\"]\nrule r {\n  by k among vip\n"
             "  when silent for " +
             Span(window_us_) + "\n" + Hold() + "}\n";
    }
    return "rule r {\n  by k\n  when silent for " + Span(window_us_) + "\n" +
           then + "  keys <= 1000\n}\n";
  }
  std::string Test() {
    return Pick({"avg(n) > 1", "avg(n) < 2", "min(n) > 1", "max(n) < 3",
                 "max(n) - min(n) >= 2", "median(n) == 1", "median(n) >= 1.5",
                 "percentile(n, 75) > 2", "percentile(n, 10) < 0.5",
                 "sum(n) == 4", "count(s == \"a\") / count() > 0.5",
                 "count(s == \"a\") - count(n > 1) >= 2",
                 "count(n > 1) / count() >= 0.5 and count() >= 3",
                 "sum(p) / count() > 3 and distinct(s) >= 2",
                 "distinct(s) * 2 >= count() + 1"});
  }
  std::string Windowed() {
    const std::string aggregate =
        Pick({"count() >= 2", "count() >= 3", "distinct(s) >= 2", "count() < 3",
              "count() == 2", "distinct(s) <= 1", "avg(n) > 1", "sum(n) > 3",
              "median(n) <= 1"});
    switch (random_.Below(3)) {
      case 0:
        return aggregate + Within() + " tumbling";
      case 1:
        return aggregate + " within " + Span(2 * window_us_) + " hopping " +
               Span(window_us_);
      default:
        return aggregate + " within session gap " + Span(window_us_) + " max " +
               Span(3 * window_us_);
    }
  }
  std::string Joined() {
    const std::string other = " within " + Pick({"3s", "6s", "9s"});
    const std::string word = Pick({" and ", " or "});
    if (random_.Chance(50)) {
      const std::string left = "count(A)" + AtLeast(3) + Within();
      const std::string right =
          Pick({"count(B)" + AtLeast(2) + other, "B then C" + other,
                "2 of (B, C, D)" + other});
      const bool group = right[0] != 'c';
      return Steps(left + word + (group ? "(" + right + ")" : right), Once());
    }
    return Rule("",
                "count()" + AtLeast(3) + Within() + word +
                    Pick({"avg(n) > 1", "distinct(s) >= 2", "min(n) > 1"}) +
                    other,
                Once());
  }
  std::string Chain() {
    const std::string first = Pick(
        {"signal q {\n  by k\n  when count()" + AtLeast(2) + Within() + "\n",
         "signal q {\n  where n > 0\n  by k\n",
         "signal q {\n  by k\n  event A = s contains \"a\"\n"
         "  event B = s contains \"b\"\n  when A then not B" +
             Within() + "\n"});
    const std::string second =
        Pick({"  when count()" + AtLeast(3) + Within() + "\n",
              "  event C = count >= 1\n  event E = total >= 2\n"
              "  when C then not E" +
                  Within() + "\n",
              "  where total >= 1\n"});
    return first + "  then every\n}\nrule r {\n  from q\n" +
           (random_.Chance(50) ? "  by k\n" : "") + second + Once() + "}\n";
  }

  Random& random_;
  std::int64_t window_us_ = 0;
  std::int64_t hold_us_ = 5 * kSecond;
};

std::string Members(Random* random) {
  std::string out =
      "\"k\":\"" + random->Pick(std::vector<std::string>{"x", "x", "y"}) + "\"";
  out += ",\"s\":\"" +
         random->Pick(std::vector<std::string>{"a", "b", "c", "a", "b", "ab",
                                               "d", "bc", "e"}) +
         "\"";
  if (random->Chance(90)) out += ",\"n\":" + Text(random->Below(4));
  if (random->Chance(95)) out += ",\"p\":" + Text(random->Below(6));
  if (random->Chance(30)) out += ",\"t\":\"u\"";
  if (random->Chance(40)) {
    out += random->Chance(50) ? ",\"l\":[\"a\",\"b\"]" : ",\"l\":[\"b\"]";
  }
  return out;
}

}  // namespace

LanguageCase GenerateLanguageCase(std::uint64_t seed, Construct construct,
                                  std::int64_t lateness_us) {
  Random random(seed);
  LanguageWriter writer(&random);
  LanguageCase out;
  out.rules = writer.Rules(construct);
  const bool steps = construct == Construct::kSequence ||
                     construct == Construct::kWhere ||
                     construct == Construct::kWithout;
  std::int64_t ts = random.Between(0, 10) * kSecond;
  const bool in_time = random.Chance(25);
  const bool late = random.Chance(20);
  std::vector<std::pair<std::int64_t, TimedEvent>> placed;
  for (std::int64_t i = random.Between(2, steps ? 20 : 14); i > 0; --i) {
    if (steps && random.Chance(30)) ts -= ts > kSecond ? kSecond / 2 : 0;
    switch (random.Below(steps ? 9 : 7)) {
      case 0:
      case 7:
        break;  // The same time again.
      case 1:
        ts += 1;
        break;
      case 2:
        ts += writer.window_us() + random.Between(-1, 1);
        break;
      case 3:
        ts += writer.hold_us() + random.Between(-1, 1);
        break;
      case 4:
        ts += random.Between(0, 2 * writer.window_us());
        break;
      default:
        ts += random.Between(0, 3) * kSecond / 2;
    }
    std::int64_t arrival = ts;
    if (!in_time && random.Chance(50))
      arrival += random.Between(0, lateness_us);
    if (late && random.Chance(20)) {
      arrival += random.Between(lateness_us, 4 * lateness_us);
    }
    placed.emplace_back(arrival, TimedEvent{ts, Members(&random)});
  }
  std::stable_sort(
      placed.begin(), placed.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [arrival, event] : placed) out.events.push_back(std::move(event));
  if (random.Chance(15)) {  // Delivered twice.
    const std::size_t at = random.Below(out.events.size());
    out.events[at].twice = true;
  }
  return out;
}

}  // namespace tocsin::testing
