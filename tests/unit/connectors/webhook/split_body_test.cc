#include "connectors/webhook/split_body.h"

#include <algorithm>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random.h"
#include "tests/unit/connectors/webhook/captured.h"

namespace tocsin::webhook {
namespace {

using testing::CapturedBodies;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using testing::Lines;
using testing::Random;

constexpr char kHead[] =
    R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[)";

struct Outcome {
  std::vector<std::string> lines;
  SplitCounts counts;
};

Outcome Split(std::string_view body) {
  Outcome outcome;
  std::string text;
  BodySplitter().Split(body, &text, &outcome.counts);
  outcome.lines = Lines(text);
  EXPECT_EQ(outcome.lines.size(), outcome.counts.lines);
  return outcome;
}

std::string Item(int number, const std::string& more = "") {
  return R"({"level":"Metadata","auditID":")" + std::to_string(number) +
         R"(","stage":"ResponseComplete")" + more + "}";
}
std::string Line(int number, const std::string& more = "") {
  return R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)" +
         Item(number, more).substr(1);
}
std::string List(const std::vector<std::string>& items) {
  std::string body = kHead;
  for (const std::string& item : items) {
    if (body.back() != '[') body += ',';
    body += item;
  }
  return body + "]}\n";
}

TEST(SplitBodyTest, AListIsALineAnItem) {
  EXPECT_THAT(Split(List({Item(1), Item(2)})).lines,
              ElementsAre(Line(1), Line(2)));
  EXPECT_THAT(Split(List({})).lines, ElementsAre());
  EXPECT_THAT(
      Split(List({"{}"})).lines,
      ElementsAre(R"({"kind":"Event","apiVersion":"audit.k8s.io/v1"})"));
}

TEST(SplitBodyTest, AnEventIsALine) {
  EXPECT_THAT(Split(Line(1) + "\n").lines, ElementsAre(Line(1)));
  EXPECT_THAT(Split("{\n \"kind\": \"Event\",\n \"items\": [1]\n}").lines,
              ElementsAre(R"({  "kind": "Event",  "items": [1] })"));
}

TEST(SplitBodyTest, AnItemMayHaveItsOwnHead) {
  EXPECT_THAT(Split(List({Line(1), Item(2)})).lines,
              ElementsAre(Line(1), Line(2)));
}

TEST(SplitBodyTest, MembersMayStandInAnyOrder) {
  const std::string body =
      "\xEF\xBB\xBF {\"items\" : [ " + Item(1) + " , " + Item(2) +
      " ] , \"metadata\":{\"a\":[]}, " +
      R"("apiVersion":"audit.k8s.io/v1","kind":"EventList"} )";
  const Outcome outcome = Split(body);
  EXPECT_THAT(outcome.lines, ElementsAre(Line(1), Line(2)));
  EXPECT_EQ(outcome.counts.broken, 0u);
}

TEST(SplitBodyTest, AnOlderVersionStaysWhatItIs) {
  std::string body = List({Item(1)});
  body.replace(body.find("k8s.io/v1"), 9, "k8s.io/v1beta1");
  EXPECT_THAT(
      Split(body).lines,
      ElementsAre(R"({"kind":"Event","apiVersion":"audit.k8s.io/v1beta1",)" +
                  Item(1).substr(1)));
}

TEST(SplitBodyTest, WhatIsNoListGoesOnAsItIs) {
  for (const std::string body :
       {"hello world", "[1,2,3]", R"({"a":1})", "17", R"("text")",
        R"({"kind":"Pod","spec":{"containers":[{"name":"x"}]}})", "{\"a\":"}) {
    EXPECT_THAT(Split(body).lines, ElementsAre(body)) << body;
  }
  EXPECT_THAT(Split("").lines, ElementsAre());
  EXPECT_THAT(Split(" \r\n\t").lines, ElementsAre());
  EXPECT_EQ(Split("{\"a\":").counts.broken, 1u);
}

