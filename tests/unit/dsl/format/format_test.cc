// The layout, construct by construct.
#include "tests/unit/dsl/format/formatting.h"

namespace tocsin::dsl {
namespace {

TEST(FormatTest, ClausesStandInTheirOrderAndAligned) {
  EXPECT_EQ(StableLayout(R"(rule  r{alert "x" falsepositives ["a"]
late now keys <= 5 then every when count( )>=3 within 1m by user.username as who
unless a unless b where verb=="get" enabled false severity high description "d" title "t" })"),
            R"(rule r {
  title     "t"
  description "d"
  severity  high
  enabled   false
  where     verb == "get"
  unless    a
  unless    b
  by        user.username as who
  when      count() >= 3 within 1m
  then      every
  keys      <= 5
  late      now
  alert     "x"
  falsepositives ["a"]
}
)");
}

TEST(FormatTest, SpacesSayWhatBelongsTogether) {
  EXPECT_EQ(
      StableLayout(
          "let a=not( x+ -1 ) and any c in split ( y , \",\" ) ( c . z [ * ] in"
          " -5 .. - 1 ) and t [ a,b ] . c==[ 1 ,2 ]and exists ( `q r` )\n"),
      "let a = not (x + -1) and any c in split(y, \",\") (c.z[*] in -5..-1)\n"
      "        and t[a, b].c == [1, 2] and exists(`q r`)\n");
}

TEST(FormatTest, LiteralsAreKeptByteForByte) {
  const std::string text =
      "let a = [\"\\u0041\\/\", r\"\\d\", r#\"a \" b\"#, 1_000, 0.50, 1h30m, "
      "64KiB, 2001:db8::/32]\n"
      "let b = \"\"\"\n   two\t\n     lines  \n\"\"\"\n";
  EXPECT_EQ(StableLayout(text), text);
}

TEST(FormatTest, LongConjunctionsAreBrokenIntoLinesOfLikeWidth) {
  const std::string text = R"(rule r {
  where     verb in ["get", "list", "watch"] and ok
            and objectRef.resource == "secrets" and objectRef.namespace == "kube-system"
}
)";
  EXPECT_EQ(StableLayout(text), text);
}

TEST(FormatTest, AlternativesThatDoNotFitHaveALineEach) {
  const std::string text =
      R"(let a = verb == "create" and objectRef.resource == "pods"
        or verb == "delete" and objectRef.namespace == "kube-system"
           and objectRef.name == "x" and responseStatus.code == 200
        or ok
)";
  EXPECT_EQ(StableLayout(text), text);
}

TEST(FormatTest, ConditionsAreBrokenAtTheirLoosestJoint) {
  const std::string text = R"(rule r {
  severity  critical if user.username startswith "system:serviceaccount:kube-system:" and ok
            else high if verb in ["create", "update"] and objectRef.resource == "secrets"
            else low
  when      count() >= 10 within 1m
               and distinct(objectRef.namespace, objectRef.name, user.username) >= 20 within 10m
            or sum(responseStatus.code) > 1GB within 1h
}

rule s {
  when      granted x5 then used then revoked
            without b, c where used.objectRef.name != granted.objectRef.name
              and b.client == granted.client
            within 10m
}
)";
  EXPECT_EQ(StableLayout(text), text);
}

TEST(FormatTest, HowTheSourceWasBrokenIntoLinesCountsNowhere) {
  EXPECT_EQ(StableLayout("rule r {\n where\n\n a\n and\n b ==\n [ 1,\n 2 ]\n}"),
            StableLayout("rule r { where a and b == [1, 2] }"));
}

TEST(FormatTest, AListWithACommaBehindTheLastHasALineForEach) {
  EXPECT_EQ(StableLayout("list a = [\"x\", \"y\",]\nlist b = [\"x\",\n \"y\"]"),
            "list a = [\n  \"x\",\n  \"y\",\n]\nlist b = [\"x\", \"y\"]\n");
}

TEST(FormatTest, EventsAreAligned) {
  const std::string text = R"(rule r {
  event     denied = responseStatus.code == 403
  event     b      = verb == "create"
  event     c      from nginx.access by remote_addr as ip = status == 500
  when      denied x5 then b without c where b.x != denied.x within 10m
}
)";
  EXPECT_EQ(StableLayout(text), text);
}

