#include "engine/match/match.h"

#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/match/match_one.h"

namespace tocsin::testing {
namespace {

std::string PrintedSized(std::string_view sized) {
  std::string out;
  std::string_view encoding;
  while (TakeSized(&sized, &encoding)) {
    if (!out.empty()) out += "|";
    AppendCanonicalAsText(encoding, &out);
  }
  return out;
}

std::vector<std::string> Keys(const MatchedLines& matched) {
  std::vector<std::string> keys;
  for (const MatchedRow& row : matched.result.rows) {
    keys.push_back(PrintedSized(matched.result.Key(row)));
  }
  return keys;
}

// All events that have `id`, grouped by `key`.
CheckedRule GroupedBy(std::vector<dsl::CheckedKey> keys) {
  CheckedRule rule = FilterRule("r", Make(ExprOp::kExists, {Path("at")}));
  rule.by = std::move(keys);
  return rule;
}

dsl::CheckedKey KeyOf(CheckedExpr expr) {
  dsl::CheckedKey key;
  key.name = "k";
  key.expr = std::move(expr);
  return key;
}

using Strings = std::vector<std::string>;

TEST(MatchTest, AMissingOrNullPartTakesTheEventOutAndIsCounted) {
  const auto matched =
      MatchLines(RulesOf({GroupedBy({KeyOf(Path("s"))})}),
                 Event(R"("s":"a")") + Event("") + Event(R"("s":null)") +
                     Event(R"("s":"")"));
  EXPECT_EQ(Keys(*matched), (Strings{"a", ""}));
  EXPECT_EQ(matched->result.counts[0].matches, 4u);
  EXPECT_EQ(matched->result.counts[0].no_key, 2u);
}

TEST(MatchTest, AMissingPartMayBeAValueOfItsOwn) {
  dsl::CheckedKey key = KeyOf(Path("s"));
  key.missing_ok = true;
  const auto matched =
      MatchLines(RulesOf({GroupedBy({key, KeyOf(Path("n", TypeKind::kInt))})}),
                 Event(R"("n":1)") + Event(R"("s":"a","n":1.0)"));
  EXPECT_EQ(Keys(*matched), (Strings{"-|1", "a|1"}));
}

TEST(MatchTest, EachEntersOneGroupPerDistinctElement) {
  dsl::CheckedKey key = KeyOf(Path("l", ListOf(TypeKind::kString)));
  key.each = true;
  const auto matched = MatchLines(
      RulesOf({GroupedBy({key})}),
      Event(R"("l":["b","a","b",null])") + Event(R"("l":[])") + Event(""));
  EXPECT_EQ(Keys(*matched), (Strings{"a", "b"}));
  EXPECT_EQ(matched->result.counts[0].no_key, 2u);
  EXPECT_EQ(matched->result.events.size(), 1u);
}

TEST(MatchTest, EachStopsAtItsLimitAndCountsTheRest) {
  dsl::CheckedKey key = KeyOf(Path("ns", ListOf(TypeKind::kInt)));
  key.each = true;
  for (const std::size_t more : {0u, 3u}) {
    std::string list;
    for (std::size_t i = 0; i < limits::kEachElements + more; ++i) {
      list += (i == 0 ? "" : ",") + std::to_string(i);
    }
    const auto matched =
        MatchLines(RulesOf({GroupedBy({key})}), Event("\"ns\":[" + list + "]"));
    EXPECT_EQ(matched->result.rows.size(), limits::kEachElements);
    EXPECT_EQ(matched->result.counts[0].each_overflow, more);
  }
}

TEST(MatchTest, AmongTakesOnlyMembers) {
  CheckedRules rules = RulesOf({GroupedBy({KeyOf(Path("s"))})});
  dsl::CheckedList list;
  list.name = "known";
  list.values = {{std::string("a")}, {std::string("b")}};
  rules.lists.push_back(list);
  rules.rules[0].by[0].among = 0;
  const auto matched = MatchLines(
      rules, Event(R"("s":"b")") + Event(R"("s":"c")") + Event(R"("s":"a")"));
  EXPECT_EQ(Keys(*matched), (Strings{"b", "a"}));
  EXPECT_EQ(matched->result.counts[0].no_key, 1u);
}

TEST(MatchTest, AKeyPastItsLimitKeepsItsFrontAndTheHashOfTheWhole) {
  const std::string front(limits::kKeyBytes, 'x');
  const auto matched = MatchLines(
      RulesOf({GroupedBy({KeyOf(Path("s"))})}),
      Event("\"s\":\"" + front + "1\"") + Event("\"s\":\"" + front + "2\""));
  ASSERT_EQ(matched->result.rows.size(), 2u);
  const MatchedRow& a = matched->result.rows[0];
  const MatchedRow& b = matched->result.rows[1];
  EXPECT_LE(a.key_size, limits::kKeyBytes);
  EXPECT_NE(matched->result.Key(a), matched->result.Key(b));
  EXPECT_NE(a.key_hash, b.key_hash);
}

TEST(MatchTest, ValuesCarryWhatAggregatesAndCollectTake) {
  CheckedRule rule = GroupedBy({KeyOf(Path("s"))});
  dsl::CheckedCondition threshold;
  threshold.kind = dsl::CheckedCondition::Kind::kAggregates;
  threshold.window.length_us = 60'000'000;
  dsl::CheckedAggregate count;
  count.filter = Make(ExprOp::kEq, {Path("n", TypeKind::kInt), Int(1)});
  dsl::CheckedAggregate distinct;
  distinct.kind = dsl::CheckedAggregate::Kind::kDistinct;
  distinct.values = {Path("l", ListOf(TypeKind::kString)), Path("t")};
  threshold.aggregates = {count, distinct};
  rule.condition = threshold;
  dsl::CheckedCollect collect;
  collect.name = "c";
  collect.expr = Path("l", ListOf(TypeKind::kString));
  rule.collects.push_back(collect);
  const auto matched = MatchLines(
      RulesOf({rule}), Event(R"("s":"k","n":1,"l":["a","b"],"t":"z")") +
                           Event(R"("s":"k","n":2,"l":["a"])"));
  ASSERT_EQ(matched->result.rows.size(), 2u);
  const auto sized = [](const std::string& text) {
    std::string out, encoding;
    AppendCanonicalText(text, &encoding);
    AppendSized(encoding, &out);
    return out;
  };
  std::string expected("\x01\x01\x02\0\0\0", 6);
  AppendSized(sized("a") + sized("z"), &expected);
  AppendSized(sized("b") + sized("z"), &expected);
  expected += std::string("\x02\0\0\0", 4) + sized("a") + sized("b");
  EXPECT_EQ(matched->result.Values(matched->result.rows[0]), expected);
  // `n` is not 1; `t` is missing, so the event adds no tuple.
  const std::string second =
      std::string("\0\0\0\0\0\0\x01\0\0\0", 10) + sized("a");
  EXPECT_EQ(matched->result.Values(matched->result.rows[1]), second);
}

TEST(MatchTest, SchemasThatAskComeFirstAndWhatNoneTakesIsCounted) {
  CheckedRules rules = RulesOf({});
  rules.schemas[0].match = Make(ExprOp::kExists, {Path("id")});
  dsl::CheckedSchema other = TestSchema();
  other.name = "a_other";
  other.match = Make(ExprOp::kExists, {Path("s")});
  rules.schemas.push_back(other);
  rules.rules.push_back(
      FilterRule("in_t", Not(Make(ExprOp::kExists, {Path("u")}))));
  rules.rules.push_back(
      FilterRule("in_other", Not(Make(ExprOp::kExists, {Path("u")}))));
  rules.rules[1].schema = 1;
  const auto matched =
      MatchLines(rules, Event(R"("id":"1")") + Event(R"("s":"x")") + Event("") +
                            Event(R"("id":"2","s":"x")"));
  EXPECT_EQ(matched->result.no_schema, 1u);
  ASSERT_EQ(matched->rules->rules[0].name, "in_other");
  EXPECT_EQ(matched->result.counts[0].matches, 2u);
  EXPECT_EQ(matched->result.counts[1].matches, 1u);
  EXPECT_EQ(matched->batch.rows[2].schema, kNoSchema);
}

TEST(MatchTest, TheTimeIsTheFirstSourceThatReads) {
  CheckedRules rules =
      RulesOf({FilterRule("r", Make(ExprOp::kExists, {Path("n")}))});
  rules.schemas[0].times.push_back({PathOf("n"), TimeFormat::kEpochMillis, ""});
  const auto matched =
      MatchLines(rules, R"({"at":"1970-01-01T00:00:01Z","n":5})"
                        "\n"
                        R"({"at":"never","n":5})"
                        "\n"
                        R"({"at":"never","n":"5.5"})"
                        "\n"
                        R"({"n":{}})"
                        "\n");
  EXPECT_EQ(matched->batch.rows[0].time_us, 1'000'000);
  EXPECT_EQ(matched->batch.rows[1].time_us, 5'000);
  EXPECT_EQ(matched->batch.rows[2].time_us, 5'500);
  EXPECT_EQ(matched->batch.rows[3].time_us, kNoTime);
  EXPECT_EQ(matched->result.no_time, 1u);
}

TEST(MatchTest, IdentityIsOfTheFieldsAndTheContent) {
  CheckedRules rules =
      RulesOf({FilterRule("r", Make(ExprOp::kExists, {Path("id")}))});
  rules.schemas[0].built_in = true;
  const auto matched = MatchLines(
      rules, R"({"id":"1","s":"a"})"
             "\n"
             R"({"kind":"Event","apiVersion":"v1", "id":"1","s":"a"})"
             "\n"
             R"({"id":"1","s":"b"})"
             "\n"
             R"({"id":"2","s":"a"})"
             "\n");
  ASSERT_EQ(matched->result.events.size(), 4u);
  const auto& events = matched->result.events;
  EXPECT_EQ(events[0].identity, events[1].identity);
  EXPECT_NE(events[0].identity, events[2].identity);
  EXPECT_NE(events[0].identity, events[3].identity);
  EXPECT_EQ(PrintedSized(std::string_view(matched->result.arena)
                             .substr(events[3].identity_offset,
                                     events[3].identity_size)),
            "2");
}

TEST(MatchTest, BehindTheIdentityStandsTheShownPlaceOfAMessage) {
  const CheckedRules rules =
      RulesOf({FilterRule("r", Make(ExprOp::kExists, {Path("id")}))});
  const std::string most(limits::kShownPlaceBytes - 2, 'k');  // And quotes.
  const std::string place = R"("kafka":{"topic":"t","partition":3,)";
  const auto matched = MatchLines(
      rules, R"({"id":"1",)" + place +
                 R"("offset":7,"timestamp_ms":1,"key":"\"","headers":{}}})"
                 "\n" +
                 R"({"id":"2",)" + place + R"("key":")" + most +
                 R"("}})"
                 "\n" +
                 R"({"id":"3",)" + place + R"("key":")" + most +
                 R"(k"}})"
                 "\n" +
                 R"({"id":"4",)" + place +
                 R"("key":{},"offset":[]}})"
                 "\n" +
                 R"({"id":"5","kafka":{"topic":"t"}})"
                 "\n"
                 R"({"id":"6","kafka":"franz"})"
                 "\n"
                 R"({"id":"7","kafka":null})"
                 "\n"
                 R"({"id":"8"})"
                 "\n");
  Strings shown;
  for (const MatchedEvent& event : matched->result.events) {
    shown.push_back(
        PrintedSized(std::string_view(matched->result.arena)
                         .substr(event.identity_offset, event.identity_size)));
  }
  const std::string front = R"({"topic":"t","partition":3)";
  EXPECT_EQ(shown, (Strings{"1|" + front + R"(,"offset":7,"key":"\""})",
                            "2|" + front + R"(,"key":")" + most + R"("})",
                            "3|" + front + "}", "4|" + front + "}", "5", "6",
                            "7", "8"}));
}

