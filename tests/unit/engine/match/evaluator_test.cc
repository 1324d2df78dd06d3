// What single nodes decide; the language's claims row by row, from rule text,
// are in tests/property/semantics_*_test.cc.
#include "engine/match/evaluator.h"

#include "gtest/gtest.h"
#include "tests/unit/engine/match/match_one.h"

namespace tocsin::testing {
namespace {

CheckedExpr Any(const std::string& path) { return Path(path, TypeKind::kAny); }

CheckedExpr Call(Function function, std::vector<CheckedExpr> arguments) {
  CheckedExpr expr = Make(ExprOp::kCall, std::move(arguments));
  expr.type = TypeOf(TypeKind::kAny);
  expr.function = function;
  return expr;
}

CheckedExpr Equal(CheckedExpr a, CheckedExpr b) {
  return Make(ExprOp::kEq, {std::move(a), std::move(b)});
}

CheckedExpr Variable(std::uint32_t slot, const std::string& path = "") {
  CheckedExpr expr;
  expr.op = ExprOp::kVariable;
  expr.slot = slot;
  if (path.empty()) return expr;
  CheckedExpr below = Path(path, TypeKind::kAny);
  below.children.push_back(expr);
  return below;
}

CheckedExpr Quantified(ExprOp op, std::uint32_t slot, CheckedExpr domain,
                       CheckedExpr body) {
  CheckedExpr expr = Make(op, {std::move(domain), std::move(body)});
  expr.slot = slot;
  return expr;
}

TEST(EvaluatorTest, DecidesByTheKindThatAnEventHasNotByTheDeclaredOne) {
  const CheckedExpr is_a = Equal(Path("s"), Text("a"));
  EXPECT_TRUE(Holds(is_a, R"("s":"a")"));
  EXPECT_TRUE(Holds(is_a, R"("s":["b","a"])"));
  EXPECT_FALSE(Holds(is_a, R"("s":{"a":"a"})"));
  EXPECT_FALSE(Holds(is_a, R"("s":[["a"]])"));
  EXPECT_FALSE(Holds(is_a, R"("s":true)"));
  const CheckedExpr element =
      Equal(Path("l", ListOf(TypeKind::kString)), Text("a"));
  EXPECT_TRUE(Holds(element, R"("l":"a")"));
  EXPECT_TRUE(Holds(element, R"("l":["\u0061"])"));
}

TEST(EvaluatorTest, ComparesEscapedTextDecoded) {
  EXPECT_TRUE(Holds(Equal(Path("s"), Text("get")), R"("s":"g\u0065t")"));
  EXPECT_TRUE(Holds(Make(ExprOp::kContains, {Path("t"), Text("a/b")}),
                    R"("t":"xa\/b")"));
}

TEST(EvaluatorTest, ReadsBodiesThroughLongPaths) {
  const std::string body =
      R"("x":{"spec":{"c":[{"i":"a","p":[1,2]},{"i":"b","p":[3]},{"n":null}]}})";
  EXPECT_TRUE(Holds(Equal(Any("x.spec.c[1].i"), Text("b")), body));
  EXPECT_TRUE(Holds(Equal(Any("x.spec.c[-2].i"), Text("b")), body));
  EXPECT_FALSE(Holds(Equal(Any("x.spec.c[3].i"), Text("b")), body));
  EXPECT_TRUE(Holds(Equal(Any("x.spec.c[*].p"), Int(3)), body));
  EXPECT_TRUE(
      Holds(Equal(Call(Function::kLen, {Any("x.spec.c[*].p")}), Int(3)), body));
  EXPECT_TRUE(Holds(Make(ExprOp::kExists, {Any("x.spec.c[*].n")}), body));
  EXPECT_FALSE(Holds(Make(ExprOp::kExists, {Any("x.spec.c[*].m")}), body));
  EXPECT_FALSE(Holds(Make(ExprOp::kExists, {Any("x.spec.c[*].n")}),
                     R"("x":{"spec":{}})"));
}

TEST(EvaluatorTest, CountsABodyThatIsNoJsonAndGoesOn) {
  const auto matched =
      MatchLines(RulesOf({FilterRule("r", Not(Equal(Any("x.a"), Int(1))))}),
                 Event(R"("x":{"a":tru})") + Event(R"("x":{"a":2})"));
  EXPECT_EQ(matched->result.bad_bodies, 1u);
  EXPECT_EQ(matched->result.counts[0].matches, 2u);
}

TEST(EvaluatorTest, QuantifiersBindTheirOwnVariables) {
  const std::string body =
      R"("s":"a","x":{"c":[{"i":"a","p":[1,2]},{"i":"b","p":[3]}]})";
  const CheckedExpr inner = Quantified(
      ExprOp::kAny, 1, Variable(0, "p"),
      Make(ExprOp::kAnd,
           {Equal(Variable(1), Int(2)), Equal(Variable(0, "i"), Path("s"))}));
  EXPECT_TRUE(Holds(Quantified(ExprOp::kAny, 0, Any("x.c"), inner), body));
  EXPECT_FALSE(Holds(Quantified(ExprOp::kAll, 0, Any("x.c"), inner), body));
  EXPECT_FALSE(Holds(Quantified(ExprOp::kNone, 0, Any("x.c"), inner), body));
  EXPECT_TRUE(Holds(Equal(Quantified(ExprOp::kCount, 0, Any("x.c"),
                                     Make(ExprOp::kExists, {Variable(0, "p")})),
                          Int(2)),
                    body));
  EXPECT_FALSE(Holds(Quantified(ExprOp::kAll, 0, Any("x.z"), inner), body));
  EXPECT_TRUE(Holds(Quantified(ExprOp::kNone, 0, Any("x.z"), inner), body));
}

TEST(EvaluatorTest, ListsOnTheRightMeanAnyOrWithAllEachOfThem) {
  CheckedExpr test = Make(ExprOp::kContains, {Path("s"), Texts({"a", "z"})});
  EXPECT_TRUE(Holds(test, R"("s":"cab")"));
  test.all = true;
  EXPECT_FALSE(Holds(test, R"("s":"cab")"));
  EXPECT_TRUE(Holds(test, R"("s":"zab")"));
  // A list that only an event knows.
  CheckedExpr member =
      Make(ExprOp::kIn, {Path("s"), Path("l", ListOf(TypeKind::kString))});
  EXPECT_TRUE(Holds(member, R"("s":"b","l":["a","b"])"));
  EXPECT_FALSE(Holds(member, R"("s":"c","l":["a","b"])"));
  EXPECT_FALSE(Holds(member, R"("s":"c","l":"c")"));
  member = Make(ExprOp::kEndsWith, {Path("s"), Any("x")});
  EXPECT_TRUE(Holds(member, R"("s":"abc","x":["z","bc"])"));
  member.nocase = true;
  EXPECT_TRUE(Holds(member, R"("s":"abC","x":["z","Bc"])"));
}

TEST(EvaluatorTest, ManyTextsAreLookedForAtOnce) {
  const std::vector<std::string> words = {"alpha",  "beta", "g.mma",
                                          "del*ta", "eps|", "zeta"};
  CheckedExpr test = Make(ExprOp::kContains, {Path("s"), Texts(words)});
  EXPECT_TRUE(Holds(test, R"("s":"--g.mma--")"));
  EXPECT_FALSE(Holds(test, R"("s":"--gamma--")"));
  EXPECT_TRUE(Holds(test, R"("s":"eps|")"));
  test.op = ExprOp::kStartsWith;
  EXPECT_TRUE(Holds(test, R"("s":"del*ta and more")"));
  EXPECT_FALSE(Holds(test, R"("s":"a del*ta")"));
  test.op = ExprOp::kEndsWith;
  test.nocase = true;
  EXPECT_TRUE(Holds(test, R"("s":"the ALPHA")"));
  EXPECT_FALSE(Holds(test, R"("s":"a")"));
}

TEST(EvaluatorTest, AddressesAreInSetsOfNetworks) {
  Cidr ten, odd;
  IpAddress one;
  ASSERT_TRUE(ParseCidr("10.0.0.0/8", &ten));
  ASSERT_TRUE(ParseCidr("2001:db8:8000::/33", &odd));
  ASSERT_TRUE(ParseIp("192.168.0.1", &one));
  const CheckedExpr in = Make(
      ExprOp::kIn,
      {Path("a", TypeKind::kIp), Const(ConstantList{{ten}, {odd}, {one}})});
  EXPECT_TRUE(Holds(in, R"("a":"10.255.0.1")"));
  EXPECT_TRUE(Holds(in, R"("a":"::ffff:10.0.0.1")"));
  EXPECT_TRUE(Holds(in, R"("a":"2001:db8:ffff::1")"));
  EXPECT_FALSE(Holds(in, R"("a":"2001:db8:7fff::1")"));
  EXPECT_TRUE(Holds(in, R"("a":"192.168.0.1")"));
  EXPECT_FALSE(Holds(in, R"("a":"192.168.0.2")"));
  EXPECT_FALSE(Holds(in, R"("a":"10.1")"));
}

TEST(EvaluatorTest, NumbersInSetsAreExactAcrossKinds) {
  const CheckedExpr in =
      Make(ExprOp::kIn,
           {Any("x"), Const(ConstantList{{std::int64_t{5}},
                                         {2.5},
                                         {std::int64_t{9007199254740993}},
                                         {std::uint64_t{1} << 63}})});
  EXPECT_TRUE(Holds(in, R"("x":5)"));
  EXPECT_TRUE(Holds(in, R"("x":5.0)"));
  EXPECT_TRUE(Holds(in, R"("x":2.5)"));
  EXPECT_FALSE(Holds(in, R"("x":9007199254740992)"));
  EXPECT_TRUE(Holds(in, R"("x":9007199254740993)"));
  EXPECT_TRUE(Holds(in, R"("x":9223372036854775808)"));
  EXPECT_FALSE(Holds(in, R"("x":"5")"));
}

TEST(EvaluatorTest, ArithmeticThatCannotBeIsMissing) {
  const CheckedExpr x = Any("x"), n = Path("n", TypeKind::kInt);
  const auto is = [&](ExprOp op, CheckedExpr value) {
    return Equal(Make(op, {x, n}), std::move(value));
  };
  EXPECT_TRUE(Holds(is(ExprOp::kAdd, Int(7)), R"("x":3,"n":4)"));
  EXPECT_TRUE(Holds(is(ExprOp::kDivide, Const(1.5)), R"("x":3,"n":2)"));
  EXPECT_TRUE(Holds(is(ExprOp::kModulo, Int(-1)), R"("x":-7,"n":3)"));
  const CheckedExpr there = Make(
      ExprOp::kGreaterEq, {Make(ExprOp::kMultiply, {x, n}), Int(INT64_MIN)});
  EXPECT_TRUE(Holds(there, R"("x":3,"n":2)"));
  EXPECT_FALSE(Holds(there, R"("x":9223372036854775807,"n":2)"));
  EXPECT_FALSE(Holds(there, R"("x":"3","n":2)"));
  const CheckedExpr zero =
      Make(ExprOp::kLess, {Make(ExprOp::kDivide, {x, n}), Const(1e300)});
  EXPECT_FALSE(Holds(zero, R"("x":3,"n":0)"));
  EXPECT_FALSE(Holds(zero, R"("x":3.5,"n":0)"));
}

TEST(EvaluatorTest, TheHourIsThatOfTheZoneAlsoAfterAChangeOfClocks) {
  CheckedExpr ts;
  ts.op = ExprOp::kEventTime;
  ts.type = TypeOf(TypeKind::kTime);
  const CheckedExpr hour = Call(Function::kHour, {ts, Text("Europe/Berlin")});
  const auto matched =
      MatchLines(RulesOf({FilterRule("ten", Equal(hour, Int(10))),
                          FilterRule("eleven", Equal(hour, Int(11)))}),
                 R"({"at":"2026-01-01T09:30:00Z"})"
                 "\n"
                 R"({"at":"2026-07-01T09:30:00Z"})"
                 "\n"
                 R"({"at":"2026-01-02T09:30:00Z"})"
                 "\n");
  ASSERT_EQ(matched->rules->rules[0].name, "eleven");
  EXPECT_EQ(matched->result.counts[0].matches, 1u);
  EXPECT_EQ(matched->result.counts[1].matches, 2u);
}

struct TextRow {
  Function function;
  std::string argument;  // JSON of x.
  std::string expected;  // As text(); "-" for missing.
};

TEST(EvaluatorTest, FunctionsOfOneTextGiveWhatTheirTableSays) {
  const std::vector<TextRow> rows = {
      {Function::kLower, R"("AÉb")", "aÉb"},
      {Function::kUpper, R"("aéB")", "AéB"},
      {Function::kLower, "5", "-"},
      {Function::kTrim, R"(" \t a b \n")", "a b"},
      {Function::kLen, R"("aé€")", "3"},
      {Function::kLen, "[1,[2,3]]", "2"},
      {Function::kLen, R"({"a":1,"a":2,"b":3})", "2"},
      {Function::kLen, "7", "-"},
      {Function::kBasename, R"("/usr/bin/sh")", "sh"},
      {Function::kBasename, R"("sh")", "sh"},
      {Function::kBasename, R"("a/")", ""},
      {Function::kDirname, R"("/usr/bin/sh")", "/usr/bin"},
      {Function::kDirname, R"("sh")", ""},
      {Function::kUrlDecode, R"("a%2Fb+c%zz%4")", "a/b+c%zz%4"},
      {Function::kUrlDecode, R"("%ff")", "\xEF\xBF\xBD"},
      {Function::kBase64Decode, R"("aGk=")", "hi"},
      {Function::kBase64Decode, R"("aGk")", "hi"},
      {Function::kBase64Decode, R"("-_8")", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {Function::kBase64Decode, R"("aGk!")", "-"},
      {Function::kBase64Decode, R"("a")", "-"},
      {Function::kEntropy, R"("aabb")", "1"},
      {Function::kEntropy, R"("aaaa")", "0"},
      {Function::kImageRepo, R"("r.io:5000/a/b:1@sha256:00")", "r.io:5000/a/b"},
      {Function::kImageTag, R"("r.io:5000/a/b:1@sha256:00")", "1"},
      {Function::kImageTag, R"("r.io:5000/a/b")", "latest"},
      {Function::kImageTag, R"("a@sha256:00")", "-"},
      {Function::kInt, R"("-12")", "-12"},
      {Function::kInt, R"("12.5")", "-"},
      {Function::kInt, "12.7", "12"},
      {Function::kInt, "-12.7", "-12"},
      {Function::kInt, "1e300", "-"},
      {Function::kFloat, R"("2.5")", "2.5"},
      {Function::kFloat, R"("inf")", "-"},
      {Function::kText, "true", "true"},
      {Function::kText, R"({"a": [1, 2]})", R"({"a": [1, 2]})"},
      {Function::kText, "[1, 2]", "[1, 2]"},
      {Function::kText, "null", "-"},
      {Function::kIp, R"("::ffff:1.2.3.4")", "1.2.3.4"},
      {Function::kCidr, R"("10.1.2.3/8")", "10.0.0.0/8"},
      {Function::kTime, R"("2026-01-01T01:00:00+01:00")",
       "2026-01-01T00:00:00.000000Z"},
      {Function::kTime, R"("yesterday")", "-"},
      {Function::kKeysOf, R"({"b":1,"a":2})", "b, a"},
      {Function::kValuesOf, R"({"b":1,"a":"x"})", "1, x"},
      {Function::kJsonParse, R"("{\"k\": [1]}")", R"({"k": [1]})"},
      {Function::kJsonParse, R"("{")", "-"},
  };
  for (const TextRow& row : rows) {
    SCOPED_TRACE(std::string(Describe(row.function).name) + " of " +
                 row.argument);
    CheckedRule rule =
        FilterRule("r", Make(ExprOp::kExists, {Path("at", TypeKind::kTime)}));
    rule.shows.push_back({"v", Call(row.function, {Any("x")})});
    dsl::CheckedTemplate text;
    text.parts.push_back({"", rule.shows[0].expr});
    rule.alert = text;
    const auto matched =
        MatchLines(RulesOf({rule}), Event("\"x\":" + row.argument));
    EXPECT_EQ(matched->matcher->Render(&matched->batch, 0, 0,
                                       matched->rules->rules[0].alert, {}),
              row.expected);
  }
}

TEST(EvaluatorTest, FunctionsOfSeveralArguments) {
  const auto shown = [](Function function, std::vector<CheckedExpr> arguments,
                        const std::string& members) {
    CheckedRule rule =
        FilterRule("r", Make(ExprOp::kExists, {Path("at", TypeKind::kTime)}));
    dsl::CheckedTemplate text;
    text.parts.push_back({"", Call(function, std::move(arguments))});
    rule.alert = text;
    const auto matched = MatchLines(RulesOf({rule}), Event(members));
    return matched->matcher->Render(&matched->batch, 0, 0,
                                    matched->rules->rules[0].alert, {});
  };
  const CheckedExpr s = Path("s");
  EXPECT_EQ(shown(Function::kSplit, {s, Text(",")}, R"("s":"a,,b,")"),
            "a, , b, ");
  EXPECT_EQ(shown(Function::kJoin, {Any("x"), Text("+")},
                  R"("x":["a",1,null,true,2.5])"),
            "a+1+true+2.5");
  EXPECT_EQ(
      shown(Function::kReplace, {s, Text("aa"), Text("b")}, R"("s":"aaaaa")"),
      "bba");
  EXPECT_EQ(
      shown(Function::kUrlQuery, {s, Text("command")},
            R"("s":"/x?command=sh&container=c&comm%61nd=-c+%2f#command=z")"),
      "sh, -c /");
  EXPECT_EQ(shown(Function::kExtract, {s, Text("id=(\\d+)")},
                  R"("s":"a id=17 id=18")"),
            "17");
  EXPECT_EQ(shown(Function::kExtract, {s, Text("id=(\\d+)")}, R"("s":"b")"),
            "-");
  EXPECT_EQ(shown(Function::kCoalesce, {s, Path("t"), Text("z")},
                  R"("s":null,"t":"y")"),
            "y");
}

}  // namespace
}  // namespace tocsin::testing
