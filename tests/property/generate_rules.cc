// Random schemas and rules over them, well typed on purpose: what the checker
// refuses all the same is drawn again by the caller.
#include "tests/property/generators.h"

namespace tocsin::testing {
namespace {

std::string Quote(const std::string& text) { return "\"" + text + "\""; }

const std::vector<std::string> kWords = {"red", "green", "blue", "Red", ""};
const std::vector<std::string> kPieces = {"re", "e", "n", "bl", "RE", "d"};
const std::vector<std::string> kStrings = {"s1",        "s2",    "o1.a",
                                           "m1[\"k\"]", "l1[0]", "l1[-1]"};
const std::vector<std::string> kNumbers = {"n1", "n2", "o1.b", "f1", "l2[0]"};
const std::vector<std::string> kSpans = {"1s", "2s", "3s", "7s", "20s"};

class RuleWriter {
 public:
  explicit RuleWriter(Random* random) : random_(*random) {}

  std::string Rule(int number) {
    const std::string name = "r" + std::to_string(number);
    std::string out = "rule " + name + " {\n";
    if (random_.Chance(60)) out += "  severity " + Level() + "\n";
    if (random_.Chance(30)) out += "  title \"about {s1}\"\n";
    if (random_.Chance(90)) out += "  where " + Condition(3) + "\n";
    if (random_.Chance(25)) out += "  unless " + Condition(1) + "\n";
    const bool keyed = random_.Chance(75);
    if (keyed) out += "  by " + Keys() + "\n";
    if (random_.Chance(75)) {
      out += "  when " + When() + "\n";
      if (random_.Chance(55)) out += "  then " + Then() + "\n";
    } else if (random_.Chance(50)) {
      out += "  then " + Then() + "\n";
    }
    out += Evidence(keyed);
    return out + "}\n";
  }

  std::string Lets() {
    std::string out = "let plain = " + Test() + "\n";
    out += "let holds(x) = " + Strings() + " == x or n1 == 3\n";
    return out;
  }

  std::string Condition(int depth) {
    if (depth == 0) return Test();
    switch (random_.Below(7)) {
      case 0:
        return "(" + Condition(depth - 1) + " and " + Condition(depth - 1) +
               ")";
      case 1:
      case 2:
        return "(" + Condition(depth - 1) + " or " + Condition(depth - 1) + ")";
      case 3:
        return "not (" + Condition(depth - 1) + ")";
      case 4:
        return random_.Chance(50) ? "plain" : "holds(" + Word() + ")";
      default:
        return Test();
    }
  }

 private:
  std::string Word() { return Quote(random_.Pick(kWords)); }
  std::string Piece() { return Quote(random_.Pick(kPieces)); }
  std::string Level() {
    return random_.Pick(
        std::vector<std::string>{"info", "low", "medium", "high", "critical"});
  }
  std::string Int() { return std::to_string(random_.Below(6)); }
  std::string Strings() { return random_.Pick(kStrings); }
  std::string Not() { return random_.Chance(25) ? "not " : ""; }
  std::string Nocase() { return random_.Chance(20) ? " nocase" : ""; }

  std::string StringValue() {
    switch (random_.Below(12)) {
      case 0:
        return "lower(" + Strings() + ")";
      case 1:
        return "upper(" + Strings() + ")";
      case 2:
        return "(" + Strings() + " ?? \"red\")";
      case 3:
        return "coalesce(" + Strings() + ", s1)";
      case 4:
        return "trim(" + Strings() + ")";
      case 5:
        return "replace(" + Strings() + ", \"e\", \"E\")";
      case 6:
        return "join(l1, \"-\")";
      case 7:
        return "text(n1)";
      case 8:
        return "extract(s1, r\"([a-f]+)\")";
      default:
        return Strings();
    }
  }