TEST(SplitBodyTest, SeveralMayStandBehindEachOther) {
  EXPECT_THAT(
      Split(Line(1) + "\n" + Line(2) + "\n" + List({Item(3)}) + Line(4)).lines,
      ElementsAre(Line(1), Line(2), Line(3), Line(4)));
}

TEST(SplitBodyTest, ABrokenItemTakesNoOtherWithIt) {
  for (const std::string bad :
       {R"({"level":"x","auditID":"b)", R"({"level":"x","auditID":"b")",
        R"({"level":"x","auditID":}})", R"({"level":"x"]})", R"(nonsense)",
        R"({"level":"x","requestObject":{"items":[{"level":"y"},{"level")",
        R"({"level":"\")", R"({"level":"x"}})", R"("level":"x"})", R"(])",
        R"(]})", R"({"level":"x",})", "\"", "}", "{", "[[["}) {
    const Outcome outcome = Split(List({Item(1), bad, Item(2), Item(3)}));
    for (const int number : {1, 2, 3}) {
      EXPECT_EQ(
          std::count(outcome.lines.begin(), outcome.lines.end(), Line(number)),
          1)
          << number << " beside " << bad;
    }
  }
}

TEST(SplitBodyTest, ABrokenLastItemKeepsTheOthersAndIsALine) {
  const Outcome outcome =
      Split(List({Item(1), R"({"level":"x","auditID":"b)"}));
  EXPECT_THAT(outcome.lines,
              ElementsAre(Line(1), R"({"kind":"Event","apiVersion":)"
                                   R"("audit.k8s.io/v1","level":"x",)"
                                   R"("auditID":"b)"));
  EXPECT_EQ(outcome.counts.broken, 1u);
}

TEST(SplitBodyTest, ACutBodyKeepsItsWholeItems) {
  const std::string body = List({Item(1), Item(2), Item(3)});
  for (std::size_t cut = body.size() - 3; cut > body.size() - 30; --cut) {
    const Outcome outcome = Split(body.substr(0, cut));
    ASSERT_GE(outcome.lines.size(), 2u) << cut;
    EXPECT_EQ(outcome.lines[0], Line(1));
    EXPECT_EQ(outcome.lines[1], Line(2));
  }
}

TEST(SplitBodyTest, LineFeedsBecomeBlanksAndOtherBytesStay) {
  EXPECT_THAT(Split(List({Item(1, ",\n\"a\":\"\xff\xfe\n\x01\\n\"")})).lines,
              ElementsAre(Line(1, ", \"a\":\"\xff\xfe \x01\\n\"")));
}

TEST(SplitBodyTest, AnyDepthIsFollowed) {
  const std::string deep =
      std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_THAT(Split(List({Item(1, ",\"a\":" + deep), Item(2)})).lines,
              ElementsAre(Line(1, ",\"a\":" + deep), Line(2)));
}

// Bodies that would be looked through again and again.
TEST(SplitBodyTest, TakesTimeInProportion) {
  std::string body = kHead;
  for (int i = 0; i < 200'000; ++i) body += R"({"level":[)";
  Split(body);
  body = kHead;
  for (int i = 0; i < 200'000; ++i) body += R"({"level":"x"},x)";
  Split(body);
  body = kHead;
  for (int i = 0; i < 200'000; ++i) body += R"({"level)";
  Split(body);
}

TEST(SplitBodyTest, ItemsAreTheLinesOfTheLog) {
  const std::string log = testing::CapturesDir() + "a-exhaustive/audit.log.gz";
  TOCSIN_NEEDS_FILE(log);
  std::vector<std::string> expected = Lines(testing::ReadGzip(log));
  std::vector<std::string> found;
  for (const std::string& body : CapturedBodies("a-exhaustive")) {
    const Outcome outcome = Split(body);
    EXPECT_EQ(outcome.counts.broken, 0u);
    found.insert(found.end(), outcome.lines.begin(), outcome.lines.end());
  }
  EXPECT_EQ(found.size(), 5'764u);
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  EXPECT_TRUE(found == expected);
}

TEST(SplitBodyTest, EveryCaptureIsTakenApart) {
  TOCSIN_NEEDS_FILE(testing::CapturesDir());
  for (const auto& [run, events] :
       {std::pair{"d-legacy", 5'687u}, std::pair{"e-truncate", 1'482u}}) {
    std::size_t count = 0;
    for (const std::string& body : CapturedBodies(run)) {
      const Outcome outcome = Split(body);
      EXPECT_EQ(outcome.counts.broken, 0u);
      count += outcome.lines.size();
    }
    EXPECT_EQ(count, events) << run;
  }
}

// ---- mutations: the items that were not hit come through ----

struct Piece {
  std::string text;
  int item = -1;  // -1: of the list.
};

char Any(Random* random) {
  static constexpr std::string_view kLikely = "{}[]\",:\\ \na0\xff";
  return random->Chance(80) ? kLikely[random->Below(kLikely.size())]
                            : static_cast<char>(random->Below(256));
}

void Mutate(Piece* piece, Random* random) {
  const std::size_t at = random->Below(piece->text.size());
  switch (random->Below(3)) {
    case 0:
      piece->text[at] = Any(random);
      break;
    case 1:
      piece->text.insert(piece->text.begin() + static_cast<std::ptrdiff_t>(at),
                         Any(random));
      break;
    default:
      piece->text.erase(at, 1 + random->Below(6));
  }
}

void CheckMutations(const std::vector<std::string>& items, Random* random) {
  std::vector<Piece> pieces = {{kHead, -1}};
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) pieces.push_back({",", -1});
    pieces.push_back({items[i], static_cast<int>(i)});
  }
  pieces.push_back({"]}\n", -1});
  // All in one piece: two that are hit may conspire to be one whole item.
  Piece& hit = pieces[random->Below(pieces.size())];
  for (std::uint64_t n = 1 + random->Below(3); n-- > 0 && !hit.text.empty();) {
    Mutate(&hit, random);
  }
  std::string body;
  for (const Piece& piece : pieces) body += piece.text;
  // Four bytes less, and it says that it is one event; and what is whole JSON
  // means what it says, however it came to be.
  JsonScan scan;
  if (body.starts_with(R"({"kind":"Event")") ||
      scan.ValueEnd(body, 0) != kNoEnd) {
    return;
  }
  const Outcome outcome = Split(body);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (hit.item == static_cast<int>(i)) continue;
    const bool found =
        std::any_of(outcome.lines.begin(), outcome.lines.end(),
                    [&](const std::string& line) {
                      return line.ends_with("," + items[i].substr(1));
                    });
    ASSERT_TRUE(found) << "item " << i << " of\n" << body;
  }
}

TEST(SplitBodyTest, MutationsCostOnlyTheItemsTheyHit) {
  Random random(testing::SeedOr(11));
  const int rounds = testing::RoundsOr(20'000);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> items;
    for (std::uint64_t i = 1 + random.Below(8); i > 0; --i) {
      items.push_back(
          Item(static_cast<int>(100 * i + random.Below(100)),
               R"(,"a":{"b":["x\"{","}]",{}],"c":null,"d":[1.5e3,{"level":)"
               R"("}"}]},"e":true)"));
    }
    ASSERT_NO_FATAL_FAILURE(CheckMutations(items, &random));
  }
}

TEST(SplitBodyTest, MutationsOfCapturesCostOnlyTheItemsTheyHit) {
  TOCSIN_NEEDS_FILE(testing::CapturesDir());
  Random random(testing::SeedOr(12));
  const std::vector<std::string> bodies = CapturedBodies("e-truncate");
  std::vector<std::string> all;
  const std::size_t head = Line(1).size() - Item(1).size() + 1;
  for (const std::string& line : Split(bodies[0]).lines) {
    all.push_back("{" + line.substr(head));
  }
  for (int round = 0; round < testing::RoundsOr(2'000); ++round) {
    std::vector<std::string> items;
    for (std::uint64_t i = 1 + random.Below(12); i > 0; --i) {
      items.push_back(random.Pick(all));
    }
    ASSERT_NO_FATAL_FAILURE(CheckMutations(items, &random));
  }
}

}  // namespace
}  // namespace tocsin::webhook
