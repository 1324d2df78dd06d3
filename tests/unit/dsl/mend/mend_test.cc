// Mends over a made-up language in which a is wrong, and words say what of.
#include "dsl/mend/mend.h"

#include <map>

#include "dsl/mend/edits.h"
#include "gtest/gtest.h"

namespace tocsin::dsl {
namespace {

SourceSet Texts(std::initializer_list<std::string> texts) {
  SourceSet sources;
  for (const std::string& text : texts) {
    sources.Add(SourceFile("f" + std::to_string(sources.size()), text));
  }
  return sources;
}

// Each of these words is an unknown field, to be replaced by what it maps to.
Examine Words(const std::map<std::string, std::string>& mends) {
  return [mends](const SourceSet& sources) {
    DiagnosticSink found;
    for (FileId id = 0; id < sources.size(); ++id) {
      const std::string text(sources.file(id).text());
      for (const auto& [word, mend] : mends) {
        for (std::size_t at = text.find(word); at != std::string::npos;
             at = text.find(word, at + 1)) {
          const Span span{id, static_cast<std::uint32_t>(at),
                          static_cast<std::uint32_t>(at + word.size())};
          Diagnostic& diagnostic =
              found.Emit(Kind::kUnknownField, span, "unknown " + word);
          if (!mend.empty()) diagnostic.fix = Fix{span, mend};
        }
      }
    }
    found.Sort();
    return found;
  };
}

TEST(MendTest, AllMendsOfAllFilesAreApplied) {
  const Mended mended = Mend(Texts({"one two one", "two"}),
                             Words({{"one", "1"}, {"two", "second"}}));

  EXPECT_EQ(mended.sources.file(0).text(), "1 second 1");
  EXPECT_EQ(mended.sources.file(1).text(), "second");
  ASSERT_EQ(mended.applied.size(), 4u);
  EXPECT_EQ(mended.applied[0].before, "one");
  EXPECT_EQ(mended.applied[0].after, "1");
  EXPECT_FALSE(mended.found.has_errors());
}

TEST(MendTest, WhatAMendUncoversIsMendedToo) {
  const Mended mended =
      Mend(Texts({"one"}), Words({{"one", "two"}, {"two", "three"}}));

  EXPECT_EQ(mended.sources.file(0).text(), "three");
}

TEST(MendTest, AMendThatMakesAnotherMistakeIsLeftOut) {
  const Mended mended = Mend(
      Texts({"one bad one good one"}),
      Words({{"one", "1"}, {"bad", "worse"}, {"worse", ""}, {"good", "best"}}));

  EXPECT_EQ(mended.sources.file(0).text(), "1 bad 1 best 1");
  EXPECT_EQ(mended.applied.size(), 4u);
  EXPECT_EQ(mended.found.errors(), 1u);
}

TEST(MendTest, AMendThatChangesNothingIsLeftOut) {
  const Mended mended =
      Mend(Texts({"one two"}), Words({{"one", "(one)"}, {"two", "2"}}));

  EXPECT_EQ(mended.sources.file(0).text(), "one 2");
}

TEST(MendTest, MendsThatUndoEachOtherEnd) {
  const Mended mended =
      Mend(Texts({"one"}), Words({{"one", "two"}, {"two", "one"}}));

  EXPECT_TRUE(mended.bounded);
}

TEST(EditsTest, TouchingOnesAreRefused) {
  Edits edits;
  EXPECT_TRUE(edits.Add({{0, 4, 6}, "x"}));
  EXPECT_FALSE(edits.Add({{0, 5, 7}, "y"}));
  EXPECT_FALSE(edits.Add({{0, 6, 6}, "y"}));
  EXPECT_FALSE(edits.Add({{0, 0, 10}, "y"}));
  EXPECT_TRUE(edits.Add({{0, 0, 2}, "y"}));
  EXPECT_TRUE(edits.Add({{1, 4, 6}, "y"}));
}

TEST(EditsTest, PlacesAreToldBehindThem) {
  Edits edits;
  edits.Add({{0, 2, 4}, "long"});
  edits.Add({{0, 6, 8}, ""});

  EXPECT_EQ(edits.Apply(Texts({"0123456789"})).file(0).text(), "01long4589");
  const Span behind = edits.Map({0, 8, 10});
  EXPECT_EQ(behind.begin, 8u);
  EXPECT_EQ(behind.end, 10u);
  const Span replaced = edits.Map({0, 3, 4});
  EXPECT_EQ(replaced.begin, 2u);
  EXPECT_EQ(replaced.end, 6u);
  const Span around = edits.Map({0, 0, 5});
  EXPECT_EQ(around.begin, 0u);
  EXPECT_EQ(around.end, 7u);
}

}  // namespace
}  // namespace tocsin::dsl
