#include "dsl/format/unified_diff.h"

#include "gtest/gtest.h"

namespace tocsin::dsl {
namespace {

TEST(UnifiedDiffTest, EqualTextsHaveNone) {
  EXPECT_EQ(UnifiedDiff("a", "", ""), "");
  EXPECT_EQ(UnifiedDiff("a", "x\ny\n", "x\ny\n"), "");
}

TEST(UnifiedDiffTest, ShowsThreeLinesAround) {
  EXPECT_EQ(UnifiedDiff("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
                        "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n "
            "8\n");
}

TEST(UnifiedDiffTest, ChangesFarApartAreHunksOfTheirOwn) {
  EXPECT_EQ(UnifiedDiff("f", "a\n1\n2\n3\n4\n5\n6\n7\nz\n",
                        "1\n2\n3\n4\n5\n6\n7\nz\ny\n"),
            "--- f\n+++ f\n@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n@@ -7,3 +6,4 @@\n "
            "6\n 7\n z\n+y\n");
}

TEST(UnifiedDiffTest, SaysThatTheLastLineHasNoEnd) {
  EXPECT_EQ(UnifiedDiff("f", "a", "a\n"),
            "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n"
            "+a\n");
}

TEST(UnifiedDiffTest, FromAndToNothing) {
  EXPECT_EQ(UnifiedDiff("f", "", "a\n"), "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(UnifiedDiff("f", "a\n", ""), "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n");
}

TEST(UnifiedDiffTest, TextsThatHaveNothingInCommonAreOneChange) {
  std::string a, b;
  for (int i = 0; i < 5'000; ++i) {
    a += "a" + std::to_string(i) + "\n";
    b += "b" + std::to_string(i) + "\n";
  }
  const std::string diff = UnifiedDiff("f", a, b);

  EXPECT_EQ(diff.substr(0, 34), "--- f\n+++ f\n@@ -1,5000 +1,5000 @@\n");
}

}  // namespace
}  // namespace tocsin::dsl
