// Rules over alerts, tables, tunes, lists that are added to, and what an alert
// says of its evidence.
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/dsl/check/checking.h"

namespace tocsin::dsl {
namespace {

using testing::Checked;
using testing::CheckText;
using testing::CheckTexts;
using testing::Print;

const CheckedExpr& Hole(const Checked& checked, std::size_t part) {
  return *checked.Rule("r").alert->parts[part].hole;
}

TEST(EvidenceTest, TextsNameTheEvent) {
  const Checked checked = CheckText(
      "rule r {\n  by user.username as who\n"
      "  event a = verb == \"create\"\n  event b = verb == \"patch\"\n"
      "  when a x2 then b within 1m\n  collect a.userAgent as agents\n"
      "  show first(a).objectRef.name as made\n"
      "  severity critical if b.ok and count(a) >= 3 else high\n"
      "  risk count(a) * 10\n"
      "  alert \"{who}{count(a)}{b.objectRef.name}{first(a).ts}"
      "{last(a).client}{made}{agents}{exists(b.objectRef.name)}\"\n}\n");
  EXPECT_EQ(checked.text, "");
  EXPECT_EQ(Hole(checked, 0).op, ExprOp::kKey);
  EXPECT_EQ(Hole(checked, 1).op, ExprOp::kStepCount);
  EXPECT_EQ(Hole(checked, 2).op, ExprOp::kStep);
  EXPECT_EQ(Hole(checked, 2).index, 1u);
  EXPECT_EQ(Print(Hole(checked, 2).children[0], checked.rules),
            "objectRef.name");
  EXPECT_EQ(Hole(checked, 3).pick, StepPick::kOldest);
  EXPECT_EQ(Hole(checked, 3).children[0].op, ExprOp::kEventTime);
  EXPECT_EQ(Hole(checked, 4).pick, StepPick::kNewest);
  EXPECT_EQ(Hole(checked, 5).op, ExprOp::kShown);
  EXPECT_EQ(Hole(checked, 7).op, ExprOp::kStep);
  EXPECT_EQ(Hole(checked, 7).children[0].op, ExprOp::kExists);
  const CheckedRule& rule = checked.Rule("r");
  EXPECT_EQ(rule.collects[0].event, 0u);
  EXPECT_EQ(rule.collects[0].expr.op, ExprOp::kPath);
  ASSERT_EQ(rule.severity_arms.size(), 1u);
  EXPECT_EQ(rule.severity_arms[0].severity, AlertSeverity::kCritical);
  EXPECT_EQ(rule.severity, AlertSeverity::kHigh);
  EXPECT_TRUE(rule.risk.has_value());
}

TEST(EvidenceTest, ARuleWithoutEventsReadsTheCompletingOne) {
  const Checked checked = CheckText(
      "rule r {\n  where verb == \"get\"\n  by client as ip\n"
      "  when avg(responseStatus.code) > 400 within 5m\n"
      "  severity high if user.username == \"x\" or count > 10 else low\n"
      "  alert \"{user.username}\"\n}\n");
  EXPECT_EQ(checked.text, "");
  EXPECT_EQ(Print(Hole(checked, 0), checked.rules), "user.username");
}

TEST(EvidenceTest, AKeyMayHaveTheNameOfAnotherEventsField) {
  const Checked checked = CheckText(
      "schema web { time at identity position fields {\n"
      "  at time  address string  verb int } }\n"
      "rule r {\n"
      "  event hit from web by text(verb) as kind = verb == 1\n"
      "  event seen from k8s.audit by verb as kind = ok\n"
      "  when hit then seen within 1m\n  alert \"{kind}\"\n}\n");
  EXPECT_EQ(checked.Codes(), "E0218") << checked.text;  // k8s.audit has kind.
  const Checked other = CheckText(
      "schema web { time at identity position fields {\n"
      "  at time  address string } }\n"
      "rule r {\n"
      "  event seen from k8s.audit by verb as address = ok\n"
      "  event hit from web by address = exists(address)\n"
      "  when hit then seen within 1m\n  alert \"{address}\"\n}\n");
  EXPECT_EQ(other.text, "");
}

TEST(EvidenceTest, SeverityIsNotDecidedByItself) {
  EXPECT_EQ(CheckText("rule r { where ok\n severity high if severity == "
                      "\"low\" else low }")
                .Codes(),
            "E0208");
  EXPECT_EQ(CheckText("rule r { where ok\n risk \"much\" }").Codes(), "E0209");
}

TEST(SourcesTest, AnAlertHasWhatItsRuleTells) {
  const Checked checked = CheckText(
      "group g\nsignal burst {\n  where verb == \"get\"\n"
      "  by client as ip, each user.groups as team\n"
      "  when count() >= 3 within 1m\n"
      "  collect userAgent as agents\n  show objectRef.name as object_name\n}\n"
      "rule r {\n  from burst\n  where count >= 10 and ip in 10.0.0.0/8\n"
      "        and agents startswith \"curl\" and severity == \"medium\"\n"
      "        and team == \"dev\" and object_name == \"x\"\n"
      "  by ip\n  when count() >= 2 within 1h\n}\n");
  EXPECT_EQ(checked.text, "");
  const CheckedRule& rule = checked.Rule("g.r");
  EXPECT_EQ(rule.depth, 1u);
  EXPECT_EQ(checked.Rule("g.burst").depth, 0u);
  EXPECT_TRUE(checked.Rule("g.burst").signal);
  const CheckedSchema& schema = checked.rules.schemas[rule.schema];
  EXPECT_EQ(schema.alerts_of, "g.burst");
  EXPECT_EQ(schema.name, "g.burst");
  EXPECT_EQ(CheckText("signal s { where ok by client as ip }\n"
                      "rule r { from s where adress == 1 and severity == "
                      "\"hihg\" }")
                .Codes(),
            "E0201 E0212");
}

TEST(SourcesTest, AllAlertsAreThoseOfRulesThatDoNotReadThem) {
  const Checked checked = CheckText(
      "rule a { where verb == \"get\" by client as ip }\n"
      "signal s { where verb == \"list\" by user.username as hidden }\n"
      "rule t { from s by hidden when count() >= 3 within 1m }\n"
      "rule r { from alert where rule != \"x\" by ip\n"
      "  when sum(risk) >= 100 within 1h }\n"
      "rule deeper { from r by ip when count() >= 2 within 1d }\n");
  EXPECT_EQ(checked.text, "");
  EXPECT_EQ(checked.Rule("t").depth, 1u);
  EXPECT_EQ(checked.Rule("r").depth, 2u);
  EXPECT_EQ(checked.Rule("deeper").depth, 3u);
  const CheckedSchema& schema = checked.rules.schemas[checked.Rule("r").schema];
  EXPECT_EQ(schema.alerts_of, "alert");
  // A key of one rule does not take its name from those who read all.
  EXPECT_EQ(CheckText("rule a { where ok by client as ip }\n"
                      "rule r { from alert by rule as ip alert \"{ip}\"\n"
                      "  when count() >= 2 within 1h }")
                .Codes(),
            "");
  EXPECT_EQ(
      CheckText("rule a { where ok }\nrule r { from alert by ipp }").Codes(),
      "E0201");
}

TEST(SourcesTest, ASignalIsNoEventByItself) {
  const Checked checked = CheckText(
      "signal burst { where ok by client as ip }\n"
      "rule r { by client as ip event read = verb == \"get\"\n"
      "  when burst then read within 1h }\n"
      "rule reads { from burst where total > 1 }");
  EXPECT_EQ(checked.Codes(), "E0222");
  EXPECT_NE(checked.text.find("event burst from burst = "), std::string::npos)
      << checked.text;
}

TEST(SourcesTest, ACircleIsShown) {
  const Checked checked = CheckText(
      "rule a { from b by ip when count() >= 2 within 1m }\n"
      "rule b { from c by ip when count() >= 2 within 1m }\n"
      "rule c { from a by ip when count() >= 2 within 1m }\n");
  EXPECT_EQ(checked.Codes(), "E0314") << checked.text;
  EXPECT_NE(checked.text.find("a -> b -> c -> a"), std::string::npos)
      << checked.text;
}

CheckOptions WithTable(const std::string& bytes) {
  CheckOptions options;
  options.read_file = [bytes](const std::string&, const std::string&,
                              std::string* out, std::string*) {
    *out = bytes;
    return true;
  };
  return options;
}

TEST(TableTest, RowsAreTypedByTheirColumns) {
  const std::string csv =
      "tier,ip,owner,since\n2,192.0.2.1,\"ops, night\",\n"
      ",::1,,2026-01-01T00:00:00Z\n";
  const Checked checked = CheckText(
      "table assets from \"a.csv\" key ip {\n"
      "  ip ip  owner string  tier int?  since time? }\n"
      "rule r {\n  where client in assets and sourceIPs[0] not in assets\n"
      "        and assets[client].tier >= 2 and assets[client].owner == \"x\"\n"
      "  alert \"{assets[client].owner ?? \"nobody\"}\"\n}\n",
      WithTable(csv));
  EXPECT_EQ(checked.text, "");
  ASSERT_EQ(checked.rules.tables.size(), 1u);
  const CheckedTable& table = checked.rules.tables[0];
  EXPECT_EQ(table.key, std::vector<std::uint32_t>{0});
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(std::get<std::string>(table.rows[0][1].value), "ops, night");
  EXPECT_EQ(std::get<std::int64_t>(table.rows[0][2].value), 2);
  EXPECT_TRUE(std::holds_alternative<Missing>(table.rows[0][3].value));
  EXPECT_TRUE(std::holds_alternative<Missing>(table.rows[1][2].value));
  EXPECT_EQ(std::get<std::string>(table.rows[1][1].value), "");
}

TEST(TableTest, AKeyOfPartsIsLookedUpWhole) {
  const std::string csv = "ns,name\nprod,db\n";
  const std::string table =
      "table known from \"k.csv\" key ns, name { ns string  name string }\n";
  const Checked checked =
      CheckText(table +
                    "rule r { where (objectRef.namespace, objectRef.name) "
                    "in known }\n",
                WithTable(csv));
  EXPECT_EQ(checked.text, "");
  const CheckedExpr& lookup = checked.Rule("r").filters.back().expr;
  EXPECT_EQ(lookup.op, ExprOp::kLookup);
  EXPECT_EQ(lookup.children.size(), 2u);
  EXPECT_EQ(lookup.column, kWholeRow);
  const auto codes = [&](const std::string& where) {
    return CheckText(table + "rule r { where " + where + " }\n", WithTable(csv))
        .Codes();
  };
  EXPECT_EQ(codes("objectRef.name in known"), "E0210");
  EXPECT_EQ(codes("(objectRef.name, 5) in known"), "E0209");
  EXPECT_EQ(codes("known[objectRef.namespace, objectRef.name].nam == \"x\""),
            "E0201");
  EXPECT_EQ(codes("known[objectRef.namespace, objectRef.name] == \"x\""),
            "E0209");
  EXPECT_EQ(codes("known == \"x\""), "E0209");
}

TEST(TableTest, AWrongFileIsToldByItsLine) {
  const auto text = [](const std::string& csv) {
    return CheckText(
               "table t from \"t.csv\" key k { k string  n int }\n"
               "rule r { where verb in t }\n",
               WithTable(csv))
        .text;
  };
  EXPECT_EQ(text("k,n\na,1\n"), "");
  EXPECT_NE(text("k,n\n# of old\na,x\n").find("t.csv:3: `x` is no int"),
            std::string::npos);
  EXPECT_NE(text("k,n\na,1\na,2\n").find("t.csv:3: the key stands in line 2"),
            std::string::npos);
  EXPECT_NE(text("k\na\n").find("t.csv has no column `n`"), std::string::npos);
  EXPECT_NE(text("").find("t.csv is empty"), std::string::npos);
}

TEST(ListTest, AnyFileAddsToAList) {
  const Checked checked = CheckTexts(
      {"list names += [\"c\"]\n",
       "list names = [\"a\"]\nrule r { where user.username in names }\n",
       "list names += [\"b\", \"d\"]\n"});
  EXPECT_EQ(checked.text, "");
  EXPECT_EQ(checked.rules.lists[0].values.size(), 4u);
  EXPECT_EQ(CheckText("list a = [1]\nlist a += [\"x\"]\nlist b += [1]\n"
                      "rule r { where responseStatus.code in a }")
                .Codes(),
            "E0216 E0204");
}

TEST(ListTest, ListsAndTablesAreOfAsManyValuesAsTheLimit) {
  const auto table = [](const std::string& rows) {
    CheckOptions options = WithTable("k\n" + rows);
    options.limits.list_items = 2;
    return CheckText(
               "table t from \"t.csv\" key k { k string }\n"
               "rule r { where verb in t }\n",
               options)
        .Codes();
  };
  EXPECT_EQ(table("a\nb\n"), "");
  EXPECT_EQ(table("a\nb\nc\n"), "E0402");
  const auto list = [](const std::string& added) {
    CheckOptions options;
    options.limits.list_items = 2;
    return CheckText("list l = [\"a\"]\nlist l += [" + added +
                         "]\nrule r { where verb in l }\n",
                     options)
        .Codes();
  };
  EXPECT_EQ(list("\"b\""), "");
  EXPECT_EQ(list("\"b\", \"c\""), "E0402");
}

TEST(TuneTest, ChangesRulesFromOutside) {
  const Checked checked = CheckTexts(
      {"group k8s\nrule secret_read {\n  severity high\n  tags [a.b]\n"
       "  where verb == \"get\" and objectRef.resource == \"secrets\"\n}\n",
       "timezone \"Europe/Berlin\"\ntune k8s.secret_* {\n"
       "  unless user.username == \"vault\" until \"2030-01-31\"\n"
       "  severity low\n  tags += [site]\n  then once per 1h\n"
       "  enabled false\n}\n"});
  EXPECT_EQ(checked.text, "");
  const CheckedRule& rule = checked.Rule("k8s.secret_read");
  EXPECT_EQ(rule.severity, AlertSeverity::kLow);
  EXPECT_EQ(rule.tags, (std::vector<std::string>{"a.b", "site"}));
  EXPECT_EQ(rule.then.kind, CheckedThen::Kind::kOncePer);
  EXPECT_FALSE(rule.enabled);
  const CheckedFilter& tuned = rule.filters.back();
  EXPECT_EQ(tuned.origin, CheckedFilter::Origin::kTuneUnless);
  EXPECT_EQ(tuned.expr.span.file, 1u);
  // From midnight in the tune's own zone.
  EXPECT_EQ(*tuned.until_us, 1'896'044'400'000'000);
}

TEST(TuneTest, TwoThatSetOneThingAreShown) {
  const Checked checked =
      CheckTexts({"rule a_b { where ok }\nrule a_c { where ok }\n",
                  "tune a_* { severity low  unless verb == \"get\" }\n",
                  "tune *_b { severity high  unless verb == \"list\" }\n"
                  "tune x_* { severity high }\ntune a_c { tags += [x] }\n"});
  EXPECT_EQ(checked.Codes(), "E0326 E0325") << checked.text;
  EXPECT_EQ(CheckText("rule r { where ok }\ntune r { severity low severity "
                      "high }")
                .Codes(),
            "E0302");
}

}  // namespace
}  // namespace tocsin::dsl
