// The hot read against RapidJSON through the same wrapper: over every real
// event of the corpus, over documents made to tell JSON readers apart, and over
// random damage to real lines. What may differ is listed in
// docs/decisions/0006-event-contract.md and tested here by name.
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/limits.h"
#include "engine/event/extract.h"
#include "gtest/gtest.h"
#include "tests/testing/corpus.h"
#include "tests/testing/extract_compare.h"

namespace tocsin {
namespace {

using testing::AuditProjection;
using testing::CompareExtractors;

std::vector<Projection> Projections() {
  std::vector<Projection> projections;
  projections.push_back(AuditProjection());
  projections.emplace_back(std::vector<FieldSpec>{{{"verb"}, kWantScalar}},
                           std::vector<std::string>{"items"});
  projections.emplace_back(std::vector<FieldSpec>{},
                           std::vector<std::string>{"items"});
  return projections;
}

// xorshift64*: the same stream everywhere, unlike std's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::size_t Below(std::size_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::size_t>((state_ * 0x2545F4914F6CDD1Dull) >> 33) %
           bound;
  }

 private:
  std::uint64_t state_;
};

std::string Nested(int levels, std::string_view open, std::string_view inner,
                   std::string_view close) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  text += inner;
  for (int i = 0; i < levels; ++i) text += close;
  return text;
}

