// Comments stay with what they belong to.
#include "tests/unit/dsl/format/formatting.h"

namespace tocsin::dsl {
namespace {

TEST(FormatCommentsTest, MoveWithTheirClause) {
  EXPECT_EQ(StableLayout(R"(# about r
rule r {   # of the brace
  # why this filter
  where a  # the filter
  # how bad
  # it is
  severity high   # bad
  # at the end
}  # behind r
# at the end of the file)"),
            R"(# about r
rule r {  # of the brace
  # how bad
  # it is
  severity  high  # bad
  # why this filter
  where     a  # the filter
  # at the end
}  # behind r
# at the end of the file
)");
}

TEST(FormatCommentsTest, OfTheBodyStayAtItsTop) {
  EXPECT_EQ(StableLayout("rule r {\n  # of the whole rule\n\n  # of where\n  "
                         "where a\n  severity low\n}"),
            "rule r {\n  # of the whole rule\n\n  severity  low\n  # of where\n"
            "  where     a\n}\n");
}

TEST(FormatCommentsTest, InsideAnExpressionBreakIt) {
  EXPECT_EQ(StableLayout("rule r {\n  where a  # one\n   # own\n   and b # "
                         "two\n   and [c, # three\n d] == e\n}"),
            R"(rule r {
  where     a  # one
            # own
            and b  # two
            and [
                  c,  # three
                  d
                ] == e
}
)");
}

TEST(FormatCommentsTest, InListsOfLinesKeepGroupsApart) {
  const std::string text = R"(list a = [
  # first
  "x",  # of x

  # second
  "y",
  # last
]
)";
  EXPECT_EQ(StableLayout(text), text);
}

TEST(FormatCommentsTest, InFieldsAndStatements) {
  const std::string text = R"(schema a {
  # of time
  time      ts  # beside
  fields {
    # of ts
    ts  time  # beside ts
    # of the rest
    ...
    # last
  }
}

test "t" for r {
  # of at
  at 0s   send {"a": 1}  # beside send

  at 5s  # beside at
  send    {
    # of b
    "b": 2
  }
}
)";
  EXPECT_EQ(StableLayout(text), text);
}

TEST(FormatCommentsTest, AreAlignedOnAdjacentLines) {
  EXPECT_EQ(StableLayout("let a = 1 # x\nlet bbb = 222 # y\n\nlet c = 3 # z"),
            "let a = 1      # x\nlet bbb = 222  # y\n\nlet c = 3  # z\n");
}

TEST(FormatCommentsTest, StandAnywhere) {
  EXPECT_EQ(
      StableLayout("let # 1\n a # 2\n = # 3\n # 4\n b # 5\n . # 6\n c"),
      "let    # 1\n    a  # 2\n    =  # 3\n    # 4\n    b  # 5\n    .  # 6\n"
      "    c\n");
}

}  // namespace
}  // namespace tocsin::dsl
