// Every tests/golden/<stage>/x.rules gives what x.txt says: `parse` the tree,
// `diagnostics` what the author is told. One test per file; UPDATE_GOLDEN=1
// rewrites the outputs.
#include "tests/testing/golden.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "dsl/check/check.h"
#include "dsl/diag/render.h"
#include "dsl/mend/edits.h"
#include "dsl/parser/parse.h"
#include "gtest/gtest.h"
#include "tests/testing/paths.h"
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

// The number behind `# golden: WHAT `, when the text starts so.
std::size_t Directive(const std::string& text, const std::string& what,
                      std::size_t otherwise) {
  const std::string start = "# golden: " + what + " ";
  return text.compare(0, start.size(), start) == 0
             ? std::stoul(text.substr(start.size()))
             : otherwise;
}

// The list files that golden files name; the day is 2026-07-01.
bool ReadListFile(const std::string& from, const std::string& name,
                  std::string* bytes, std::string* error) {
  static_cast<void>(from);
  if (name == "bad_ips.csv") {
    *bytes =
        "ip,why\n192.0.2.1,scans\n192.0.2.2,\"guesses, slowly\"\n"
        "192.0.2.3,scans\n";
  } else if (name == "nodes.txt") {
    *bytes = "# one name a line\nnode-1\nnode-2  # the second\n";
  } else if (name == "assets.csv") {
    *bytes = "ip,owner,tier\n192.0.2.1,ops,2\n192.0.2.2,web,1\n";
  } else if (name == "assets_wrong.csv") {
    *bytes =
        "# the office\nip,owner,tier\n192.0.2.1,ops,2\n192.0.2.300,web,1\n"
        "192.0.2.2,web,\n192.0.2.1,ops,3\n";
  } else {
    *error = "no such file";
    return false;
  }
  return true;
}

CheckOptions OptionsFor(const std::string& text) {
  CheckOptions options;
  options.read_file = ReadListFile;
  options.now_us = 1'782'864'000'000'000;
  options.strict = text.starts_with("# golden: strict");
  const std::size_t lateness = Directive(text, "lateness", 0);
  if (lateness > 0) {
    options.lateness_us = static_cast<std::int64_t>(lateness) * 1'000'000;
  }
  options.limits.rules = Directive(text, "rules", options.limits.rules);
  options.limits.list_items =
      Directive(text, "list items", options.limits.list_items);
  return options;
}

// What E01xx is about stands alone: its examples use names that mean nothing.
bool IsForParserAlone(const fs::path& path) {
  return path.filename().string().compare(0, 3, "E01") == 0;
}

// What is found in the first file of `sources`, which is that of `path`.
DiagnosticSink Examine(const fs::path& path, const SourceSet& sources) {
  DiagnosticSink sink;
  const cst::File file = Parse(sources, 0, &sink);
  EXPECT_TRUE(file.complete || sink.has_errors());
  if (!IsForParserAlone(path)) {
    const std::string text(sources.file(0).text());
    const CheckedRules checked =
        Check({&file, 1}, sources, OptionsFor(text), &sink);
    EXPECT_EQ(checked.ok, !sink.has_errors());
  }
  sink.Sort();
  return sink;
}

class DiagnosticsTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(DiagnosticsTest, AreWhatTheGoldenFileSays) {
  SourceSet sources;
  sources.Add(Load(GetParam()));

  const DiagnosticSink sink = Examine(GetParam(), sources);

  testing::ExpectGolden(
      Expected(GetParam()),
      Render(sink.diagnostics(), sources, Format::kText, false));
}

// Errors by kind and message: where they stand moves with a mend.
std::multiset<std::string> ErrorsOf(const DiagnosticSink& found) {
  std::multiset<std::string> errors;
  for (const Diagnostic& diagnostic : found.diagnostics()) {
    const KindRecord& kind = Describe(diagnostic.kind);
    if (kind.severity == Severity::kError) {
      errors.insert(std::string(kind.code) + " " + diagnostic.message);
    }
  }
  return errors;
}

TEST_P(DiagnosticsTest, ProposeMendsThatMend) {
  SourceSet sources;
  sources.Add(Load(GetParam()));
  const DiagnosticSink before = Examine(GetParam(), sources);
  for (const Diagnostic& diagnostic : before.diagnostics()) {
    if (!diagnostic.fix) continue;
    SCOPED_TRACE(Render({diagnostic}, sources, Format::kText, false));
    Edits edits;
    edits.Add(*diagnostic.fix);
    const SourceSet mended = edits.Apply(sources);

    const DiagnosticSink after = Examine(GetParam(), mended);

    const Span place = edits.Map(diagnostic.span);
    for (const Diagnostic& left : after.diagnostics()) {
      EXPECT_FALSE(left.kind == diagnostic.kind &&
                   left.message == diagnostic.message &&
                   left.span.begin <= place.end && place.begin <= left.span.end)
          << "it is still there in:\n"
          << mended.file(0).text();
    }
    const auto known = ErrorsOf(before);
    std::string fresh;
    for (const std::string& error : ErrorsOf(after)) {
      if (!known.contains(error)) fresh += error + "\n";
    }
    EXPECT_EQ(fresh, "") << "is new in:\n" << mended.file(0).text();
  }
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

INSTANTIATE_TEST_SUITE_P(Golden, ParseTreeTest,
                         ::testing::ValuesIn(testing::FilesIn(Folder("parse"),
                                                              ".rules")),
                         TestName);

}  // namespace
}  // namespace tocsin::dsl
