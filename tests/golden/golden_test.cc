// Every tests/golden/<stage>/x.rules gives what x.txt says: `parse` the tree,
// `diagnostics` what the author is told. One test per file; UPDATE_GOLDEN=1
// rewrites the outputs.
#include <filesystem>
#include <string>
#include <vector>

#include "dsl/diag/render.h"
#include "dsl/parser/parse.h"
#include "gtest/gtest.h"
#include "tests/testing/golden.h"
#include "tests/testing/print_cst.h"

namespace tocsin::dsl {
namespace {

namespace fs = std::filesystem;

fs::path Folder(const std::string& stage) {
  return fs::path(TOCSIN_SOURCE_DIR) / "tests/golden" / stage;
}

std::string TestName(const ::testing::TestParamInfo<fs::path>& info) {
  return info.param.stem().string();
}

// A text whose first line is `# golden: grow to N bytes` is filled up with line
// feeds, so that a file past a limit need not be kept.
SourceFile Load(const fs::path& path) {
  std::string text = testing::ReadFileOrDie(path);
  static const std::string kGrow = "# golden: grow to ";
  if (text.compare(0, kGrow.size(), kGrow) == 0) {
    text.resize(std::stoul(text.substr(kGrow.size())), '\n');
  }
  return SourceFile(path.filename().string(), std::move(text));
}

fs::path Expected(fs::path input) { return input.replace_extension(".txt"); }

class DiagnosticsTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(DiagnosticsTest, AreWhatTheGoldenFileSays) {
  SourceSet sources;
  DiagnosticSink sink;
  const FileId id = sources.Add(Load(GetParam()));

  const cst::File file = Parse(sources, id, &sink);
  EXPECT_TRUE(file.complete || sink.has_errors());
  sink.Sort();

  testing::ExpectGolden(
      Expected(GetParam()),
      Render(sink.diagnostics(), sources, Format::kText, false));
}

INSTANTIATE_TEST_SUITE_P(
    Golden, DiagnosticsTest,
    ::testing::ValuesIn(testing::FilesIn(Folder("diagnostics"), ".rules")),
    TestName);

class ParseTreeTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(ParseTreeTest, IsWhatTheGoldenFileSays) {
  SourceSet sources;
  DiagnosticSink sink;
  const FileId id = sources.Add(Load(GetParam()));

  const cst::File file = Parse(sources, id, &sink);

  EXPECT_EQ(Render(sink.diagnostics(), sources, Format::kText, false), "");
  testing::ExpectGolden(Expected(GetParam()), testing::PrintFile(file));
}

INSTANTIATE_TEST_SUITE_P(
    Golden, ParseTreeTest,
    ::testing::ValuesIn(testing::FilesIn(Folder("parse"), ".rules")),
    TestName);

}  // namespace
}  // namespace tocsin::dsl