TEST(FormatTest, FieldsHaveALineEachAndTheirTypesAreAligned) {
  EXPECT_EQ(StableLayout("schema a.b { time ts derive x bool=ok==1 fields{ts "
                         "time user{name string? id int}? \"a-b\" list of "
                         "string in_ int in -1 .. 5 up int in 0 .. in{a int in "
                         "0..} ... } }"),
            R"(schema a.b {
  time      ts
  derive    x bool = ok == 1
  fields {
    ts     time
    user   { name string?  id int }?
    "a-b"  list of string
    in_    int in -1..5
    up     int in 0..
    in     { a int in 0.. }
    ...
  }
}
)");
}

TEST(FormatTest, TablesOfFilesStandOnOneLineWhenTheyFit) {
  EXPECT_EQ(StableLayout("table t from \"t.csv\" key a,b{a ip b string? }"),
            "table t from \"t.csv\" key a, b { a ip  b string? }\n");
  EXPECT_EQ(StableLayout("table t{for 7d key a, b as c put x}"),
            "table t {\n  for   7d\n  key   a, b as c\n  put   x\n}\n");
}

TEST(FormatTest, StatementsOfTestsShareALineWithTheirTime) {
  EXPECT_EQ(StableLayout(R"(test "t" for r { let a = { "x":1 , y:[ - 1,null ] }
at 0s
send a x9 every 5s expect nothing at 1h30m send a with b.c="x{i}", d=[]
expect alert {n:2} at 50s
restart send file "x.jsonl"})"),
            R"(test "t" for r {
  let a = {"x": 1, y: [-1, null]}
  at 0s     send a x9 every 5s
  expect    nothing
  at 1h30m  send a with b.c = "x{i}", d = []
  expect    alert {n: 2} at 50s
  restart
  send      file "x.jsonl"
}
)");
}

TEST(FormatTest, JsonKeepsItsLines) {
  EXPECT_EQ(StableLayout("test \"t\" for r {\n let a = {\n\"x\": 1, \"y\": 2,\n"
                         "       \"z\": [1,\n2]\n}\n}"),
            R"(test "t" for r {
  let a = {
    "x": 1, "y": 2,
    "z": [1,
          2]
  }
}
)");
}

TEST(FormatTest, JsonThatDoesNotFitHasALineForEachMember) {
  const std::string wide(70, 'x');
  EXPECT_EQ(StableLayout("test \"t\" for r {\n send {\"x\": \"" + wide +
                         "\", \"y\": {\"z\": 1}, \"u\": \"" + wide + "\"}\n}"),
            "test \"t\" for r {\n  send    {\n    \"x\": \"" + wide +
                "\",\n    \"y\": {\"z\": 1},\n    \"u\": \"" + wide +
                "\"\n  }\n}\n");
}

TEST(FormatTest, BlocksStandApartAndLinesAsTheirAuthorLikes) {
  EXPECT_EQ(StableLayout("\n\nuse a\n\n\n\nlist b = [1]\nlist c = [2]\nrule x "
                         "{ where a\n\n\n\n by b }\nrule y {}\nlet z = 1\n\n"),
            "use a\n\nlist b = [1]\nlist c = [2]\n\nrule x {\n  where     a\n\n"
            "  by        b\n}\n\nrule y {}\n\nlet z = 1\n");
}

TEST(FormatTest, ByteOrderMarkAndCarriageReturnsGo) {
  EXPECT_EQ(Layout("\xef\xbb\xbflet a = 1\r\nlet b = 2\r\n"),
            "let a = 1\nlet b = 2\n");
}

TEST(FormatTest, NothingStaysNothing) {
  EXPECT_EQ(StableLayout(""), "");
  EXPECT_EQ(StableLayout(" \n\n"), "");
  EXPECT_EQ(StableLayout("\n# only this"), "# only this\n");
}

TEST(FormatTest, AFileWithMistakesHasNoLayout) {
  SourceSet sources;
  DiagnosticSink sink;
  const FileId id = sources.Add(SourceFile("a.rules", "rule r { where }"));
  const cst::File file = Parse(sources, id, &sink);

  EXPECT_FALSE(CanonicalLayout(sources.file(id), file).has_value());
}

}  // namespace
}  // namespace tocsin::dsl
