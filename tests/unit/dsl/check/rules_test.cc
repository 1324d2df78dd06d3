// Whole rules: clauses, defaults, exceptions, conditions, texts.
#include <string>

#include "engine/base/limits.h"
#include "gtest/gtest.h"
#include "tests/unit/dsl/check/checking.h"

namespace tocsin::dsl {
namespace {

using testing::Checked;
using testing::CheckText;
using testing::Print;
using Origin = CheckedFilter::Origin;

std::vector<Origin> Origins(const CheckedRule& rule) {
  std::vector<Origin> origins;
  for (const CheckedFilter& filter : rule.filters) {
    origins.push_back(filter.origin);
  }
  return origins;
}

TEST(RuleTest, TheSchemaGivesOneEventPerRequest) {
  const Checked checked = CheckText(R"(
rule plain { where verb == "get" }
rule staged { where stage == "Panic" }
let panic = stage == "Panic"
rule by_let { where panic or verb == "get" }
rule by_key { where verb == "get" by stage when count() >= 2 within 1m }
rule by_count { where verb == "get" when count(stage == "Panic") >= 2 within 1m }
rule text_only { where verb == "get" collect stage as stages alert "{stage}" }
rule derived { where answered and verb == "get" }
)");
  // Of events they are within one another.
  EXPECT_EQ(checked.Codes(), "W0520 W0520 W0520 W0520");
  const auto has_default = [&](const std::string& name) {
    return Origins(checked.Rule(name))[0] == Origin::kSchemaDefault;
  };
  EXPECT_TRUE(has_default("plain"));
  EXPECT_FALSE(has_default("staged"));
  EXPECT_FALSE(has_default("by_let"));
  EXPECT_FALSE(has_default("by_key"));
  EXPECT_FALSE(has_default("by_count"));
  EXPECT_TRUE(has_default("text_only"));
  EXPECT_TRUE(has_default("derived"));
}

TEST(RuleTest, DefaultsAreAddedAndTheRulesOwnStand) {
  const Checked checked = CheckText(R"(
defaults {
  owner    "team"
  severity high
  tags     [a, b]
  where    ok
  unless   user.username == "alice"
  then     once per 1h
}
rule r {
  severity low
  tags     [b, c]
  where    verb == "get"
  unless   user.username == "bob"
}
)");
  EXPECT_EQ(checked.text, "");
  const CheckedRule& rule = checked.Rule("r");
  EXPECT_EQ(rule.owner, "team");
  EXPECT_EQ(rule.severity, AlertSeverity::kLow);
  EXPECT_EQ(rule.tags, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Origins(rule),
            (std::vector<Origin>{Origin::kSchemaDefault, Origin::kDefaultsWhere,
                                 Origin::kWhere, Origin::kDefaultsUnless,
                                 Origin::kUnless}));
  EXPECT_EQ(rule.then.kind, CheckedThen::Kind::kOncePer);
  EXPECT_EQ(rule.then.hold_us, 3'600'000'000);
}

TEST(RuleTest, UntilEndsAtMidnightInTheFilesZone) {
  const Checked checked = CheckText(R"(
timezone "Europe/Berlin"
rule r {
  where  verb == "get"
  unless user.username == "a" until "2027-01-31"
}
)");
  const CheckedFilter& filter = checked.Rule("r").filters.back();
  EXPECT_EQ(Print(filter.expr, checked.rules),
            "(and (== user.username \"a\") "
            "(< ts time(\"2027-01-30T23:00:00.000000Z\")))");
  EXPECT_EQ(filter.until_us, 1'801'350'000'000'000);
}

TEST(RuleTest, ThresholdsReadAsAtLeast) {
  const Checked checked = CheckText(R"(
rule r {
  where verb == "get"
  by    user.username as who, ?objectRef.namespace, each user.groups as group
  when  count() > 9 and 5 <= distinct(objectRef.name, verb) and count(ok) >= 2 within 90s
}
)");
  EXPECT_EQ(checked.text, "");
  const CheckedRule& rule = checked.Rule("r");
  const auto& threshold = rule.condition;
  ASSERT_EQ(threshold.aggregates.size(), 3u);
  EXPECT_EQ(threshold.aggregates[0].threshold, 10u);
  EXPECT_EQ(threshold.aggregates[1].threshold, 5u);
  EXPECT_EQ(threshold.aggregates[1].kind, CheckedAggregate::Kind::kDistinct);
  EXPECT_EQ(threshold.aggregates[1].values.size(), 2u);
  EXPECT_TRUE(threshold.aggregates[2].filter.has_value());
  EXPECT_EQ(threshold.window.length_us, 90'000'000);
  EXPECT_EQ(rule.then.kind, CheckedThen::Kind::kOncePer);
  EXPECT_EQ(rule.then.hold_us, 90'000'000);
  ASSERT_EQ(rule.by.size(), 3u);
  EXPECT_EQ(rule.by[0].name, "who");
  EXPECT_EQ(rule.by[1].name, "namespace");
  EXPECT_TRUE(rule.by[1].missing_ok);
  EXPECT_TRUE(rule.by[2].each);
}

TEST(RuleTest, AFilterFiresEveryTimeAndHasNoCondition) {
  const Checked checked = CheckText("rule r { where verb == \"get\" }");
  EXPECT_EQ(checked.Rule("r").then.kind, CheckedThen::Kind::kEvery);
  EXPECT_TRUE(checked.Rule("r").condition.kind ==
              CheckedCondition::Kind::kFilter);
}

TEST(RuleTest, NamesInTextsMeanKeysThenCollectedThenTheAlertThenFields) {
  const Checked checked = CheckText(R"(
rule r {
  where   verb == "get"
  by      client as ip, verb
  when    count() >= 2 within 1m
  collect userAgent as agents
  show    lower(requestURI) as path
  alert   "{ip} {verb} {agents} {path} {count} {time} {user.username} {requestURI ?? "-"}"
}
)");
  EXPECT_EQ(checked.text, "");
  std::string holes;
  for (const auto& part : checked.Rule("r").alert->parts) {
    if (!part.hole.has_value()) continue;
    holes += Print(*part.hole, checked.rules) + " ";
  }
  EXPECT_EQ(holes,
            "key:0 key:1 collected:0 shown:0 alert:0 alert:3 user.username "
            "(?? requestURI \"-\") ");
}

TEST(RuleTest, RulesAreSortedAndCarryTheirGroup) {
  const Checked checked = testing::CheckTexts(
      {"group b\nrule x { where ok and verb == \"get\" enabled false }",
       "group a\nrule y { where ok and verb == \"get\" }"});
  ASSERT_EQ(checked.rules.rules.size(), 2u);
  EXPECT_EQ(checked.rules.rules[0].name, "a.y");
  EXPECT_EQ(checked.rules.rules[1].name, "b.x");
  EXPECT_FALSE(checked.rules.rules[1].enabled);
}

TEST(RuleTest, TheBuiltInSchemaIsThereOnlyWhenARuleReadsIt) {
  const std::string schema =
      "schema s { time at identity position fields { at time n int } }\n";
  const Checked other = CheckText(schema + "use s\nrule r { where n > 1 }");
  EXPECT_EQ(other.text, "");
  ASSERT_EQ(other.rules.schemas.size(), 1u);
  EXPECT_EQ(other.rules.schemas[0].name, "s");
  const Checked both = CheckText(schema +
                                 "rule r { from s where n > 1 }\n"
                                 "rule k { where verb == \"get\" }");
  EXPECT_EQ(both.text, "");
  ASSERT_EQ(both.rules.schemas.size(), 2u);
  // A schema without `match` takes every event, so it is tried last.
  EXPECT_EQ(both.rules.schemas[0].name, "k8s.audit");
  EXPECT_EQ(both.Rule("r").schema, 1u);
  EXPECT_EQ(both.Rule("k").schema, 0u);
}

TEST(RuleTest, AFieldWhoseOwnLineIsWrongCausesNoOtherMistake) {
  const Checked checked = CheckText(
      "schema s { time at identity position fields {\n"
      "at time\nn int in\nm string\n\"p-q\" list string\n} }\n"
      "use s\nrule r { where n > 1 and m == \"x\" }");
  EXPECT_EQ(checked.Codes(), "E0101 E0101") << checked.text;
}

TEST(RuleTest, AWhenJoinsSoManyAggregates) {
  const auto codes = [](std::size_t aggregates) {
    std::string when = "count() >= 2";
    for (std::size_t i = 1; i < aggregates; ++i) {
      when += " and count(responseStatus.code == " + std::to_string(100 + i) +
              ") >= 1";
    }
    return CheckText("rule r { where verb == \"get\"  when " + when +
                     " within 1m }")
        .Codes();
  };
  EXPECT_EQ(codes(limits::kAggregates), "");
  EXPECT_EQ(codes(limits::kAggregates + 1), "E0407");
}

TEST(RuleTest, TimeAndIdentityAreReadFromKeysAlone) {
  const auto codes = [](const std::string& clauses) {
    return CheckText("schema s { " + clauses +
                     " fields { at time n int body any m map of string } }\n"
                     "use s\nrule r { where n > 1 }")
        .Codes();
  };
  EXPECT_EQ(codes("time body.at.x identity body.id, m[\"id\"]"), "");
  EXPECT_EQ(codes("time at identity body[0]"), "E0220");
  EXPECT_EQ(codes("time body.list[-1].at identity position"), "E0220");
}

TEST(RuleTest, ListFilesAreLinesOrAColumn) {
  CheckOptions options;
  options.read_file = [](const std::string& from, const std::string& name,
                         std::string* bytes, std::string* error) {
    static_cast<void>(error);
    EXPECT_EQ(from, "0.rules");
    *bytes = name == "lines"
                 ? "\xef\xbb\xbf# names\na\n\n  b  # second\r\nc#d\n"
                 : "x,ip\n1,10.0.0.1\n2,\"10.1.0.0/16\"\n3,\n";
    return true;
  };
  const Checked checked = testing::CheckTexts(
      {"list l from \"lines\"\nlist c from \"f.csv\" column \"ip\" as ip\n"
       "rule r { where objectRef.name in l or client in c }"},
      options);
  EXPECT_EQ(checked.text, "");
  ASSERT_EQ(checked.rules.lists.size(), 2u);
  EXPECT_EQ(checked.rules.lists[0].values.size(), 2u);
  EXPECT_EQ(checked.rules.lists[0].element, TypeKind::kCidr);
  ASSERT_EQ(checked.rules.lists[1].values.size(), 3u);
  EXPECT_EQ(checked.rules.lists[1].values[1].value,
            Constant{std::string("b")}.value);
  EXPECT_EQ(checked.rules.lists[1].values[2].value,
            Constant{std::string("c#d")}.value);
}

TEST(RuleTest, AClauseThatCannotBeReadCausesNoOtherMistake) {
  const auto codes = [](const std::string& clause) {
    return CheckText("rule r {\n  where verb == \"get\"\n  " + clause +
                     "\n  alert \"{who} {user.usrname}\"\n}\n")
        .Codes();
  };
  // The key's name may have been meant; the member of a known field is wrong.
  EXPECT_EQ(codes("by user.username as"), "E0101 E0201");
  EXPECT_EQ(codes("bye user.username as who"), "E0108 E0201");
  // These name nothing, so `who` is a mistake of its own.
  EXPECT_EQ(codes("when count() >="), "E0101 E0201 E0201");
  EXPECT_EQ(codes("severity"), "E0101 E0201 E0201");
}

TEST(RuleTest, ARuleWithAWrongHeaderIsReadButNotDeclared) {
  EXPECT_EQ(CheckText("rule b\xc3\xbcrger { where vreb == \"x\" }\n"
                      "rule b { where ok }")
                .Codes(),
            "E0101 E0201");
  EXPECT_EQ(CheckText("rule my-rule {\n  severity low\n}").Codes(), "E0101");
  EXPECT_EQ(CheckText("rule a").Codes(), "E0101");
}

TEST(RuleTest, AClauseThatStandsTwiceIsReadTwice) {
  const auto codes = [](const std::string& clauses) {
    return CheckText("rule r {\n  " + clauses + "\n}\n").Codes();
  };
  EXPECT_EQ(codes("where ok\n  where vreb == \"x\""), "E0302 E0201");
  EXPECT_EQ(codes("where verb == \"x\" ]\n  where objectRef.nmae == \"x\""),
            "E0101 E0302 E0201");
  EXPECT_EQ(codes("where ok\n  severity hihg\n  severity low"), "E0101 E0302");
  EXPECT_EQ(codes("where ok\n  severity low\n  severity hihg"), "E0302 E0101");
  EXPECT_EQ(codes("where ok\n  by verb\n  by vreb\n  alert \"{verb}\""),
            "E0302 E0201");
  EXPECT_EQ(codes("where ok\n  alert \"a\"\n  alert \"{cuont2}\""),
            "E0302 E0201");
  EXPECT_EQ(codes("where ok\n  when count() >= 2 within 1m\n"
                  "  when count(vreb == \"x\") >= 2 within 1m"),
            "E0302 E0201");
}

TEST(RuleTest, AFilterThatNeverHoldsIsToldBesideOtherMistakes) {
  const auto codes = [](const std::string& clauses) {
    return CheckText("rule r {\n  where verb == \"get\" and verb == \"list\"" +
                     clauses + "\n}\n")
        .Codes();
  };
  EXPECT_EQ(codes("\n  severity hihg"), "E0311 E0101");
  EXPECT_EQ(codes("\n  by vreb"), "E0311 E0201");
  EXPECT_EQ(codes("\n}\ndefaults {\n  where vreb == \"x\""), "E0311 E0201");
  EXPECT_EQ(codes(" and vreb == \"x\"\n  severity hihg"), "E0201 E0101");
}

TEST(RuleTest, LintGoesOnBesideMistakes) {
  // What the lost clause may have read is not called unused.
  EXPECT_EQ(CheckText("list a = [1]\nlist b = [2]\nlet c = ok\n"
                      "rule r { where verb == \"gte\" and }\n"
                      "rule s { where verb in a and ) b }")
                .Codes(),
            "W0502 E0101 E0101");
}

TEST(RuleTest, ARuleDeclaredTwiceIsLookedAtTwice) {
  EXPECT_EQ(CheckText("rule r { where verb == \"get\" }\n"
                      "rule r { where vreb == \"get\" }")
                .Codes(),
            "E0301 E0201");
}

TEST(RuleTest, AMistakeCausesNoOther) {
  const auto codes = [](const std::string& clauses) {
    return CheckText("rule r {\n  " + clauses + "\n}\n").Codes();
  };
  EXPECT_EQ(codes("event a = qqqq == 1\n  event b = ok\n  by client as ip\n  "
                  "when a then b within 1m\n  alert \"{a.x} {first(b).y}\""),
            "E0201 E0201 E0201");
  // An event whose source there is not: what is said of it stays silent.
  EXPECT_EQ(codes("event a from nowhere = x == 1\n  event b = ok\n  "
                  "when a then b where a.x != b.verb within 1m\n  "
                  "alert \"{a.x} {first(a).y}\""),
            "E0203");
  EXPECT_EQ(codes("event a = ok\n  event b = \n  "
                  "when a then b within 1m\n  alert \"{b.x}\""),
            "E0101");
}

TEST(RuleTest, WhatTheSchemaShowsMayBeShownAgainAsItIs) {
  const Checked same = CheckText(
      "rule r { where verb == \"get\" show verb, client as address }");
  EXPECT_EQ(same.text, "");
  ASSERT_EQ(same.Rule("r").shows.size(), 1u);
  EXPECT_EQ(CheckText("rule r { where verb == \"get\" "
                      "show requestObject.metadata.namespace }")
                .Codes(),
            "E0218");
}

TEST(RuleTest, LimitsHoldAtTheirEdge) {
  const auto codes = [](const std::string& clauses) {
    return CheckText("rule r { where verb == \"get\" by user.username as who " +
                     clauses + " }")
        .Codes();
  };
  EXPECT_EQ(codes("when count() >= 1_000_000 within 1m"), "");
  EXPECT_EQ(codes("when count() >= 1_000_001 within 1m"), "E0406");
  EXPECT_EQ(codes("when count() > 1_000_000 within 1m"), "E0406");
  // Of what is decided over the events that a key keeps.
  EXPECT_EQ(codes("when count() >= 4_096 within 1m then edge"), "");
  EXPECT_EQ(codes("when count() >= 4_097 within 1m then edge"), "E0406");
  EXPECT_EQ(codes("when count() > 4_096 and sum(len(userAgent)) > 1 within 1m"),
            "E0406");
  EXPECT_EQ(codes("when count() >= 65_537 within 1m tumbling"), "");
  EXPECT_EQ(codes("when distinct(userAgent) >= 65_536 within 1m tumbling"), "");
  EXPECT_EQ(codes("when distinct(userAgent) > 65_536 within 1m tumbling"),
            "E0406");
  EXPECT_EQ(codes("keys <= 100_000_000"), "");
  EXPECT_EQ(codes("keys <= 100_000_001"), "E0403");
  EXPECT_EQ(codes("keys <= 1"), "");
  EXPECT_EQ(codes("collect verb up to 1_000 as verbs"), "");
  EXPECT_EQ(codes("collect verb up to 1_001 as verbs"), "E0404");
  EXPECT_EQ(
      codes("unless userAgent matches r\"" + std::string(4095, 'a') + "+\""),
      "");
  EXPECT_EQ(
      codes("unless userAgent matches r\"" + std::string(4096, 'a') + "+\""),
      "E0405");
}

TEST(RuleTest, LetsNestToTheirLimit) {
  const auto chain = [](int lets) {
    std::string text = "let l1 = ok\n";
    for (int i = 2; i <= lets; ++i) {
      text +=
          "let l" + std::to_string(i) + " = l" + std::to_string(i - 1) + "\n";
    }
    return CheckText(text + "rule r { where verb == \"get\" and l" +
                     std::to_string(lets) + " }")
        .Codes();
  };
  EXPECT_EQ(chain(64), "");
  EXPECT_EQ(chain(65), "E0408");
}

TEST(RuleTest, RulesAndListValuesHaveLimits) {
  CheckOptions options;
  options.limits.rules = 2;
  options.limits.list_items = 2;
  const std::string two =
      "rule a { where verb in [\"get\", \"list\"] }\n"
      "rule b { where verb == \"watch\" and ok }\n";
  EXPECT_EQ(CheckText(two, options).Codes(), "");
  EXPECT_EQ(
      CheckText(two + "rule c { where verb == \"get\" }", options).Codes(),
      "E0401");
  EXPECT_EQ(
      CheckText("rule a { where verb in [\"get\", \"list\", \"a\"] }", options)
          .Codes(),
      "E0402");
}

}  // namespace
}  // namespace tocsin::dsl
