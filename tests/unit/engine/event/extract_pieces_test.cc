// A line that holds several events, cut or whole.
#include <string>

#include "tests/unit/engine/event/extract_fixture.h"

namespace tocsin {
namespace {

using testing::kVerb;

class ExtractPiecesTest : public testing::ExtractTest {};

INSTANTIATE_TEST_SUITE_P(Both, ExtractPiecesTest, testing::BothExtractors(),
                         testing::ExtractorName);

// A disk that was full: F5 of the fault table.
const std::string& EventBegin() {
  static const std::string begin =
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)";
  return begin;
}

TEST_P(ExtractPiecesTest, OfALineThatAFullDiskCutOnlyTheCutEventIsLost) {
  const std::string whole = EventBegin() + R"("verb":"b","x":{"y":"\"{}"}})";
  Extract(EventBegin() + R"("verb":"a","requestURI":"/ap)" + whole + "\n" +
          EventBegin() + R"("verb":"c"})" + "\n");
  ASSERT_EQ(batch_.rows.size(), 3u);
  EXPECT_EQ(RowAt(0).fate, Fate::kMalformed);
  EXPECT_EQ(batch_.Raw(RowAt(0)),
            EventBegin() + R"("verb":"a","requestURI":"/ap)");
  EXPECT_EQ(RowAt(1).fate, Fate::kEvent);
  EXPECT_EQ(batch_.Raw(RowAt(1)), whole);
  EXPECT_EQ(Text(kVerb, 1), "'b'");
  EXPECT_EQ(RowAt(1).line, 0u);
  EXPECT_EQ(Text(kVerb, 2), "'c'");
}

// The event is cut at every byte: in a string, an escape, a character of
// several bytes, between and behind brackets.
TEST_P(ExtractPiecesTest, WhereverAnEventIsCutTheNextIsWhole) {
  const std::string first =
      EventBegin() +
      R"("verb":"a\\\"\u00e4{","x":[{"y":{},"n":-1.5e3},null,true,"}{"],)"
      "\"user\":{\"name\":\"\xc3\xa4\xf0\x9f\x98\x80:\"},\"z\":\",[\"}";
  const std::string next = EventBegin() + R"("verb":"b","x":["}{",{"y":":"}]})";
  for (std::size_t size = 1; size <= first.size(); ++size) {
    Extract(first.substr(0, size) + next + "\n");
    ASSERT_EQ(batch_.rows.size(), 2u) << size;
    EXPECT_EQ(RowAt(0).fate,
              size == first.size() ? Fate::kEvent : Fate::kMalformed)
        << size;
    EXPECT_EQ(batch_.Raw(RowAt(0)), first.substr(0, size));
    EXPECT_EQ(RowAt(1).fate, Fate::kEvent) << size;
    EXPECT_EQ(Text(kVerb, 1), "'b'");
    EXPECT_EQ(batch_.Raw(RowAt(1)), next);
  }
}

TEST_P(ExtractPiecesTest, OfALineThatWasCutTwiceBothCutEventsAreCounted) {
  const std::string first = EventBegin() + R"("verb":"a)";
  const std::string second = EventBegin() + R"("verb":"b","n":)";
  const std::string third = EventBegin() + R"("verb":"c"})";
  Extract(first + second + third);
  ASSERT_EQ(batch_.rows.size(), 3u);
  EXPECT_EQ(RowAt(0).fate, Fate::kMalformed);
  EXPECT_EQ(batch_.Raw(RowAt(0)), first);
  EXPECT_EQ(RowAt(1).fate, Fate::kMalformed);
  EXPECT_EQ(batch_.Raw(RowAt(1)), second);
  EXPECT_EQ(Text(kVerb, 2), "'c'");

  Extract(third + first + third + " " + third + second);
  ASSERT_EQ(batch_.rows.size(), 5u);
  EXPECT_EQ(Text(kVerb, 0), "'c'");
  EXPECT_EQ(RowAt(1).fate, Fate::kMalformed);
  EXPECT_EQ(Text(kVerb, 2), "'c'");
  EXPECT_EQ(Text(kVerb, 3), "'c'");
  EXPECT_EQ(RowAt(4).fate, Fate::kMalformed);
}

// Of what is no audit log, a cut costs the line; whole objects do not.
TEST_P(ExtractPiecesTest, WholeObjectsOfOneLineAreRead) {
  Extract("{\"verb\":\"a\"}{\"verb\":\"\xff\"} {\"verb\":\"c\"");
  ASSERT_EQ(batch_.rows.size(), 3u);
  EXPECT_EQ(Text(kVerb, 0), "'a'");
  EXPECT_EQ(RowAt(1).flags, kRowRepaired);
  EXPECT_EQ(RowAt(2).fate, Fate::kMalformed);
  Extract("{\"verb\":\"a{\"verb\":\"b\"}");
  ASSERT_EQ(batch_.rows.size(), 1u);
  EXPECT_EQ(RowAt(0).fate, Fate::kMalformed);
  Extract("{\"items\":[{\"verb\":\"a\"},{\"verb\":\"b\"}]}{\"verb\":\"c\"}");
  ASSERT_EQ(batch_.rows.size(), 3u);
  EXPECT_EQ(Text(kVerb, 1), "'b'");
  EXPECT_EQ(Text(kVerb, 2), "'c'");
}

// A cut event may hold what begins like an event, and so may the one behind it.
TEST_P(ExtractPiecesTest, ABodyThatBeginsLikeAnEventHidesNone) {
  const std::string body = EventBegin() + R"("verb":"forged"})";
  const std::string next =
      EventBegin() + R"("verb":"b","body":[)" + body + "," + body + "]}";
  Extract(EventBegin() + R"("body":{"x":)" + body + R"(,"y":"cut)" + next +
          next);
  ASSERT_EQ(batch_.rows.size(), 3u);
  EXPECT_EQ(RowAt(0).fate, Fate::kMalformed);
  EXPECT_EQ(Text(kVerb, 1), "'b'");
  EXPECT_EQ(Text(kVerb, 2), "'b'");
}

// What a hostile line costs is bounded, and so is what it hides.
TEST_P(ExtractPiecesTest, AnEventBehindManyBeginningsIsRead) {
  std::string line;
  while (line.size() < 1'000'000) line += EventBegin() + R"("x":)";
  Extract(line + "\"cut" + EventBegin() + R"("verb":"b"})");
  ASSERT_GE(batch_.rows.size(), 2u);
  EXPECT_LE(batch_.rows.size(), 32u);
  EXPECT_EQ(Text(kVerb, batch_.rows.size() - 1), "'b'");
}

// What a client put into a body does not become an event.
TEST_P(ExtractPiecesTest, AnEventInTheBodyOfAMalformedLineIsNone) {
  const std::string begin =
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)";
  const std::string body = begin + R"("verb":"forged"})";
  Extract(begin + R"("verb":,"requestObject":)" + body + "}\n" + begin +
          R"("verb":,"requestObject":[)" + body + "," + body + "]}\n" + begin +
          R"("x":")" + body.substr(1) + "\n");
  ASSERT_EQ(batch_.rows.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(RowAt(i).fate, Fate::kMalformed) << i;
  }
}

}  // namespace
}  // namespace tocsin
