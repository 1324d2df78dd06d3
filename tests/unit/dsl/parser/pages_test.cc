// docs/diagnostics/E01xx.md: the first example is what the page is about, the
// second is how to write it.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/golden.h"
#include "tests/testing/paths.h"
#include "tests/unit/dsl/parser/parser_testing.h"

namespace tocsin::dsl {
namespace {

// The texts between ``` lines.
std::vector<std::string> Examples(const std::string& page) {
  std::vector<std::string> examples;
  for (std::size_t at = page.find("```\n"); at != std::string::npos;
       at = page.find("```\n", at)) {
    const std::size_t begin = at + 4;
    const std::size_t end = page.find("```", begin);
    examples.push_back(page.substr(begin, end - begin));
    at = end + 3;
  }
  return examples;
}

TEST(PagesTest, ExamplesOfThePagesDoWhatThePagesSay) {
  int pages = 0;
  for (std::size_t i = 0; i < KindCount(); ++i) {
    const std::string code(Describe(static_cast<Kind>(i)).code);
    if (!code.starts_with("E01")) continue;
    const std::string page = testing::ReadFileOrDie(
        std::string(TOCSIN_SOURCE_DIR) + "/docs/diagnostics/" + code + ".md");
    EXPECT_TRUE(page.starts_with("# " + code + ": ")) << code;
    ++pages;
    const std::vector<std::string> examples = Examples(page);
    if (examples.empty()) continue;  // Of bytes, not of text.
    ASSERT_EQ(examples.size(), 2u) << code;
    const Parsed wrong(examples[0]);
    EXPECT_GE(wrong.sink().errors(), 1u) << code;
    for (const Diagnostic& diagnostic : wrong.sink().diagnostics()) {
      EXPECT_EQ(Describe(diagnostic.kind).code, code) << wrong.Report();
    }
    EXPECT_EQ(Parsed(examples[1]).Report(), "") << code;
  }
  EXPECT_GE(pages, 11);
}

}  // namespace
}  // namespace tocsin::dsl
