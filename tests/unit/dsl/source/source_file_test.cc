#include "dsl/source/source_file.h"

#include <string>

#include "gtest/gtest.h"

namespace tocsin::dsl {
namespace {

TEST(SourceFileTest, CountsLinesAndColumnsFromOne) {
  const SourceFile file("a.rules", "ab\ncd\n");

  EXPECT_EQ(file.PlaceOf(0).line, 1u);
  EXPECT_EQ(file.PlaceOf(0).column, 1u);
  EXPECT_EQ(file.PlaceOf(2).column, 3u);  // The line feed itself.
  EXPECT_EQ(file.PlaceOf(3).line, 2u);
  EXPECT_EQ(file.PlaceOf(3).column, 1u);
  EXPECT_EQ(file.PlaceOf(6).line, 3u);
  EXPECT_EQ(file.line_count(), 3u);
}

TEST(SourceFileTest, CountsColumnsInCodePoints) {
  const std::string text = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x";  // é€😀x
  const SourceFile file("a.rules", text);

  EXPECT_EQ(file.PlaceOf(static_cast<std::uint32_t>(text.size() - 1)).column,
            4u);
}

TEST(SourceFileTest, DropsAByteOrderMark) {
  const SourceFile file("a.rules", "\xef\xbb\xbfuse x");

  EXPECT_EQ(file.text(), "use x");
  EXPECT_EQ(file.PlaceOf(4).column, 5u);
}

TEST(SourceFileTest, ReadsCrLfAsLf) {
  const SourceFile file("a.rules", "a\r\nb\rc\r\n");

  EXPECT_EQ(file.text(), "a\nb\rc\n");  // A CR alone stays.
  EXPECT_EQ(file.Line(1), "a");
}

TEST(SourceFileTest, GivesALineWithoutItsLineFeed) {
  const SourceFile file("a.rules", "one\n\nthree");

  EXPECT_EQ(file.Line(1), "one");
  EXPECT_EQ(file.Line(2), "");
  EXPECT_EQ(file.Line(3), "three");
  EXPECT_EQ(file.Line(0), "");
  EXPECT_EQ(file.Line(4), "");
}

TEST(SourceFileTest, AnEmptyFileHasOneLine) {
  const SourceFile file("a.rules", "");

  EXPECT_EQ(file.line_count(), 1u);
  EXPECT_EQ(file.PlaceOf(100).column, 1u);
}

TEST(SourceSetTest, GivesTheTextOfASpan) {
  SourceSet set;
  set.Add(SourceFile("a.rules", "first"));
  const FileId second = set.Add(SourceFile("b.rules", "second"));

  EXPECT_EQ(set.Text({second, 1, 4}), "eco");
  EXPECT_EQ(set.Text({second, 4, 99}), "nd");
  EXPECT_EQ(set.Text({second, 5, 2}), "");
  EXPECT_EQ(set.size(), 2u);
}

}  // namespace
}  // namespace tocsin::dsl
