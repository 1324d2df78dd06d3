// The formatter over every rule text that we have and many that are generated,
// as they stand and with their blanks, lines and comments thrown about.
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "dsl/check/check.h"
#include "dsl/compile/compile.h"
#include "dsl/format/format.h"
#include "dsl/format/tokens.h"
#include "dsl/parser/parse.h"
#include "gtest/gtest.h"
#include "tests/property/generators.h"
#include "tests/testing/golden.h"
#include "tests/testing/layout_promises.h"
#include "tests/testing/paths.h"
#include "tests/testing/shared_data.h"

namespace tocsin::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = TOCSIN_SOURCE_DIR;

std::vector<std::string> TextsBelow(const fs::path& folder) {
  std::vector<std::string> texts;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() == ".rules") {
      texts.push_back(ReadFileOrDie(entry.path()));
    }
  }
  return texts;
}

std::vector<std::string> Texts() {
  std::vector<std::string> texts;
  for (const fs::path& folder :
       {kSource / "rules", kSource / "tests/golden", kSource / "tests/unit",
        fs::path(SharedDir()) / "grammar/examples"}) {
    for (std::string& text : TextsBelow(folder)) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

std::string Generated(std::uint64_t seed) {
  Random random(seed);
  return GenerateSchema(&random, false) + GenerateRules(&random);
}

// One gap between two tokens, anew; with comments now and then when asked for.
std::string Gap(Random* random, bool needed, bool comments) {
  static const std::vector<std::string> kGaps = {
      " ", "  ", "\n", "\n\n", "\n\n\n", "\t", "\r\n", " \n  "};
  if (comments && random->Chance(8)) {
    static int serial = 0;
    return (random->Chance(50) ? " # c" : "\n  # c") +
           std::to_string(++serial) + "  \n" + random->Pick(kGaps);
  }
  return !needed && random->Chance(20) ? "" : random->Pick(kGaps);
}

// `text` with other gaps; its own comments keep theirs.
std::string Shaken(const std::string& text, Random* random, bool comments) {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  const dsl::FileId id = sources.Add(dsl::SourceFile("a.rules", text));
  const dsl::cst::File file = dsl::Parse(sources, id, &sink);
  const std::string_view source = sources.file(id).text();
  std::string out;
  std::size_t end = 0;
  for (const auto& token : dsl::layout::Tokenize(source, file)) {
    const std::string_view gap = source.substr(end, token.begin - end);
    const bool keeps = gap.find('#') != std::string_view::npos;
    out += keeps ? std::string(gap) : Gap(random, !gap.empty(), comments);
    out += token.text;
    end = token.begin + token.text.size();
  }
  return out;
}

// A text without its empty lines, which alone depend on the source's lines.
std::string WithoutEmptyLines(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (out.empty() || out.back() == '\n')) continue;
    out += text[i];
  }
  return out;
}

void ExpectPromises(const std::string& text) {
  std::string broken;
  LayoutChecked(text, &broken);
  ASSERT_EQ(broken, "");
}

TEST(FormatPropertyTest, EveryTextWeHaveKeepsItsMeaning) {
  const std::vector<std::string> texts = Texts();
  EXPECT_GT(texts.size(), 100u);
  for (const std::string& text : texts) {
    ExpectPromises(text);
    if (HasFatalFailure()) return;
  }
}

