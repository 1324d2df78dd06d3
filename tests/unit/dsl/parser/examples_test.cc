// The example rules of the language's design, every one of them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/golden.h"
#include "tests/testing/paths.h"
#include "tests/testing/shared_data.h"
#include "tests/unit/dsl/parser/parser_testing.h"

namespace tocsin::dsl {
namespace {

namespace fs = std::filesystem;
using testing::FilesIn;
using testing::ReadFileOrDie;

fs::path Examples() {
  return fs::path(testing::SharedDir()) / "grammar/examples";
}

std::vector<fs::path> OwnExamples() {
  return FilesIn(fs::path(TOCSIN_SOURCE_DIR) / "tests/golden/parse", ".rules");
}

TEST(ExamplesTest, ParseWithoutADiagnostic) {
  TOCSIN_NEEDS_FILE(Examples());
  std::size_t rules = 0;
  for (const fs::path& path : FilesIn(Examples(), ".rules")) {
    const Parsed parsed(ReadFileOrDie(path));
    EXPECT_EQ(parsed.Report(), "") << path;
    EXPECT_TRUE(parsed.file().complete) << path;
    for (const cst::Item& item : parsed.file().items) {
      rules += std::holds_alternative<cst::RuleItem>(item.value) ? 1 : 0;
    }
  }
  EXPECT_GE(rules, 80u);
}

// The edge files say on their first line whether they parse.
TEST(ExamplesTest, EdgesAreReadOrRefusedAsTheySay) {
  TOCSIN_NEEDS_FILE(Examples());
  // c.rules lacks a `within`, which the checker reports.
  const std::vector<std::string> refused = {"a", "d"};
  for (const fs::path& path : FilesIn(Examples() / "edge", ".rules")) {
    const Parsed parsed(ReadFileOrDie(path));
    const bool expected = std::find(refused.begin(), refused.end(),
                                    path.stem().string()) != refused.end();
    EXPECT_EQ(parsed.sink().errors(), expected ? 1u : 0u) << path << "\n"
                                                          << parsed.Report();
  }
}

// The text with every blank outside strings turned into a comment and a line
// feed, and its own comments left out.
std::string Spread(const Parsed& parsed) {
  const std::string_view text = parsed.text();
  std::string out;
  bool in_string = false;
  bool in_block = false;
  int depth = 0;  // Of holes inside a template.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (text.substr(i, 3) == "\"\"\"" && !in_string) {
      in_block = !in_block;
      out += "\"\"\"";
      i += 2;
      continue;
    }
    if (in_block) {
      out += c;
      continue;
    }
    const bool hashed = text.substr(i, 3) == "r#\"";
    if (!in_string && (hashed || text.substr(i, 2) == "r\"")) {
      const std::string_view close = hashed ? "\"#" : "\"";
      const std::size_t end =
          text.find(close, i + close.size() + 1) + close.size();
      out += text.substr(i, end - i);
      i = end - 1;
      continue;
    }
    if (c == '#' && !in_string) {
      i = std::min(text.find('\n', i), text.size()) - 1;
      continue;
    }
    if (c == '\\' && in_string) {
      out += text.substr(i++, 2);
      continue;
    }
    if (c == '"' && !(in_string && depth > 0)) in_string = !in_string;
    if (in_string && c == '{') ++depth;
    if (in_string && c == '}' && depth > 0) --depth;
    const bool blank = c == ' ' && !in_string;
    // `at` behind `expect` belongs to its line.
    const bool keep = blank && text.substr(i + 1, 3) == "at ";
    out += blank && !keep ? "\t# why \"not\" {\n " : std::string(1, c);
  }
  return out;
}

std::string WithoutComments(std::string tree) {
  const std::size_t at = tree.find("comments: ");
  return tree.substr(0, at);
}

TEST(ExamplesTest, LayoutAndCommentsChangeNoTree) {
  std::vector<fs::path> files = OwnExamples();
  if (fs::exists(Examples())) {
    for (const fs::path& path : FilesIn(Examples(), ".rules")) {
      files.push_back(path);
    }
  }
  for (const fs::path& path : files) {
    const Parsed parsed(ReadFileOrDie(path));
    const Parsed spread(Spread(parsed));
    EXPECT_EQ(spread.Report().substr(0, 600), "") << path;
    EXPECT_EQ(WithoutComments(parsed.Tree()), WithoutComments(spread.Tree()))
        << path;
    EXPECT_GT(spread.file().comments.size(), 20u) << path;
  }
}

void ForEachExpr(const cst::Expr& expr,
                 const std::function<void(const cst::Expr&)>& visit) {
  visit(expr);
  for (const cst::Expr& child : expr.children) ForEachExpr(child, visit);
}

// What an expression's place holds, read alone, is that expression.
TEST(ExamplesTest, APlaceHoldsItsExpression) {
  std::size_t seen = 0;
  for (const fs::path& path : OwnExamples()) {
    const Parsed parsed(ReadFileOrDie(path));
    for (const cst::Item& item : parsed.file().items) {
      const auto* let = std::get_if<cst::LetItem>(&item.value);
      if (let == nullptr) continue;
      ForEachExpr(let->body, [&](const cst::Expr& expr) {
        if (expr.kind == cst::ExprKind::kRange ||
            expr.kind == cst::ExprKind::kElements) {
          return;  // These stand only inside a test.
        }
        const std::string alone(
            parsed.text().substr(expr.begin, expr.end - expr.begin));
        const Parsed again("let x = " + alone);
        ASSERT_EQ(again.Report(), "") << alone;
        const auto& body = std::get<cst::LetItem>(again.file().items[0].value);
        EXPECT_EQ(testing::PrintExpr(body.body), testing::PrintExpr(expr));
        ++seen;
      });
    }
  }
  EXPECT_GT(seen, 250u);
}

}  // namespace
}  // namespace tocsin::dsl