TEST(MatchTest, TemplatesPrintMissingListsAndWhatWasCut) {
  CheckedRule rule =
      FilterRule("the.rule", Make(ExprOp::kExists, {Path("at")}));
  rule.severity = dsl::AlertSeverity::kHigh;
  dsl::CheckedTemplate text;
  const auto add = [&](std::string before, CheckedExpr hole) {
    text.parts.push_back({std::move(before), std::nullopt});
    text.parts.push_back({"", std::move(hole)});
  };
  add("s=", Path("s"));
  add(" l=", Path("l", ListOf(TypeKind::kString)));
  CheckedExpr key;
  key.op = ExprOp::kKey;
  add(" key=", key);
  CheckedExpr collected;
  collected.op = ExprOp::kCollected;
  add(" c=", collected);
  for (const auto field :
       {dsl::AlertField::kCount, dsl::AlertField::kTotal,
        dsl::AlertField::kFolded, dsl::AlertField::kRule,
        dsl::AlertField::kSeverity, dsl::AlertField::kTime}) {
    CheckedExpr expr;
    expr.op = ExprOp::kAlertField;
    expr.alert_field = field;
    add(" ", expr);
  }
  rule.alert = text;
  const auto matched = MatchLines(RulesOf({rule}), Event(R"("l":["a","b"])"));
  std::string encoding, sized_key;
  AppendCanonicalInt(7, &encoding);
  AppendSized(encoding, &sized_key);
  const std::vector<std::string> values = {sized_key + sized_key};
  AlertValues alert;
  alert.key = sized_key;
  alert.collected = &values;
  alert.count = 3;
  alert.total = 5;
  alert.folded = 4;
  alert.more = 1;
  EXPECT_EQ(matched->matcher->Render(&matched->batch, 0, 0,
                                     matched->rules->rules[0].alert, alert),
            "s=- l=a, b key=7 c=7, 7, and more 3 5 4 the.rule high "
            "1970-01-01T00:00:00.000000Z");
}

TEST(MatchTest, ShownTextsAreCutAtACharacter) {
  CheckedRule rule = FilterRule("r", Make(ExprOp::kExists, {Path("at")}));
  rule.shows.push_back({"s", Path("s")});
  std::string text(limits::kValueBytes - 1, 'x');
  const auto matched =
      MatchLines(RulesOf({rule}), Event("\"s\":\"" + text + "\xC3\xA9\""));
  std::string encoding;
  matched->matcher->Show(&matched->batch, 0, 0,
                         matched->rules->rules[0].shows[0].expr, {}, &encoding);
  EXPECT_EQ(encoding, "s" + text);
}

}  // namespace
}  // namespace tocsin::testing