  std::string Number() {
    switch (random_.Below(10)) {
      case 0:
        return "len(" + Strings() + ")";
      case 1:
        return "len(l1)";
      case 2:
        return "(n1 + " + Int() + ")";
      case 3:
        return "n1 % 3";
      case 4:
        return "int(s2)";
      case 5:
        return "(n2 ?? 2)";
      case 6:
        return "n1 - n2";
      default:
        return random_.Pick(kNumbers);
    }
  }

  std::string TextTest(const std::string& left) {
    switch (random_.Below(9)) {
      case 0:
        return left + " == " + Word() + Nocase();
      case 1:
        return left + " != " + Word();
      case 2:
        return left + " " + Not() + "in [" + Word() + ", " + Word() + "]" +
               Nocase();
      case 3:
        return left + " " + Not() + "in words" + Nocase();
      case 4:
        return left + " " + Not() + "contains " + Piece() + Nocase();
      case 5:
        return left + " " + Not() + "startswith [" + Piece() + ", " + Piece() +
               "]" + Nocase();
      case 6:
        return left + " " + Not() + "endswith " + Piece() + Nocase();
      case 7:
        return left + " " + Not() + "like " +
               Quote(random_.Pick(std::vector<std::string>{
                   "r*d", "*e*", "?e?", "b*", "*", "gree?"})) +
               Nocase();
      default:
        return left + " " + Not() + "matches r" +
               Quote(random_.Pick(std::vector<std::string>{
                   "^re", "e+n?$", "[bd]", "^(red|blue)$"}));
    }
  }

  std::string NumberTest() {
    const std::string left = Number();
    switch (random_.Below(4)) {
      case 0:
        return left + " in " + std::to_string(random_.Below(2)) + ".." +
               std::to_string(2 + random_.Below(4));
      case 1:
        return left + " " + Not() + "in [" + Int() + ", " + Int() + "]";
      case 2:
        return left + " > 1.5";
      default:
        return left +
               random_.Pick(std::vector<std::string>{" == ", " != ", " < ",
                                                     " <= ", " > ", " >= "}) +
               Int();
    }
  }

  std::string ListTest() {
    const std::string mode =
        random_.Pick(std::vector<std::string>{"any", "all", "none"});
    const std::string list = random_.Pick(
        std::vector<std::string>{"l1", "o1.l", "body.items[*].name"});
    switch (random_.Below(7)) {
      case 0:
        return TextTest(list);
      case 1:
        return mode + "(" + list + ") == " + Word();
      case 2:
        return mode + "(" + list + ") startswith " + Piece();
      case 3:
        return Word() + " in l1";
      case 4:
        return mode + " x in l1 (x == " + Word() + " or x contains " + Piece() +
               ")";
      case 5:
        return mode + " c in body.items (c.name == " + Word() +
               " and c.n >= " + Int() + ")";
      default:
        return "count x in l1 (x != \"red\") >= " + Int();
    }
  }

  std::string OtherTest() {
    switch (random_.Below(12)) {
      case 0:
        return "b1";
      case 1:
        return "b1 == " + std::string(random_.Chance(50) ? "true" : "false");
      case 2:
        return "addr " + Not() + "in 10.0.0.0/8";
      case 3:
        return "addr == 10.0.0.1";
      case 4:
        return "addr " + Not() + "in nets";
      case 5:
        return "exists(" +
               random_.Pick(std::vector<std::string>{
                   "s2", "o1", "o1.a", "m1[\"k\"]", "body.x", "l1[1]"}) +
               ")";
      case 6:
        return "body.x == " + (random_.Chance(50) ? Word() : Int());
      case 7:
        return "body.x " + Not() + "contains " + Piece();
      case 8:
        return "ts >= time(\"2026-01-01T00:00:10Z\")";
      case 9:
        return "hour(ts) == 0";
      case 10:
        return "big";
      default:
        return "s1 == s2";
    }
  }

  std::string Test() {
    switch (random_.Below(4)) {
      case 0:
        return TextTest(StringValue());
      case 1:
        return NumberTest();
      case 2:
        return ListTest();
      default:
        return OtherTest();
    }
  }

