#include "engine/program/prepared.h"

#include <string>

#include "gtest/gtest.h"

namespace tocsin {
namespace {

TEST(PreparedTest, LikeTakesTheWholeTextByCharacters) {
  EXPECT_TRUE(LikeMatches("a*c", "abbbc"));
  EXPECT_TRUE(LikeMatches("a*c", "ac"));
  EXPECT_FALSE(LikeMatches("a*c", "acd"));
  EXPECT_TRUE(LikeMatches("*b*", "abc"));
  EXPECT_TRUE(LikeMatches("?", "\xE2\x82\xAC"));
  EXPECT_FALSE(LikeMatches("??", "\xE2\x82\xAC"));
  EXPECT_TRUE(LikeMatches("*?", "\xE2\x82\xAC"));
  EXPECT_TRUE(LikeMatches("", ""));
  EXPECT_TRUE(LikeMatches("**", ""));
  EXPECT_FALSE(LikeMatches("?", ""));
}

TEST(PreparedTest, LikeIsNotExponentialInItsStars) {
  const std::string text(5'000, 'a');
  EXPECT_FALSE(LikeMatches("*a*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(PreparedTest, RegexesAreBoundedAndSayWhatIsWrong) {
  std::string error;
  int groups = -1;
  EXPECT_TRUE(ValidRegex("a(b)(c)", &error, &groups));
  EXPECT_EQ(groups, 2);
  EXPECT_FALSE(ValidRegex("a(b", &error, &groups));
  EXPECT_NE(error, "");
  EXPECT_FALSE(ValidRegex("((a{100}){100}){100}", &error, &groups));
}

TEST(PreparedTest, FoldingIsOfAsciiAlone) {
  std::string folded;
  FoldAscii("AZaz\xC3\x89", &folded);
  EXPECT_EQ(folded, "azaz\xC3\x89");
}

TEST(PreparedTest, AnEmptyListHoldsNothing) {
  const PreparedSet set({}, false);
  EXPECT_FALSE(set.HasText(""));
  EXPECT_FALSE(set.HasInt(0));
  std::string room;
  for (const bool all : {false, true}) {
    const PreparedPattern pattern(PreparedPattern::Kind::kContains, {}, false,
                                  all);
    EXPECT_FALSE(pattern.Matches("a", &room));
  }
}

TEST(PreparedTest, ManyTextsFindWhatEachAloneFinds) {
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i) texts.push_back("w" + std::to_string(i * 37));
  texts.push_back("a.b|c(");
  using Kind = PreparedPattern::Kind;
  std::string room;
  for (const Kind kind :
       {Kind::kContains, Kind::kStartsWith, Kind::kEndsWith, Kind::kLike}) {
    const PreparedPattern together(kind, texts, true, false);
    for (const std::string text : {"w37", "xw37", "w37x", "W1073", "w38",
                                   "a.b|c(", "zA.B|C(", "aXb|c(", "", "w"}) {
      bool alone = false;
      for (const std::string& one : texts) {
        alone |= PreparedPattern(kind, {one}, true, false).Matches(text, &room);
      }
      EXPECT_EQ(together.Matches(text, &room), alone) << text;
    }
  }
}

}  // namespace
}  // namespace tocsin