std::vector<std::string> HostileLines() {
  using std::string_literals::operator""s;
  std::vector<std::string> lines = {
      R"({"n":1,"n":2})",
      R"({"n":12345678901234567890123})",
      R"({"n":9223372036854775807})",
      R"({"n":9223372036854775808})",
      R"({"n":18446744073709551615})",
      R"({"n":18446744073709551616})",
      R"({"n":-9223372036854775808})",
      R"({"n":-9223372036854775809})",
      R"({"n":1e400})",
      R"({"n":-1e400})",
      R"({"n":1e-400})",
      R"({"n":0e400})",
      R"({"n":-1e-400})",
      R"({"n":-0})",
      R"({"n":-0.0})",
      R"({"n":1.0})",
      R"({"n":4.03e2})",
      R"({"n":1E+2})",
      R"({"n":01})",
      R"({"n":+1})",
      R"({"n":1.})",
      R"({"n":.5})",
      R"({"n":-})",
      R"({"n":1e})",
      R"({"n":NaN})",
      R"({"n":Infinity})",
      R"({"n":0x10})",
      R"({"n":1_000})",
      "{\"n\":1" + std::string(400, '0') + "}",
      "{\"n\":0." + std::string(400, '0') + "1}",
      R"({"n":"\ud800x"})",
      R"({"n":"\udc00x"})",
      R"({"n":"\ud83d\ude00"})",
      R"({"n":"\ud83d\ud83d\ude00"})",
      R"({"n":"\ud83d\\ude00"})",
      R"({"n":"\u0000"})",
      R"({"n":"\u00e9\u20AC"})",
      R"({"n":"\x"})",
      R"({"n":"\u12"})",
      R"({"n":"\u12G4"})",
      R"({"x":"\x","n":1})",
      R"({"\x":1,"n":1})",
      "{\"n\":\"\xff\"}",
      "{\"n\":\"\xc0\xaf\"}",
      "{\"n\":\"\xed\xa0\x80\"}",
      "{\"n\":\"\xf0\x9f\x98\"}",
      "{\"n\":\"\xf4\x90\x80\x80\"}",
      "{\"x\":\"\xff\xfe\",\"verb\":\"a\"}",
      "{\"ver\xff\":1,\"verb\":\"a\"}",
      "{\"n\":1}\xff",
      "{\"n\":\"a\tb\"}",
      "{\"x\":\"a\tb\"}",
      "{\"n\":\"a\x7f\"}",
      "{\"n\":\"a\0b\"}"s,
      "{\"n\":1\0}"s,
      "{\0\"n\":1}"s,
      "{\"n\":1}\0"s,
      R"({"n":1,})",
      R"({,"n":1})",
      R"({"n":1 "x":2})",
      R"({"n" 1})",
      R"({"n":})",
      R"({"n"})",
      R"({n:1})",
      R"({'n':1})",
      R"({"n":1}{"n":2})",
      R"({"n":1} x)",
      R"({"n":1}})",
      R"({"n":1)",
      R"({"n":"a)",
      R"({)",
      R"({})",
      R"({ })",
      R"({"n":[1,2]})",
      R"({"n":[1,2}})",
      R"({"n":[1,2,]})",
      R"({"n":[,1]})",
      R"({"n":[]})",
      R"({"n":[ ]})",
      R"({"n":[1,"a",null,true,false,1.5,[2],{"a":3}]})",
      R"({"n":[1e999,"\ud800"]})",
      R"({"n":{"a":1}})",
      R"({"n":tru})",
      R"({"n":truex})",
      R"({"n":true})",
      R"({"n":null})",
      R"({"n":nul})",
      R"({"x":tru,"n":1})",
      R"({"x":1.,"n":1})",
      R"({"x":01,"n":1})",
      R"({"x":zzz,"n":1})",
      R"({"x":{"y":tru,},"n":1})",
      R"({"x":{"y" "z"},"n":1})",
      R"({"x":[1,2},"n":1})",
      R"({"x":[1,2]],"n":1})",
      R"({"x":1"y","n":1})",
      R"({"x":\"n":1})",
      R"({"x":"a"b,"n":1})",
      R"({"verb":"a","v\u0065rb":"b"})",
      R"({"v\u0065rb":"b"})",
      R"({"\u0076erb":"b"})",
      R"({"user":{"usern\u0061me":"x"}})",
      R"({"":1,"n":2})",
      R"({"user":{"username":"a"},"user":{"groups":["g"]}})",
      R"({"user":{"username":"a"},"user":5})",
      R"({"user":5,"user":{"username":"a"}})",
      R"({"user":{"username":"a","username":"b"}})",
      R"({"user":{"username":1e999},"user":{"username":"b"}})",
      R"({"n":[1e999],"n":1})",
      R"({"objectRef":{"name":"a"},"objectRef":{}})",
      R"({"user":[{"username":"a"}]})",
      R"({"user":"a"})",
      R"({"user":null})",
      R"({"verb":1})",
      R"({"verb":null})",
      R"({"verb":"\u0067et"})",
      R"({"requestObject":{"spec":{"containers":[{"image":"a"}]}}})",
      R"({"requestObject":{"spec":{"containers":[1]},"spec":{}}})",
      R"({"requestObject":"text"})",
      R"({"items":[]})",
      R"({"items":[{"verb":"a"},{"verb":"b"}],"kind":"EventList"})",
      R"({"items":[{"verb":"a"}],"items":[{"verb":"b"}]})",
      R"({"items":[{"verb":"a"}],"items":1,"verb":"c"})",
      R"({"items":1,"verb":"c"})",
      R"({"items":{"verb":"a"}})",
      R"({"Records":[{"verb":"a"}],"verb":"outer"})",
      R"({"Records":[{"verb":"r"}],"items":[{"verb":"i"}]})",
      R"({"items":[1,"x",null,[1],{"verb":"a"}, tru ]})",
      R"({"items":[1 , "x" ,{"verb":"a"} , true ]})",
      R"({"items":[{"verb":"a"},]})",
      R"({"items":[{"verb":"a"},{"verb" "b"}]})",
      R"({"items":[{"verb":"a"},{"verb":01}]})",
      R"({"items":[{"items":[{"verb":"x"}],"verb":"a"}]})",
      "{\"items\":[{\"verb\":\"\xff\"},{\"verb\":\"b\"}]}",
      "{\"verb\":\"a\",\"items\":[{\"verb\":\"b\"},{\"x\":\"\xff\"}]}",
      R"({"it\u0065ms":[{"verb":"a"}]})",
      "\xEF\xBB\xBF{\"verb\":\"bom\"}",
      "\xEF\xBB\xBF\xEF\xBB\xBF{\"verb\":\"two boms\"}",
      "\xEF\xBB\xBF",
      "{\"verb\":\"crlf\"}\r",
      "{\"verb\":\"crlf\"}\r\r",
      " \t{\"verb\":\"blanks\"} \t",
      "{ \"verb\" : \"a\" , \"n\" : [ 1 , 2 ] , \"user\" : { \"groups\" : [ "
      "\"g\" ] } }",
      "{\t\"verb\"\t:\t\"a\"\t}",
      "[1,2,3]",
      "17",
      "\"str\"",
      "hello world",
      "null",
      "\0"s,
      "\x01",
      "",
      " ",
      "\r",
      R"({"verb":"/*"} // comment)",
  };
  const int limit = limits::kJsonDepth;
  for (const int levels : {limit - 1, limit, limit + 1, 2000}) {
    // The object itself is the first level.
    lines.push_back("{\"x\":" + Nested(levels, "[", "1", "]") + ",\"n\":1}");
    lines.push_back("{\"n\":" + Nested(levels, "[", "1", "]") + "}");
    lines.push_back(
        "{\"requestObject\":" + Nested(levels, "{\"spec\":", "1", "}") + "}");
    lines.push_back("{\"x\":" + Nested(levels, "{\"x\":", "1", "}") + "}");
    lines.push_back("{\"x\":" + Nested(levels, "[", "1", "]") + ",\"n\":01}");
    lines.push_back("{\"items\":[{\"verb\":\"a\"},{\"x\":" +
                    Nested(levels, "[", "1", "]") + "},{\"verb\":\"b\"}]}");
    lines.push_back("{\"meta\":" + Nested(levels, "[", "1", "]") +
                    ",\"items\":[{\"verb\":\"b\"}]}");
  }
  return lines;
}

TEST(ExtractDifferentialTest, AgreesOnEveryFileOfTheCorpus) {
  TOCSIN_NEEDS_FILE(testing::SharedDataDir());
  const std::vector<Projection> projections = Projections();
  std::size_t bytes = 0;
  for (const std::string& path : testing::CorpusFiles()) {
    const std::string content = testing::ReadCorpusFile(path);
    bytes += content.size();
    for (const Projection& projection : projections) {
      const std::string difference = CompareExtractors(projection, content);
      ASSERT_EQ(difference.substr(0, 4000), "") << path;
    }
  }
  EXPECT_GT(bytes, 1'000'000u);
}

TEST(ExtractDifferentialTest, AgreesOnDocumentsMadeToTellReadersApart) {
  const std::vector<Projection> projections = Projections();
  std::string all;
  for (const std::string& line : HostileLines()) {
    for (const Projection& projection : projections) {
      EXPECT_EQ(CompareExtractors(projection, line), "");
      EXPECT_EQ(CompareExtractors(projection, line + "\n"), "");
      EXPECT_EQ(CompareExtractors(projection, line, true), "") << "cut";
    }
    all += line + "\n";
  }
  for (const Projection& projection : projections) {
    EXPECT_EQ(CompareExtractors(projection, all), "");
  }
}

TEST(ExtractDifferentialTest, AgreesWhereverALineIsCut) {
  const std::vector<std::string> lines = {
      R"({"verb":"get","user":{"username":"a","groups":["g","h"]},"n":[1,2]})",
      R"({"kind":"L","items":[{"verb":"a","n":[1]} , {"verb":"b"}],"x":1})",
      "{\"verb\":\"\xff\",\"n\":\"\xff\",\"x\":{}}"};
  const Projection projection = AuditProjection();
  for (const std::string& line : lines) {
    for (std::size_t size = 0; size <= line.size(); ++size) {
      const std::string cut = line.substr(0, size);
      ASSERT_EQ(CompareExtractors(projection, cut, true), "");
      ASSERT_EQ(CompareExtractors(projection, cut, false), "");
    }
  }
}

TEST(ExtractDifferentialTest, AgreesOnWhatStandsBehindACut) {
  const std::string begin =
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)";
  const std::string lines[] = {
      begin + R"("verb":"get","user":{"username":"a","groups":["g","h"]}})",
      begin + R"("x":tru,"n":[1,{"y":)" + begin + R"("n":01}}]})",
      begin + "\"verb\":\"\xff\",\"n\":\"\\u00e4:\",\"x\":{}}"};
  const Projection projection = AuditProjection();
  for (const std::string& first : lines) {
    for (const std::string& next : lines) {
      for (std::size_t size = 0; size <= first.size(); ++size) {
        const std::string line = first.substr(0, size) + next;
        ASSERT_EQ(CompareExtractors(projection, line), "");
        ASSERT_EQ(CompareExtractors(projection, line + line), "");
      }
    }
  }
}

// Damages a line in one way or another.
void Mutate(const std::vector<std::string>& lines, Random* random,
            std::string* line) {
  static constexpr std::string_view kPieces[] = {"\"",
                                                 "\\",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "\n",
                                                 "\r",
                                                 " ",
                                                 "\t",
                                                 "1",
                                                 "-",
                                                 "1e999",
                                                 "tru",
                                                 "null",
                                                 "\\u0065",
                                                 "\\ud800",
                                                 "\xff",
                                                 "\xc3",
                                                 "\"verb\":",
                                                 "\"user\":{",
                                                 "\"items\":[",
                                                 "{\"verb\":\"x\"},",
                                                 "\xEF\xBB\xBF",
                                                 "\\\\",
                                                 "\\\"",
                                                 "}{",
                                                 "{\"kind\":\"Event\","
                                                 "\"apiVersion\":\"audit.k8s."
                                                 "io/",
                                                 "\x01",
                                                 "0"};
  const std::size_t size = line->size();
  const std::size_t at = random->Below(size + 1);
  switch (random->Below(7)) {
    case 0:
      if (at < size) (*line)[at] = static_cast<char>(random->Below(256));
      break;
    case 1:
      line->erase(at, 1 + random->Below(8));
      break;
    case 2:
      line->insert(at,
                   line->substr(random->Below(size + 1), random->Below(64)));
      break;
    case 3:
      line->resize(at);
      break;
    case 4: {
      const std::string& other = lines[random->Below(lines.size())];
      *line =
          line->substr(0, at) + other.substr(random->Below(other.size() + 1));
      break;
    }
    default:
      line->insert(at, kPieces[random->Below(std::size(kPieces))]);
  }
}

TEST(ExtractDifferentialTest, AgreesOnRandomlyDamagedLines) {
  std::vector<std::string> lines = HostileLines();
  for (const std::string& path : testing::CorpusFiles()) {
    if (path.find("captures/a-") != std::string::npos) continue;
    const auto more =
        testing::SplitLines(testing::ReadCorpusFile(path).substr(0, 60'000));
    for (std::size_t i = 0; i < more.size(); i += 1 + more.size() / 20) {
      if (more[i].size() < 6'000) lines.push_back(more[i]);
    }
  }
  const Projection projection = AuditProjection();
  const char* const seed = std::getenv("TOCSIN_SEED");
  Random random(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20261122);
  for (int round = 0; round < 60'000; ++round) {
    std::string chunk;
    for (std::size_t i = 1 + random.Below(3); i > 0; --i) {
      std::string line = lines[random.Below(lines.size())];
      for (std::size_t n = random.Below(4); n > 0; --n) {
        Mutate(lines, &random, &line);
      }
      chunk += line + "\n";
    }
    const bool cut = random.Below(8) == 0;
    ASSERT_EQ(CompareExtractors(projection, chunk, cut), "")
        << "round " << round;
  }
}

// ---- the leniencies, each by name ----

Fate FateOf(std::unique_ptr<Extractor> extractor, std::string_view line) {
  const Projection projection = AuditProjection();
  const testing::Extraction result =
      testing::RunExtractor(extractor.get(), projection, line);
  return result.batch.rows.at(0).fate;
}

TEST(ExtractLeniencyTest, TakesWhatIsWrongOnlyInsideAValueThatNoRuleReads) {
  const char* const kLenient[] = {
      R"({"x":tru,"verb":"a"})",  // A word that is none.
      R"({"x":01,"verb":"a"})",   // A number that is none.
      R"({"x":1.,"verb":"a"})",
      R"({"x":"\q","verb":"a"})",      // An escape that is none.
      R"({"x":{"y":1,},"verb":"a"})",  // Commas and colons.
      R"({"x":{"y" "z"},"verb":"a"})",
      R"({"x":[1,2},"verb":"a"})",  // A bracket of the other kind.
      R"({"x":1"y","verb":"a"})",   // A string glued to a scalar.
  };
  for (const char* line : kLenient) {
    EXPECT_EQ(FateOf(MakeSimdjsonExtractor(), line), Fate::kEvent) << line;
    EXPECT_EQ(FateOf(MakeRapidJsonExtractor(), line), Fate::kMalformed) << line;
  }
}

TEST(ExtractLeniencyTest, RefusesTheSameInsideAValueThatIsRead) {
  const char* const kRefused[] = {
      R"({"n":tru})",   R"({"n":01})",          R"({"n":1.})",
      R"({"n":"\q"})",  R"({"user":{"y":1,}})", R"({"user":{"y" "z"}})",
      R"({"n":[1,2}})", R"({"n":1"y"})",
  };
  for (const char* line : kRefused) {
    EXPECT_EQ(FateOf(MakeSimdjsonExtractor(), line), Fate::kMalformed) << line;
    EXPECT_EQ(FateOf(MakeRapidJsonExtractor(), line), Fate::kMalformed) << line;
  }
}

TEST(ExtractLeniencyTest, ChecksBracketsStringsAndControlBytesEverywhere) {
  const char* const kRefused[] = {
      R"({"x":[1,"verb":"a"})",        R"({"x":1],"verb":"a"})",
      R"({"x":"open,"verb":"a})",      "{\"x\":\"\x01\",\"verb\":\"a\"}",
      R"({"x":zzz,"verb":"a"})",       R"({"x":,"verb":"a"})",
      R"({"x":{"y":zzz},"verb":"a"})",
  };
  for (const char* line : kRefused) {
    EXPECT_EQ(FateOf(MakeSimdjsonExtractor(), line), Fate::kMalformed) << line;
    EXPECT_EQ(FateOf(MakeRapidJsonExtractor(), line), Fate::kMalformed) << line;
  }
}

}  // namespace
}  // namespace tocsin
