// Random event streams of the generated schema, and whole cases.
#include <algorithm>

#include "engine/event/value.h"
#include "tests/property/generators.h"

namespace tocsin::testing {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kStart = 1'767'225'600 * kSecond;  // 2026-01-01.

class LineWriter {
 public:
  explicit LineWriter(Random* random) : random_(*random) {}

  std::string Event(std::int64_t ts) {
    std::vector<std::string> members = {
        "\"at\":\"" + FormatTime(ts) + "\"",
        "\"id\":\"e" + std::to_string(++events_) + "\""};
    Add("s1", 85, Word(), &members);
    Add("s2", 70, Word(), &members);
    Add("n1", 85, Number(), &members);
    Add("n2", 40, Number(), &members);
    Add("f1", 40, random_.Pick(kFloats), &members);
    Add("b1", 60, random_.Chance(50) ? "true" : "false", &members);
    Add("addr", 60, random_.Pick(kAddresses), &members);
    Add("l1", 60, List(true), &members);
    Add("l2", 30, List(false), &members);
    Add("m1", 40, "{\"k\":" + Word() + ",\"j\":" + Word() + "}", &members);
    Add("o1", 50,
        "{\"a\":" + Word() + ",\"b\":" + Number() + ",\"l\":" + List(true) +
            "}",
        &members);
    Add("body", 50, Body(), &members);
    if (random_.Chance(20)) {  // An earlier duplicate: the last counts.
      members.insert(members.begin(), "\"s1\":" + Word());
    }
    return Join(std::move(members));
  }

  // A line that is no event, or an empty one.
  std::string Junk() {
    return random_.Pick(std::vector<std::string>{
        "", "  ", "hello world", "{\"at\":", "[1,2,3]", "\"text\"", "{} {}",
        "{\"id\":\"x\"}", std::string(200, '[') + std::string(200, ']'),
        "{\"at\":\"2026-01-01T00:00:00Z\",\"id\":\"cut"});
  }

 private:
  std::string Word() {
    const std::vector<std::string> words = {"\"red\"",
                                            "\"green\"",
                                            "\"blue\"",
                                            "\"Red\"",
                                            "\"\"",
                                            "\"r\\u0065d\"",
                                            "\" blue \"",
                                            "\"gr\xC3\xA9"
                                            "en\"",
                                            "\"b\xFFlue\""};
    return random_.Pick(words);
  }
  std::string Number() {
    if (random_.Chance(5)) return "12345678901234567890123";
    if (random_.Chance(5)) return "3.0";
    return std::to_string(random_.Below(6));
  }
  std::string List(bool text) {
    std::string out = "[";
    for (std::uint64_t i = random_.Below(4); i > 0; --i) {
      out += text ? Word() : Number();
      if (i > 1) out += ",";
    }
    return out + "]";
  }
  std::string Body() {
    std::string items = "[";
    for (std::uint64_t i = random_.Below(3); i > 0; --i) {
      items += "{\"name\":" + Word() + ",\"n\":" + Number() + "}";
      if (i > 1) items += ", ";
    }
    items += "]";
    return "{\"x\":" + (random_.Chance(50) ? Word() : Number()) +
           ", \"items\":" + items + "}";
  }

  // One member, sometimes absent, null, or of another scalar type.
  void Add(const std::string& name, int percent, std::string value,
           std::vector<std::string>* members) {
    if (!random_.Chance(percent)) return;
    if (random_.Chance(5)) value = "null";
    if (random_.Chance(4)) {
      value = random_.Pick(std::vector<std::string>{"7", "\"7\"", "true"});
    }
    std::string key = name;
    if (random_.Chance(5)) key = "\\u00" + Hex(name[0]) + name.substr(1);
    members->push_back("\"" + key + "\":" + value);
  }

  static std::string Hex(char c) {
    const char* digits = "0123456789abcdef";
    return {digits[(c >> 4) & 15], digits[c & 15]};
  }

  std::string Join(std::vector<std::string> members) {
    if (random_.Chance(30)) std::reverse(members.begin() + 2, members.end());
    const bool blanks = random_.Chance(20);
    std::string out = "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += blanks ? " , " : ",";
      out += members[i];
    }
    return out + "}";
  }

  const std::vector<std::string> kFloats = {"1.5", "2", "1E+0", "-0.5", "3e2"};
  const std::vector<std::string> kAddresses = {
      "\"10.0.0.1\"",        "\"10.1.2.3\"",    "\"192.168.1.1\"",
      "\"::ffff:10.0.0.1\"", "\"2001:db8::1\"", "\"nowhere\""};
  Random& random_;
  int events_ = 0;
};

struct Timed {
  std::int64_t ts = 0;
  std::int64_t arrival = 0;
};

// Times with steps that meet the boundaries of `spans`.
std::vector<Timed> Times(Random* random, Order order, std::int64_t lateness,
                         const std::vector<std::int64_t>& spans) {
  std::vector<Timed> out;
  std::int64_t ts = kStart + random->Between(0, 10 * kSecond);
  const std::int64_t events = random->Between(5, 60);
  for (std::int64_t i = 0; i < events; ++i) {
    switch (random->Below(6)) {
      case 0:
        break;  // The same time again.
      case 1:
        ts += 1;
        break;
      case 2:
        ts += random->Pick(spans) + random->Between(-1, 1);
        break;
      case 3:
        ts += random->Between(0, 10 * kSecond);
        break;
      default:
        ts += random->Between(0, kSecond);
    }
    Timed event{ts, ts};
    if (order != Order::kInTime) {
      event.arrival += random->Chance(50) ? random->Between(0, lateness) : 0;
    }
    if (order == Order::kWild && random->Chance(8)) {
      event.arrival += random->Between(lateness, 10 * lateness);
    }
    if (order == Order::kWild && random->Chance(3)) event.ts += 3600 * kSecond;
    out.push_back(event);
  }
  std::stable_sort(out.begin(), out.end(), [](const Timed& a, const Timed& b) {
    return a.arrival < b.arrival;
  });
  return out;
}

}  // namespace

std::vector<std::string> GenerateLines(
    Random* random, Order order, std::int64_t lateness_us,
    const std::vector<std::int64_t>& spans_us) {
  LineWriter writer(random);
  std::vector<std::string> lines;
  for (const Timed& event : Times(random, order, lateness_us, spans_us)) {
    std::string line = writer.Event(event.ts);
    if (random->Chance(8)) {
      lines.push_back("{\"records\":[" + line + "]}");
    } else {
      lines.push_back(line + (random->Chance(10) ? "\r" : ""));
    }
    if (random->Chance(8)) lines.push_back(line);  // Delivered twice.
    if (random->Chance(5)) lines.push_back(writer.Junk());
  }
  return lines;
}

GeneratedCase GenerateCase(std::uint64_t seed, Order order,
                           std::int64_t lateness_us) {
  Random random(seed);
  GeneratedCase out;
  out.identity_position = random.Chance(40);
  out.rules =
      GenerateSchema(&random, out.identity_position) + GenerateRules(&random);
  out.lines = GenerateLines(
      &random, order, lateness_us,
      {kSecond, 2 * kSecond, 3 * kSecond, 7 * kSecond, 20 * kSecond});
  return out;
}

}  // namespace tocsin::testing