  std::string KeyPart(int number) {
    const std::string as = " as k" + std::to_string(number);
    switch (random_.Below(8)) {
      case 0:
        return "?s2" + as;
      case 1:
        return "each l1" + as;
      case 2:
        return "s1" + as + " among words";
      case 3:
        return "lower(s1)" + as;
      case 4:
        return "n1" + as;
      case 5:
        return "addr" + as;
      default:
        return "s1" + as;
    }
  }

  std::string Keys() {
    std::string out = KeyPart(0);
    if (random_.Chance(25)) out += ", " + KeyPart(1);
    return out;
  }

  std::string Aggregate() {
    const std::string n = std::to_string(1 + random_.Below(4));
    const std::string compare = random_.Chance(80) ? " >= " + n : " > " + n;
    switch (random_.Below(5)) {
      case 0:
        return "count(" + Condition(1) + ")" + compare;
      case 1:
        return "distinct(s2)" + compare;
      case 2:
        return "distinct(l1)" + compare;
      case 3:
        return "distinct(s1, n1)" + compare;
      default:
        return "count()" + compare;
    }
  }

  std::string When() {
    std::string out = Aggregate();
    if (random_.Chance(20)) out += " and " + Aggregate();
    return out + " within " + random_.Pick(kSpans);
  }

  std::string Then() {
    return random_.Chance(40) ? "every" : "once per " + random_.Pick(kSpans);
  }

  std::string Evidence(bool keyed) {
    std::string out;
    std::string text = "{count} of {rule} at {time}, {s1}";
    if (keyed) text += " by {k0}";
    if (random_.Chance(50)) {
      out += "  collect s2 up to " + std::to_string(1 + random_.Below(4)) +
             " as seen\n";
      text += " saw {seen}";
    }
    if (random_.Chance(20)) out += "  collect l1 as elements\n";
    if (random_.Chance(40)) {
      out += "  show n1 as shown_n, body.x as shown_x\n";
      text += " {shown_n} {n1 + 1} {{}}";
    }
    if (random_.Chance(70)) out += "  alert \"" + text + "\"\n";
    return out;
  }

  Random& random_;
};

}  // namespace

std::string GenerateSchema(Random* random, bool identity_position) {
  const auto optional = [&] { return random->Chance(50) ? "?" : ""; };
  std::string out = "schema gen.events {\n  time at\n";
  out += identity_position ? "  identity position\n" : "  identity id\n";
  out += "  unwrap records[*]\n";
  if (random->Chance(50)) out += "  match exists(at)\n";
  out += "  derive big bool = n1 > 3\n";
  if (random->Chance(30)) {
    out += "  default where n2 != 5 unless mentioned n2\n";
  }
  if (random->Chance(60)) out += "  show s1 as colour, id\n";
  out += "  fields {\n    at time\n    id string\n";
  out += std::string("    s1 string") + optional() + "\n";
  out +=
      std::string("    s2 string?") +
      (random->Chance(30) ? " usually [\"red\", \"green\", \"blue\", \"Red\", "
                            "\"\"]"
                          : "") +
      "\n";
  out += std::string("    n1 int") + optional() + "\n    n2 int?\n";
  out += "    f1 float?\n    b1 bool?\n    addr ip?\n";
  out += "    l1 list of string?\n    l2 list of int?\n";
  out += "    m1 map of string?\n";
  out += "    o1 { a string? b int? l list of string? }?\n    body any?\n";
  if (random->Chance(50)) out += "    ...\n";
  return out + "  }\n}\n";
}

std::string GenerateRules(Random* random) {
  RuleWriter writer(random);
  std::string out = "use gen.events\n";
  out += "list words = [\"red\", \"blue\"]\n";
  out += "list nets = [10.1.0.0/16, 192.168.1.1]\n";
  out += writer.Lets();
  const int rules = 1 + static_cast<int>(random->Below(3));
  for (int i = 0; i < rules; ++i) out += writer.Rule(i);
  return out;
}

}  // namespace tocsin::testing