TEST(FormatPropertyTest, HoweverTheyAreShaken) {
  const std::uint64_t seed = SeedOr(20'261'122);
  int whole = 0;
  for (const std::string& text : Texts()) {
    if (text.size() > 20'000) continue;
    for (int round = 0; round < RoundsOr(6); ++round) {
      Random random(seed + static_cast<std::uint64_t>(round));
      std::string broken;
      if (LayoutChecked(Shaken(text, &random, true), &broken)) ++whole;
      ASSERT_EQ(broken, "");
    }
  }
  EXPECT_GT(whole, 200);
}

// Where only blanks and line feeds differ, and no JSON is there, whose lines
// are its author's.
TEST(FormatPropertyTest, ThereIsOneLayoutForAllOfThem) {
  const std::uint64_t seed = SeedOr(7);
  int compared = 0;
  for (const std::string& text : Texts()) {
    if (text.size() > 20'000 || text.find("\ntest ") != std::string::npos) {
      continue;
    }
    std::string broken;
    const auto once = LayoutChecked(text, &broken);
    if (!once) continue;
    for (int round = 0; round < RoundsOr(6); ++round) {
      Random random(seed + static_cast<std::uint64_t>(round));
      const std::string shaken = Shaken(text, &random, false);
      if (MeaningOf(shaken) != MeaningOf(text)) continue;
      const auto other = LayoutChecked(shaken, &broken);
      ASSERT_TRUE(other.has_value());
      ASSERT_EQ(WithoutEmptyLines(*once), WithoutEmptyLines(*other)) << shaken;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100);
}

// Rule names to canonical forms; empty when the rules have errors.
std::map<std::string, std::string> FormsOf(
    const std::vector<std::string>& texts) {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  std::vector<dsl::cst::File> files;
  for (const std::string& text : texts) {
    sources.Add(dsl::SourceFile("a.rules", text));
  }
  for (dsl::FileId id = 0; id < sources.size(); ++id) {
    files.push_back(dsl::Parse(sources, id, &sink));
  }
  const dsl::CheckedRules checked = dsl::Check(files, sources, {}, &sink);
  std::map<std::string, std::string> forms;
  if (!checked.ok) return forms;
  for (const dsl::CheckedRule& rule : checked.rules) {
    forms[rule.name] = dsl::CanonicalForm(checked, rule);
  }
  return forms;
}

TEST(FormatPropertyTest, GeneratedRulesCompileToTheSame) {
  const std::uint64_t seed = SeedOr(4);
  int compiled = 0;
  for (int round = 0; round < RoundsOr(300); ++round) {
    Random random(seed + 1'000 + static_cast<std::uint64_t>(round));
    const std::string text =
        Generated(seed + static_cast<std::uint64_t>(round));
    const std::string shaken = Shaken(text, &random, true);
    std::string broken;
    const auto once = LayoutChecked(shaken, &broken);
    ASSERT_EQ(broken, "");
    ASSERT_TRUE(once.has_value()) << shaken;
    const auto forms = FormsOf({text});
    ASSERT_EQ(forms, FormsOf({*once})) << *once;
    if (!forms.empty()) ++compiled;
  }
  EXPECT_GT(compiled, RoundsOr(300) / 4);
}

TEST(FormatPropertyTest, TheShippedRulesCompileToTheSame) {
  for (const char* folder : {"rules/kubernetes", "rules/examples/nginx"}) {
    const std::vector<std::string> texts = TextsBelow(kSource / folder);
    std::vector<std::string> laid_out;
    for (const std::string& text : texts) {
      std::string broken;
      Random random(1);
      const auto once = LayoutChecked(Shaken(text, &random, false), &broken);
      ASSERT_EQ(broken, "");
      laid_out.push_back(once.value_or(text));
    }
    const auto forms = FormsOf(texts);
    EXPECT_FALSE(forms.empty());
    EXPECT_EQ(forms, FormsOf(laid_out));
  }
}

TEST(FormatPropertyTest, TheShippedRulesAreFormatted) {
  for (const auto& entry :
       fs::recursive_directory_iterator(kSource / "rules")) {
    if (entry.path().extension() != ".rules") continue;
    const std::string text = ReadFileOrDie(entry.path());
    std::string broken;
    EXPECT_TRUE(LayoutChecked(text, &broken) == text)
        << entry.path() << ": run tocsin fmt";
  }
}

}  // namespace
}  // namespace tocsin::testing
