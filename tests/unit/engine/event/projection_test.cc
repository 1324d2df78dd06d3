#include <set>

#include "engine/base/limits.h"
#include "engine/event/extract.h"
#include "engine/event/type.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

TEST(ProjectionTest, KeepsTheFieldsOfASubtreeTogether) {
  const Projection projection({{{"user", "name"}, kWantScalar},
                               {{"verb"}, kWantScalar},
                               {{"user"}, kWantSlice},
                               {{"user", "extra", "x"}, kWantScalar}},
                              {});
  const Projection::Node& root = projection.nodes()[0];
  EXPECT_EQ(root.fields_below, 4u);
  const std::uint32_t user = root.keys.Find("user");
  ASSERT_NE(user, KeyIndex::kNone);
  const Projection::Node& node = projection.nodes()[user];
  EXPECT_EQ(node.field, 2);
  EXPECT_EQ(node.want, kWantSlice);
  std::set<FieldId> below;
  for (std::uint32_t i = 0; i < node.fields_below; ++i) {
    below.insert(projection.order()[node.first_field + i]);
  }
  EXPECT_EQ(below, (std::set<FieldId>{0, 2, 3}));
}

TEST(ProjectionTest, KnowsWhichTopKeysAreFieldsAndWhichEnvelopes) {
  const Projection projection({{{"verb"}, 1}, {{"items", "x"}, 1}},
                              {"Records", "items"});
  const auto find = [&](std::string_view key) {
    return projection.top_key(projection.top_keys().Find(key));
  };
  EXPECT_EQ(find("verb").unwrap, Projection::kNoUnwrap);
  EXPECT_NE(find("verb").node, 0u);
  EXPECT_EQ(find("Records").unwrap, 0u);
  EXPECT_EQ(find("Records").node, 0u);
  EXPECT_EQ(find("items").unwrap, 1u);
  EXPECT_NE(find("items").node, 0u);
  EXPECT_EQ(projection.top_keys().Find("other"), KeyIndex::kNone);
}

TEST(KeyIndexTest, FindsEveryKeyAndNoOther) {
  // All lengths around the word sizes, and keys that differ in one byte only.
  std::vector<std::pair<std::string, std::uint32_t>> keys;
  for (std::uint32_t size = 0; size <= 40; ++size) {
    keys.emplace_back(std::string(size, 'k'), 2 * size);
    if (size == 0) continue;
    std::string other(size, 'k');
    other[size / 2] = 'x';
    keys.emplace_back(other, 2 * size + 1);
  }
  const KeyIndex index(keys);
  for (const auto& [key, value] : keys) EXPECT_EQ(index.Find(key), value);
  for (std::size_t size = 1; size <= 42; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string key(size, 'k');
      key[at] = 'z';
      EXPECT_EQ(index.Find(key), KeyIndex::kNone) << key;
    }
  }
  EXPECT_EQ(index.Find(std::string(41, 'k')), KeyIndex::kNone);
  EXPECT_EQ(KeyIndex().Find(""), KeyIndex::kNone);
}

TEST(SymbolTablesTest, GivesTwoSpellingsOfAValueOneSymbol) {
  const Projection projection({{{"verb"}, kWantScalar | kWantSymbol}}, {});
  SymbolTables symbols(projection);
  const Symbol get = symbols.Intern(0, "get", false);
  EXPECT_GT(get, kUninternedSymbol);
  EXPECT_EQ(symbols.Intern(0, "g\\u0065t", true), get);
  EXPECT_EQ(symbols.Intern(0, "g\\u0065t", true), get) << "from the alias";
  EXPECT_NE(symbols.Intern(0, "g\\u0065t", false), get)
      << "a literal backslash";
  EXPECT_EQ(symbols.Text(0, get), "get");
  EXPECT_EQ(symbols.Text(0, kAbsentSymbol), "");
  EXPECT_EQ(symbols.Text(0, 12345), "");
  EXPECT_EQ(symbols.Text(0, symbols.Intern(0, "", false)), "");
  EXPECT_NE(symbols.Intern(0, "", false), kAbsentSymbol);
}

TEST(SymbolTablesTest, StopsAtItsLimitAndKeepsWhatItHas) {
  const Projection projection({{{"verb"}, kWantSymbol}, {{"n"}, kWantScalar}},
                              {});
  SymbolTables symbols(projection);
  std::set<Symbol> seen;
  for (std::size_t i = 0; i < limits::kSymbolsPerField; ++i) {
    seen.insert(symbols.Intern(0, "v" + std::to_string(i), false));
  }
  EXPECT_EQ(seen.size(), limits::kSymbolsPerField);
  EXPECT_EQ(seen.count(kUninternedSymbol), 0u);
  EXPECT_EQ(symbols.Intern(0, "one more", false), kUninternedSymbol);
  const Symbol first = symbols.Intern(0, "v0", false);
  EXPECT_GT(first, kUninternedSymbol);
  EXPECT_EQ(symbols.Intern(0, "\\u00760", true), first);
  EXPECT_EQ(symbols.Intern(0, "\\u0076 new", true), kUninternedSymbol);
  EXPECT_EQ(symbols.Intern(1, "x", false), kUninternedSymbol)
      << "a field without symbols";
}

TEST(SymbolTablesTest, NeverInternsALongText) {
  const Projection projection({{{"verb"}, kWantSymbol}}, {});
  SymbolTables symbols(projection);
  EXPECT_GT(symbols.Intern(0, std::string(256, 'a'), false), kUninternedSymbol);
  EXPECT_EQ(symbols.Intern(0, std::string(257, 'a'), false), kUninternedSymbol);
}

TEST(FormatPathTest, WritesAPathAsAnAuthorDoes) {
  using Kind = PathSegment::Kind;
  const FieldPath path = {{Kind::kKey, "objectRef", 0},
                          {Kind::kKey, "name", 0}};
  EXPECT_EQ(FormatPath(path), "objectRef.name");
  EXPECT_EQ(FormatPath({{Kind::kKey, "sourceIPs", 0}, {Kind::kIndex, "", -1}}),
            "sourceIPs[-1]");
  EXPECT_EQ(
      FormatPath(
          {{Kind::kKey, "a", 0}, {Kind::kEach, "", 0}, {Kind::kKey, "b", 0}}),
      "a[*].b");
  EXPECT_EQ(
      FormatPath({{Kind::kKey, "annotations", 0}, {Kind::kKey, "a/b\"c", 0}}),
      R"(annotations["a/b\"c"])");
}

}  // namespace
}  // namespace tocsin
