#include "dsl/compile/compile.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {
namespace {

std::shared_ptr<const RuleSet> Compiled(const std::string& text) {
  const CheckedText checked = CheckText(text);
  EXPECT_EQ(checked.Errors(), "");
  return checked.ok() ? dsl::Compile(checked.rules) : nullptr;
}

Hash128 UidOf(const std::string& text) {
  return Compiled(text)->rules.at(0).uid;
}

TEST(CompileTest, TheUidFollowsMeaningNotWords) {
  const Hash128 uid = UidOf(R"(
let a = verb == "get"
list l = ["x", "y"]
rule r { where a and user.username in l  by user.username  when count() >= 3 within 1m }
)");
  // Lets expanded, texts and list contents, key names, titles: the same.
  EXPECT_EQ(uid, UidOf(R"(
list l = ["z"]
rule r {
  title "t"  severity high
  where (verb == "get") and user.username in l
  by    user.username as who
  when  count() > 2 within 60s
  alert "{who}"
}
)"));
  const std::string other = R"(
list l = ["x", "y"]
rule r { where verb == "get" and user.username in l  by user.username  when )";
  EXPECT_NE(uid, UidOf(other + "count() >= 4 within 1m }"));
  EXPECT_NE(uid, UidOf(other + "count() >= 3 within 2m }"));
  EXPECT_NE(uid, UidOf(other + "count() >= 3 within 1m  then every }"));
}

// Which shards hold the state follows from `keys`; the uid says so.
TEST(CompileTest, TheUidTellsARuleThatLivesWholeInOneShard) {
  const std::string rule =
      "rule r { where verb == \"get\" by user.username when count() >= 3 "
      "within 1m ";
  const Hash128 unwritten = UidOf(rule + "}");
  EXPECT_EQ(unwritten, UidOf(rule + "keys <= 100_001 }"));
  EXPECT_EQ(unwritten, UidOf(rule + "keys <= 5_000_000 }"));
  EXPECT_NE(unwritten, UidOf(rule + "keys <= 100_000 }"));
  EXPECT_EQ(UidOf(rule + "keys <= 5 }"), UidOf(rule + "keys <= 100_000 }"));
}

TEST(CompileTest, ACollectIsKnownByItsNameAndExpression) {
  const auto hash = [](const std::string& collect) {
    const auto rules = Compiled(
        "rule r { where verb == \"get\" by user.username when count() >= 3 "
        "within 1m collect " +
        collect + " }");
    return std::make_pair(rules->rules[0].uid,
                          rules->rules[0].collects[0].hash);
  };
  const auto known = hash("userAgent as seen");
  EXPECT_EQ(known, hash("userAgent up to 20 as seen"));
  EXPECT_EQ(known.first, hash("requestURI as seen").first);
  EXPECT_NE(known.second, hash("requestURI as seen").second);
  EXPECT_NE(known.second, hash("userAgent as other").second);
}

TEST(CompileTest, EqualTextGivesEqualUidsAndRulesComeByName) {
  const std::string text = R"(
rule b { where verb == "get" }
rule a { where verb == "list" }
rule c { where verb == "get"  enabled false }
)";
  const auto one = Compiled(text), two = Compiled(text);
  ASSERT_EQ(one->rules.size(), 2u);
  EXPECT_EQ(one->rules[0].name, "a");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(one->rules[i].uid, two->rules[i].uid);
  }
}

TEST(CompileTest, EqualTestsOfAllRulesAreOneNode) {
  const auto set = Compiled(R"(
rule a { where verb == "get" and userAgent contains "x" }
rule b { where userAgent contains "x" and (verb == "get" or ok) }
)");
  int contains = 0;
  for (ExprId id = 0; id < set->exprs.size(); ++id) {
    const ExprNode& node = set->exprs.node(id);
    if (node.op == Op::kContains) {
      ++contains;
      EXPECT_TRUE(node.shared);
    }
  }
  EXPECT_EQ(contains, 1);
}

TEST(CompileTest, ManyPathsAreReadFromWhatHoldsThem) {
  std::string text;
  for (int rule = 0; rule < 100; ++rule) {
    text += "rule r" + std::to_string(rule) + " { where ";
    for (int i = 0; i < 100; ++i) {
      text += (i == 0 ? "annotations[\"k" : " or annotations[\"k") +
              std::to_string(rule * 100 + i) + "\"] == \"x\"";
    }
    text += " }\n";
  }
  const auto rules = Compiled(text);
  ASSERT_NE(rules, nullptr);
  EXPECT_LT(rules->projection.fields().size(), 2'100u);
}

TEST(CompileTest, TimeAndIdentityMayLieInsideAnAny) {
  const auto rules = Compiled(R"(
schema s {
  time      body.meta.at
  identity  body.id
  fields    { body any }
}
use s
rule r { where body.kind == "x" }
)");
  ASSERT_NE(rules, nullptr);
  const auto keys = [&](FieldId field) {
    return rules->projection.fields()[field].keys;
  };
  ASSERT_EQ(rules->schemas.size(), 1u);
  EXPECT_EQ(keys(rules->schemas[0].times.at(0).field),
            (std::vector<std::string>{"body", "meta", "at"}));
  EXPECT_EQ(keys(rules->schemas[0].identity.at(0).field),
            (std::vector<std::string>{"body", "id"}));
}

TEST(CompileTest, OnlyFieldsThatRulesOrSamplesReadAreColumns) {
  const auto set = Compiled(R"(
schema s { time at  match exists(at)  fields { at time  a string?  b string?  c any? } }
use s
rule r { where a == "x" and c.d.e == 1 }
)");
  std::vector<std::string> names;
  for (const FieldSpec& spec : set->projection.fields()) {
    std::string name = spec.keys[0];
    for (std::size_t i = 1; i < spec.keys.size(); ++i)
      name += "." + spec.keys[i];
    if ((spec.want & kWantSymbol) != 0) name += " symbol";
    if ((spec.want & kWantSlice) != 0) name += " slice";
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"a symbol", "at", "c slice",
                                             "kafka slice"}));
}

}  // namespace
}  // namespace tocsin::testing
