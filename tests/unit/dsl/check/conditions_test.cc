// Conditions, events and what happens after firing, as they are checked.
#include <string>

#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/dsl/check/checking.h"

namespace tocsin::dsl {
namespace {

using testing::Checked;
using testing::CheckText;
using ::testing::HasSubstr;
using testing::Print;

constexpr std::int64_t kMinute = 60'000'000;

// A rule of three events of one user, `clauses` behind them.
Checked CheckEvents(const std::string& clauses) {
  return CheckText(
      "rule r {\n  by user.username as who\n"
      "  event a = verb == \"create\"\n  event b = verb == \"patch\"\n"
      "  event c = verb == \"delete\"\n  " +
      clauses + "\n}\n");
}

// A rule of what some user gets.
Checked CheckGets(const std::string& clauses) {
  return CheckText(
      "rule r {\n  where verb == \"get\"\n  by user.username as who\n  " +
      clauses + "\n}\n");
}

// Of nginx, where sizes are never below zero.
Checked CheckSizes(const std::string& when) {
  return CheckText(
      "schema web { time at identity position fields {\n"
      "  at time  ip string  size int in 0..  took float  "
      "wait duration\n"
      "  rest any } }\nuse web\n"
      "rule r { by ip  when " +
      when + " }\n");
}

const CheckedCondition& ConditionOf(const Checked& checked) {
  return checked.Rule("r").condition;
}

TEST(EventsTest, EachHasTheFiltersOfTheRuleAndItsOwnLast) {
  const Checked checked = CheckText(
      "rule r {\n  where ok\n  unless user.username == \"x\"\n"
      "  by user.username as who\n  event a = verb == \"create\"\n"
      "  event b = verb == \"patch\"\n  when a then b within 10m\n}\n");
  EXPECT_EQ(checked.text, "");
  const CheckedRule& rule = checked.Rule("r");
  ASSERT_EQ(rule.events.size(), 2u);
  using Origin = CheckedFilter::Origin;
  const std::vector<CheckedFilter>& filters = rule.events[1].filters;
  ASSERT_EQ(filters.size(), 4u);
  EXPECT_EQ(filters[0].origin, Origin::kSchemaDefault);
  EXPECT_EQ(filters[1].origin, Origin::kWhere);
  EXPECT_EQ(filters[2].origin, Origin::kUnless);
  EXPECT_EQ(filters[3].origin, Origin::kEvent);
  EXPECT_EQ(Print(filters[3].expr, checked.rules), "(== verb \"patch\")");
  ASSERT_EQ(rule.events[1].by.size(), 1u);
  EXPECT_EQ(rule.events[1].by[0].name, "who");
}

TEST(EventsTest, TheSchemasDefaultGoesByAllClausesOfTheRule) {
  const auto defaults = [](const std::string& b, const std::string& when) {
    const Checked checked =
        CheckText("rule r {\n  event a = verb == \"create\"\n  event b = " + b +
                  "\n  when " + when + " within 10m\n}\n");
    EXPECT_EQ(checked.text, "");
    return checked.Rule("r").events[0].filters.front().origin ==
           CheckedFilter::Origin::kSchemaDefault;
  };
  EXPECT_TRUE(defaults("verb == \"patch\"", "a then b"));
  EXPECT_FALSE(defaults("stage == \"Panic\"", "a then b"));
  EXPECT_FALSE(
      defaults("verb == \"patch\"", "a then b where a.stage != b.stage"));
  EXPECT_FALSE(defaults("verb == \"patch\"",
                        "count(a) >= 2 and distinct(b.stage) >= 2"));
}

TEST(EventsTest, EachReadsItsOwnSchemaUnderAKeyOfItsOwn) {
  const std::string schema =
      "schema web { time at identity position fields {\n"
      "  at time  ip string  status int } }\n";
  const Checked checked =
      CheckText(schema +
                "rule r {\n"
                "  event hit from web by ip(ip) as from = status == 500\n"
                "  event seen by client as from = verb == \"get\"\n"
                "  when hit then seen within 1h\n"
                "  alert \"{from} {hit.status} {seen.verb}\"\n}\n");
  EXPECT_EQ(checked.text, "");
  const CheckedRule& rule = checked.Rule("r");
  EXPECT_EQ(checked.rules.schemas[rule.events[0].schema].name, "web");
  EXPECT_EQ(checked.rules.schemas[rule.events[1].schema].name, "k8s.audit");
  EXPECT_EQ(rule.by.size(), 1u);
  // `where` holds for all of them, so each schema has what it names.
  const Checked wrong = CheckText(
      schema +
      "rule r {\n  where status == 500\n"
      "  event hit from web by ip = ok\n"
      "  event seen from k8s.audit by sourceIPs[-1] as ip = verb == \"get\"\n"
      "  when hit then seen within 1h\n}\n");
  EXPECT_EQ(wrong.Codes(), "E0201 E0201") << wrong.text;
}

TEST(EventsTest, NamesMeanOneThing) {
  EXPECT_EQ(CheckText("list x = [\"a\"]\nrule r {\n  event x = ok\n"
                      "  event verb = verb in x\n  event a = ok\n"
                      "  event a = ok\n  when a then x within 1m\n}\n")
                .Codes(),
            "E0218 E0218 E0207");
}

TEST(EventsTest, OneThatCannotHappenIsTold) {
  EXPECT_EQ(CheckText("rule r {\n  where verb == \"get\"\n  event a = ok\n"
                      "  event b = verb == \"create\"\n"
                      "  when a then b within 1m\n}\n")
                .Codes(),
            "E0311");
}

TEST(SequenceTest, StepsRunsAndWhatMustNotLieBetween) {
  const Checked checked = CheckEvents(
      "when a x5 then b without c where a.client != b.client within 10m");
  EXPECT_EQ(checked.text, "");
  const CheckedCondition& condition = ConditionOf(checked);
  EXPECT_EQ(condition.kind, CheckedCondition::Kind::kSequence);
  ASSERT_EQ(condition.steps.size(), 2u);
  EXPECT_EQ(condition.steps[0].run, 5u);
  EXPECT_EQ(condition.steps[1].event, 1u);
  EXPECT_EQ(condition.without, std::vector<std::uint32_t>{2});
  EXPECT_EQ(condition.window.length_us, 10 * kMinute);
  ASSERT_TRUE(condition.where.has_value());
  EXPECT_EQ(condition.where->op, ExprOp::kNot);
  const CheckedExpr& step = condition.where->children[0].children[0];
  EXPECT_EQ(step.op, ExprOp::kStep);
  EXPECT_EQ(step.index, 0u);
  EXPECT_EQ(step.children[0].op, ExprOp::kDerived);
  EXPECT_FALSE(IsMonotone(condition));
}

TEST(SequenceTest, AnAbsenceHasTwoSteps) {
  const Checked late = CheckText(
      "rule r {\n  event a = ok\n  event b = not ok\n"
      "  when a then not b within 10m\n}\n");
  EXPECT_EQ(late.text, "");
  EXPECT_EQ(ConditionOf(late).kind, CheckedCondition::Kind::kThenNot);
  const Checked early = CheckText(
      "rule r {\n  event a = ok\n  event b = not ok\n"
      "  when not a then b within 10m\n}\n");
  EXPECT_EQ(ConditionOf(early).kind, CheckedCondition::Kind::kNotThen);
  EXPECT_EQ(ConditionOf(early).steps[1].event, 1u);
  EXPECT_EQ(CheckEvents("when a then not b then c within 1m").Codes(), "E0317");
}

TEST(SequenceTest, HasLimits) {
  const auto run = [](std::int64_t n) {
    return CheckText(
               "rule r {\n  event a = ok\n  event b = not ok\n  when a x" +
               std::to_string(n) + " then b within 1m\n}\n")
        .Codes();
  };
  EXPECT_EQ(run(limits::kRun), "");
  EXPECT_EQ(run(limits::kRun + 1), "E0317");
  const auto steps = [](std::size_t n) {
    std::string when = "a";
    for (std::size_t i = 1; i < n; ++i) when += " then a";
    return CheckText("rule r {\n  event a = ok\n  when " + when +
                     " within 1m\n}\n")
        .Codes();
  };
  EXPECT_EQ(steps(limits::kSteps), "");
  EXPECT_EQ(steps(limits::kSteps + 1), "E0407");
}

TEST(PartsTest, AllAndSomeOf) {
  const Checked all = CheckEvents("when all of (a, b, c) within 5m");
  EXPECT_EQ(all.text, "");
  EXPECT_EQ(ConditionOf(all).least, 3u);
  const Checked some = CheckEvents("when 2 of (a, b, c) within 5m");
  EXPECT_EQ(ConditionOf(some).least, 2u);
  EXPECT_TRUE(IsMonotone(ConditionOf(some)));
  EXPECT_EQ(CheckEvents("when 4 of (a, b, c) within 5m").Codes(), "E0318");
  EXPECT_EQ(CheckEvents("when all of (a, b, c)").Codes(), "E0306");
}

TEST(NewTest, LearnsAtMostADayUnlessTold) {
  const Checked month = CheckGets("when new(client) within 30d");
  EXPECT_EQ(month.text, "");
  EXPECT_EQ(ConditionOf(month).learn_us, 1'440 * kMinute);
  EXPECT_EQ(ConditionOf(CheckGets("when new(client) within 5m")).learn_us,
            5 * kMinute);
  EXPECT_EQ(
      ConditionOf(CheckGets("when new(client) within 5m learn 0s")).learn_us,
      0);
  const Checked tuple =
      CheckEvents("when new(b.client, b.userAgent) within 5m");
  EXPECT_EQ(tuple.Codes(), "W0530 W0530");
  ASSERT_EQ(ConditionOf(tuple).steps.size(), 1u);
  EXPECT_EQ(ConditionOf(tuple).steps[0].event, 1u);
  EXPECT_EQ(ConditionOf(tuple).values[1].op, ExprOp::kPath);
  EXPECT_EQ(CheckGets("when new(user.groups) within 5m").Codes(), "E0209");
}

TEST(SilentTest, KnowsItsKeys) {
  EXPECT_EQ(CheckGets("when silent for 10m").Codes(), "E0324");
  EXPECT_EQ(CheckGets("when silent for 10m\n  keys <= 10").Codes(), "");
  const Checked members = CheckText(
      "list nodes = [\"n1\", \"n2\"]\nrule r {\n  where ok\n"
      "  by user.username as who among nodes\n  when silent for 10m\n}\n");
  EXPECT_EQ(members.text, "");
  EXPECT_EQ(members.Rule("r").then.kind, CheckedThen::Kind::kEdge);
  EXPECT_EQ(CheckText("rule r { where ok  when silent for 10m }").Codes(), "");
}

TEST(AggregateTest, ThresholdsStayThresholds) {
  const Checked checked = CheckGets(
      "when count() > 9 and distinct(client) >= 5 and 3 <= count(ok) within "
      "1m");
  EXPECT_EQ(checked.text, "");
  const CheckedCondition& condition = ConditionOf(checked);
  EXPECT_FALSE(condition.test.has_value());
  ASSERT_EQ(condition.aggregates.size(), 3u);
  EXPECT_EQ(condition.aggregates[0].threshold, 10u);
  EXPECT_EQ(condition.aggregates[1].threshold, 5u);
  EXPECT_EQ(condition.aggregates[2].threshold, 3u);
  EXPECT_TRUE(condition.aggregates[2].filter.has_value());
  // The higher of two bounds of one count.
  const Checked twice =
      CheckGets("when count() >= 3 and count() >= 7 within 1m");
  ASSERT_EQ(ConditionOf(twice).aggregates.size(), 1u);
  EXPECT_EQ(ConditionOf(twice).aggregates[0].threshold, 7u);
}

TEST(AggregateTest, ASumThatNeverFallsIsAThreshold) {
  const Checked whole = CheckSizes("sum(size) > 1GB within 1h");
  EXPECT_EQ(whole.text, "");
  EXPECT_FALSE(ConditionOf(whole).test.has_value());
  EXPECT_EQ(ConditionOf(whole).aggregates[0].least, 1'000'000'001.0);
  EXPECT_TRUE(IsMonotone(ConditionOf(whole)));
  const Checked other = CheckSizes("sum(took) > 5 within 1h");
  EXPECT_EQ(other.text, "");
  ASSERT_TRUE(ConditionOf(other).test.has_value());
  EXPECT_FALSE(IsMonotone(ConditionOf(other)));
}

TEST(AggregateTest, ALimitWithoutAnUpperEndExcludesWhatIsBelow) {
  const auto found = [](const std::string& where) {
    return CheckText(
               "schema web { time at identity position fields {\n"
               "  at time  size int in 10..  low float in -1.5..\n} }\n"
               "use web\nrule r { where " +
               where + " }\n")
        .text;
  };
  EXPECT_EQ(found("size == 1_000_000_000"), "");
  EXPECT_EQ(found("size > 1_000_000_000"), "");
  EXPECT_EQ(found("size in 5..20"), "");
  EXPECT_EQ(found("low < -1"), "");
  EXPECT_THAT(found("size == 9"), HasSubstr("E0212"));
  EXPECT_THAT(found("size < 10"), HasSubstr("E0212"));
  EXPECT_THAT(found("size in 1..9"), HasSubstr("E0212"));
  EXPECT_THAT(found("low <= -2"), HasSubstr("it is -1.5 or more"));
}

TEST(AggregateTest, OneLargeValueIsACount) {
  const Checked most = CheckSizes("max(took) >= 2.5 within 1h");
  EXPECT_EQ(most.text, "");
  const CheckedAggregate& aggregate = ConditionOf(most).aggregates[0];
  EXPECT_EQ(aggregate.kind, CheckedAggregate::Kind::kCount);
  EXPECT_EQ(aggregate.threshold, 1u);
  EXPECT_EQ(Print(*aggregate.filter, most.rules), "(>= took 2.5)");
  const Checked least = CheckSizes("min(wait) < 5s within 1h");
  EXPECT_EQ(Print(*ConditionOf(least).aggregates[0].filter, least.rules),
            "(< wait 5s)");
  EXPECT_TRUE(
      ConditionOf(CheckSizes("max(took) < 3 within 1h")).test.has_value());
}

TEST(AggregateTest, RatiosAndAlternativesAreTests) {
  const Checked ratio = CheckEvents(
      "when count(a) / count(b) > 0.2 and count(b) >= 100 within 5m");
  EXPECT_EQ(ratio.Codes(), "W0530");
  const CheckedCondition& condition = ConditionOf(ratio);
  ASSERT_TRUE(condition.test.has_value());
  ASSERT_EQ(condition.aggregates.size(), 2u);  // count(b) once.
  EXPECT_EQ(condition.aggregates[1].event, 1u);
  EXPECT_EQ(condition.test->op, ExprOp::kAnd);
  EXPECT_EQ(condition.test->children[1].op, ExprOp::kGreaterEq);
  EXPECT_EQ(condition.test->children[1].children[0].index, 1u);
  const Checked either =
      CheckSizes("(count() >= 5 or percentile(took, 95) > 1.5) within 5m");
  EXPECT_EQ(either.text, "");
  EXPECT_EQ(ConditionOf(either).test->op, ExprOp::kOr);
  EXPECT_EQ(ConditionOf(either).aggregates[1].percent, 95);
  EXPECT_EQ(
      CheckGets("when ((((count() + count(ok)) * 2))) > 3 within 1m").Codes(),
      "");
}

TEST(AggregateTest, MoreValuesThanThereAreAreNeverSeen) {
  EXPECT_EQ(CheckGets("when distinct(ok) >= 2 within 1m").Codes(), "");
  EXPECT_EQ(CheckGets("when distinct(ok) >= 3 within 1m").Codes(), "E0311");
  EXPECT_EQ(CheckGets("when distinct(ok) > 2 within 1m").Codes(), "E0311");
  EXPECT_EQ(CheckGets("when distinct(ok, verb) >= 9 within 1m").Codes(), "");
  EXPECT_EQ(CheckGets("when distinct(ok, long_running) >= 5 within 1m").Codes(),
            "E0311");
}

TEST(AggregateTest, FewerThanIsForWindowsWithAnEnd) {
  for (const char* op : {"<", "<=", "==", "!="}) {
    const std::string test = std::string("when count() ") + op + " 3 within 1m";
    EXPECT_EQ(CheckGets(test).Codes(), "E0308") << op;
    EXPECT_EQ(CheckGets(test + " tumbling").Codes(), "") << op;
    EXPECT_EQ(CheckGets(test + " hopping 10s").Codes(), "") << op;
  }
  EXPECT_EQ(CheckGets("when count() <= 3 within session gap 1m max 1h").Codes(),
            "");
  EXPECT_EQ(CheckGets("when count() == 0 within 1m tumbling").Codes(), "E0307");
  EXPECT_EQ(CheckGets("when (count() >= 3 or count() < 2) within 1m").Codes(),
            "E0308");
}

TEST(AggregateTest, AThresholdByKeyIsBounded) {
  CheckOptions options;
  options.read_file = [](const std::string&, const std::string&,
                         std::string* bytes, std::string*) {
    *bytes = "user,most\nalice,5\n";
    return true;
  };
  const std::string table =
      "table limits from \"l.csv\" key user { user string  most int }\n";
  const Checked checked = CheckText(
      table +
          "rule r {\n  where verb == \"get\"\n  by user.username as who\n"
          "  when count() > at most 1000 (limits[who].most ?? 20) within 1m\n}",
      options);
  EXPECT_EQ(checked.text, "");
  const CheckedAggregate& aggregate = ConditionOf(checked).aggregates[0];
  EXPECT_EQ(aggregate.threshold, 1001u);
  ASSERT_TRUE(aggregate.threshold_of.has_value());
  EXPECT_EQ(aggregate.threshold_of->op, ExprOp::kAdd);
  const CheckedExpr& lookup = aggregate.threshold_of->children[0].children[0];
  EXPECT_EQ(lookup.op, ExprOp::kLookup);
  EXPECT_EQ(lookup.column, 1u);
  EXPECT_EQ(Print(lookup.children[0], checked.rules), "user.username");
  const Checked unbounded = CheckText(
      table +
          "rule r {\n  where verb == \"get\"\n  by user.username as who\n"
          "  when count() > limits[who].most within 1m\n}",
      options);
  EXPECT_EQ(unbounded.Codes(), "E0322") << unbounded.text;
}

TEST(WindowTest, KindsAndZones) {
  const Checked day =
      CheckGets("when count() >= 3 within 1d tumbling tz \"Europe/Berlin\"");
  EXPECT_EQ(day.text, "");
  EXPECT_EQ(ConditionOf(day).window.kind, CheckedWindow::Kind::kTumbling);
  EXPECT_EQ(ConditionOf(day).window.zone, "Europe/Berlin");
  EXPECT_EQ(day.Rule("r").then.kind, CheckedThen::Kind::kEvery);
  const Checked file = CheckText(
      "timezone \"Asia/Tokyo\"\nrule r { where ok  when count() >= 3 within 1d "
      "tumbling }");
  EXPECT_EQ(ConditionOf(file).window.zone, "Asia/Tokyo");
  const Checked hop = CheckGets("when count() >= 3 within 1h hopping 5m");
  EXPECT_EQ(ConditionOf(hop).window.step_us, 5 * kMinute);
  const Checked session =
      CheckGets("when count() >= 3 within session gap 5m max 1h");
  EXPECT_EQ(ConditionOf(session).window.step_us, 5 * kMinute);
  EXPECT_EQ(ConditionOf(session).window.length_us, 60 * kMinute);
  EXPECT_EQ(CheckGets("when count() >= 3 within 7d hopping 1m").Codes(), "");
  EXPECT_EQ(CheckGets("when count() >= 3 within 7d1m hopping 1m").Codes(),
            "E0320");
}

TEST(JoinTest, ConditionsHaveAWindowEach) {
  const Checked checked = CheckEvents(
      "when count(a) >= 5 within 1m and (b then c within 5m or "
      "count(c) >= 2 within 1h)");
  EXPECT_EQ(checked.text, "");
  const CheckedCondition& condition = ConditionOf(checked);
  EXPECT_EQ(condition.kind, CheckedCondition::Kind::kAnd);
  ASSERT_EQ(condition.children.size(), 2u);
  EXPECT_EQ(condition.children[1].kind, CheckedCondition::Kind::kOr);
  EXPECT_EQ(LongestWindow(condition), 60 * kMinute);
  EXPECT_EQ(checked.Rule("r").then.hold_us, 60 * kMinute);
  EXPECT_EQ(CheckGets("when new(client) within 7d and count() >= 3 within 1h")
                .Codes(),
            "");
  // The window behind `or` is not that of what stands before it.
  EXPECT_EQ(
      CheckGets("when count() >= 3 or distinct(client) >= 2 within 1h").Codes(),
      "E0306");
}

TEST(ThenTest, DefaultsGoByTheCondition) {
  const auto kind = [](const Checked& checked) {
    EXPECT_EQ(checked.text, "");
    return checked.Rule("r").then.kind;
  };
  using Kind = CheckedThen::Kind;
  EXPECT_EQ(kind(CheckGets("")), Kind::kEvery);
  EXPECT_EQ(kind(CheckGets("when new(client) within 7d")), Kind::kEvery);
  EXPECT_EQ(kind(CheckGets("when count() >= 3 within 7d")), Kind::kOncePer);
  EXPECT_EQ(kind(CheckEvents("when all of (a, b, c) within 1m")),
            Kind::kOncePer);
}

TEST(ThenTest, PerNamesPartsOfTheKey) {
  const Checked checked = CheckText(
      "rule r {\n  where ok\n  by user.username as who, client as ip\n"
      "  then once per 1h per ip\n}\n");
  EXPECT_EQ(checked.text, "");
  EXPECT_EQ(checked.Rule("r").then.per, std::vector<std::uint32_t>{1});
  EXPECT_EQ(CheckGets("then once per 1h per whoo").Codes(), "E0201");
  EXPECT_EQ(CheckText("rule r { where ok then once per 1h per who }").Codes(),
            "E0201");
}

TEST(ThenTest, WhatEachConditionTakes) {
  const auto takes = [](const std::string& clauses) {
    std::string names;
    for (const char* then :
         {"every", "once per 1h", "reset", "edge", "escalate 10, 100"}) {
      const std::string all = clauses + "\n  then " + then;
      const Checked checked = clauses.find("(a") != std::string::npos ||
                                      clauses.find(" a ") != std::string::npos
                                  ? CheckEvents(all)
                                  : CheckGets(all);
      if (checked.rules.ok) names += std::string(then).substr(0, 2) + " ";
    }
    return names;
  };
  EXPECT_EQ(takes(""), "ev on ");
  EXPECT_EQ(takes("when new(client) within 7d"), "ev on ");
  EXPECT_EQ(takes("when count() >= 3 within 7d"), "ev on re ed es ");
  EXPECT_EQ(takes("when avg(responseStatus.code) >= 3 within 7d"), "ev on ed ");
  EXPECT_EQ(takes("when all of (a, b, c) within 7d"), "ev on re es ");
  EXPECT_EQ(takes("when a then b within 7d"), "ev on re es ");
  EXPECT_EQ(takes("when a then not b within 7d"), "ev on ");
  EXPECT_EQ(takes("keys <= 10  when silent for 7d"), "on ed ");
  EXPECT_EQ(takes("when count() >= 3 within 7d tumbling"), "ev on ed ");
}

TEST(ThenTest, LateIsForWhatWaitsForTheClock) {
  const Checked waits =
      CheckEvents("when a then b without c within 1m late now");
  EXPECT_EQ(waits.text, "");
  EXPECT_TRUE(waits.Rule("r").late_now);
  EXPECT_EQ(CheckGets("when count() >= 3 within 1m late now").Codes(), "W0517");
}

TEST(ThenTest, AsManyLevelsAsTheLimit) {
  const auto codes = [](std::size_t levels) {
    std::string then = "then escalate 1";
    for (std::size_t i = 2; i <= levels; ++i) then += ", " + std::to_string(i);
    return CheckGets("when count() >= 3 within 1m\n  " + then).Codes();
  };
  EXPECT_EQ(codes(limits::kLevels), "");
  EXPECT_EQ(codes(limits::kLevels + 1), "E0327");
}

}  // namespace
}  // namespace tocsin::dsl
