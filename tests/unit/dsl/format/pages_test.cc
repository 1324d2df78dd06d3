// Rules in the documentation are laid out as `tocsin fmt` would.
#include <filesystem>

#include "tests/testing/golden.h"
#include "tests/testing/paths.h"
#include "tests/unit/dsl/format/formatting.h"

namespace tocsin::dsl {
namespace {

TEST(PagesTest, ExamplesOfRulesHaveTheCanonicalLayout) {
  constexpr std::string_view kOpen = "\n```rules\n";
  const std::filesystem::path root = TOCSIN_SOURCE_DIR;
  std::vector<std::filesystem::path> pages = {root / "README.md"};
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  }
  int examples = 0;
  for (const std::filesystem::path& page : pages) {
    const std::string text = testing::ReadFileOrDie(page);
    for (std::size_t at = text.find(kOpen); at != std::string::npos;
         at = text.find(kOpen, at)) {
      const std::size_t begin = at + kOpen.size();
      at = text.find("\n```", begin);
      ASSERT_NE(at, std::string::npos) << page;
      const std::string example = text.substr(begin, at + 1 - begin);
      EXPECT_EQ(Layout(example), example) << page;
      ++examples;
    }
  }
  EXPECT_GE(examples, 18);
}

}  // namespace
}  // namespace tocsin::dsl
