#include "engine/event/identity.h"

#include <array>
#include <map>
#include <vector>

#include "engine/event/extract.h"
#include "engine/event/json_scan.h"
#include "gtest/gtest.h"
#include "tests/testing/corpus.h"
#include "tests/testing/extract_compare.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 2> kEnvelopeKeys = {"kind",
                                                           "apiVersion"};

Hash128 Hash(std::string_view object) {
  return ContentHash(object, kEnvelopeKeys);
}

TEST(ContentHashTest, LeavesOutTheKeysAndTheBlanksBetweenMembers) {
  const Hash128 hash = Hash(R"({"a":1,"b":{"kind":"x"}})");
  EXPECT_EQ(
      Hash(R"({"kind":"Event","a":1,"apiVersion":"v1","b":{"kind":"x"}})"),
      hash);
  EXPECT_EQ(Hash("{ \"a\":1 ,\t\"b\":{\"kind\":\"x\"} }"), hash);
  EXPECT_EQ(Hash(R"({"k\u0069nd":"Event","a":1,"b":{"kind":"x"}})"), hash);
}

// Deduplication over a restart and alert ids rest on it.
TEST(ContentHashTest, IsTheHashOfTheMembersWithACommaBehindEach) {
  EXPECT_EQ(Hash(R"({"kind":"x","a":1 , "b":2})"), HashWide(R"("a":1,"b":2,)"));
  EXPECT_EQ(Hash("{}"), HashWide(""));
}

// What an extractor found on its way gives the same hash as the members do.
TEST(ContentHashTest, TheFastWayIsTheSameHash) {
  const std::vector<std::string> left_out(kEnvelopeKeys.begin(),
                                          kEnvelopeKeys.end());
  const std::map<std::string, std::uint32_t> objects = {
      {R"({"kind":"x","apiVersion":"y","a":1,"b":{"kind":[1, 2]}})", 29},
      {R"({"apiVersion":"y","a" : 1,"b":""})", 18},
      {R"({"k\u0069nd":"x","a":1})", 17},
      {R"({"a":1,"b":[2]})", 1},
      {R"({"a":1})", 1},
      {R"({"a":1,"kind":"x"})", 0},
      {R"({"kind":"x","a":1,"kind":"x"})", 0},
      {R"({"kind":"x"})", 0},
      {R"({"a":1, "b":2})", 0},
      {R"({"a":1 ,"b":2})", 0},
      {R"({ "a":1,"b":2})", 0},
      {R"({"a":1,"b":2 })", 0},
      {"{}", 0}};
  for (const auto& [object, content] : objects) {
    EXPECT_EQ(ContentBegin(object, left_out), content) << object;
    if (content != 0) {
      EXPECT_EQ(ContentHash(object, content), Hash(object)) << object;
    }
  }
}

TEST(ContentHashTest, TellsApartWhatDiffers) {
  const char* const kObjects[] = {"{}",
                                  R"({"a":1})",
                                  R"({"a":2})",
                                  R"({"b":1})",
                                  R"({"a":"1"})",
                                  R"({"a":1,"b":2})",
                                  R"({"b":2,"a":1})",
                                  R"({"a":[1]})",
                                  R"({"a":{"kind":1}})"};
  for (const char* a : kObjects) {
    for (const char* b : kObjects) {
      EXPECT_EQ(Hash(a) == Hash(b), a == b) << a << " " << b;
    }
  }
}

TEST(JsonMembersTest, StopsWhereTheTextBreaks) {
  JsonMembers members(R"({"a":"}\"","b":[1,{"c":"]"}],"d":tr)");
  JsonMembers::Member member;
  ASSERT_TRUE(members.Next(&member));
  EXPECT_EQ(member.key, "a");
  EXPECT_EQ(member.value, R"("}\"")");
  ASSERT_TRUE(members.Next(&member));
  EXPECT_EQ(member.text, R"("b":[1,{"c":"]"}])");
  EXPECT_FALSE(members.Next(&member)) << "the text may go on";
}

// ---- one event, two deliveries, as captured from one apiserver ----

struct Delivered {
  std::string fields;
  Hash128 hash;
};

std::map<std::string, Delivered> Deliveries(const std::string& path) {
  const Projection projection = testing::AuditProjection();
  const Projection keys({{{"auditID"}, kWantScalar},
                         {{"stage"}, kWantScalar},
                         {{"stageTimestamp"}, kWantScalar}},
                        {"items"});
  const auto extractor = MakeSimdjsonExtractor();
  const std::string content = testing::ReadCorpusFile(path);
  testing::Extraction all =
      testing::RunExtractor(extractor.get(), projection, content);
  testing::Extraction named =
      testing::RunExtractor(extractor.get(), keys, content);
  std::map<std::string, Delivered> deliveries;
  for (std::size_t row = 0; row < all.batch.rows.size(); ++row) {
    EXPECT_EQ(all.batch.rows[row].fate, Fate::kEvent);
    std::string name;
    for (FieldId field = 0; field < 3; ++field) {
      Cell cell = named.batch.At(field, row);
      name += std::string(named.batch.Text(&cell)) + " ";
    }
    Delivered delivered;
    delivered.hash = Hash(all.batch.Raw(all.batch.rows[row]));
    all.batch.rows[row].line = 0;
    all.batch.rows[row].flags &= static_cast<std::uint8_t>(~kRowUnwrapped);
    delivered.fields = testing::DescribeRow(projection, &all, row, false);
    deliveries[name] = delivered;
  }
  return deliveries;
}

TEST(IdentityTest, IsTheSameFromALogLineAndFromAnEventList) {
  const std::string captures =
      testing::SharedDir() + "/peers/apiserver/captures";
  TOCSIN_NEEDS_FILE(captures + "/a-exhaustive/audit.log.gz");
  const auto lines = Deliveries(captures + "/a-exhaustive/audit.log.gz");
  const auto items =
      Deliveries(captures + "/a-exhaustive-webhook/bodies.ndjson.gz");
  std::size_t both = 0;
  for (const auto& [name, item] : items) {
    const auto line = lines.find(name);
    if (line == lines.end()) continue;
    ++both;
    EXPECT_EQ(item.fields, line->second.fields) << name;
    EXPECT_EQ(item.hash, line->second.hash) << name;
  }
  EXPECT_GT(both, 5'000u);
}

}  // namespace
}  // namespace tocsin
