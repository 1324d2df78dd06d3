// What the process tells: log lines, metrics, text made safe to show.
#include "engine/base/log.h"
#include "engine/base/metrics.h"
#include "engine/base/utf8.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(Utf8Test, EveryIllFormedPieceIsOneReplacement) {
  EXPECT_EQ(ValidUtf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"),
            "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
  EXPECT_EQ(ValidUtf8("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(ValidUtf8("\xE2\x82x"), "\xEF\xBF\xBDx");            // Cut short.
  EXPECT_EQ(ValidUtf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // Overlong.
  EXPECT_EQ(ValidUtf8("\xED\xA0\x80"),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");     // A surrogate.
  EXPECT_EQ(ValidUtf8("\xF4\x90\x80\x80").size(), 12u);  // Past U+10FFFF.
  EXPECT_EQ(ValidUtf8(""), "");
}

TEST(Utf8Test, AJsonStringIsEscapedAndRepaired) {
  std::string out;
  AppendJsonString("a\"\\\n\t\x01\xff", &out);
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\t\\u0001\xEF\xBF\xBD\"");
}

TEST(LogTest, ALineIsTextOrJson) {
  ::testing::internal::CaptureStderr();
  InitLog({LogLevel::kInfo, LogFormat::kText});
  Log(LogLevel::kWarning, "disk full", {{"path", "/a b"}, {"sink", "x"}});
  Log(LogLevel::kDebug, "not told");
  InitLog({LogLevel::kDebug, LogFormat::kJson});
  Log(LogLevel::kDebug, "told \"now\"", {{"bytes", "\xff"}});
  const std::string text = ::testing::internal::GetCapturedStderr();
  InitLog({});

  EXPECT_THAT(text, HasSubstr("Z warning disk full path=\"/a b\" sink=x\n"));
  EXPECT_THAT(text, EndsWith("Z\",\"level\":\"debug\",\"message\":\"told "
                             "\\\"now\\\"\",\"bytes\":\"\xEF\xBF\xBD\"}\n"));
  EXPECT_EQ(text.find("not told"), std::string::npos);
}

TEST(MetricsTest, FamiliesAreWrittenInPrometheusTextForm) {
  const std::string text =
      MetricsText({{"a_total",
                    MetricType::kCounter,
                    "What it is.",
                    {{{{"rule", "x"}}, 3}, {{{"rule", "\xff\"\n"}}, 4}}},
                   {"b", MetricType::kGauge, "B.", {{{}, 0.5}}},
                   {"empty", MetricType::kGauge, "Nothing.", {}}});

  EXPECT_THAT(text, HasSubstr("# HELP a_total What it is.\n"
                              "# TYPE a_total counter\n"
                              "a_total{rule=\"x\"} 3"));
  EXPECT_THAT(text, HasSubstr("a_total{rule=\"\xEF\xBF\xBD\\\"\\n\"} 4"));
  EXPECT_THAT(text, HasSubstr("# TYPE b gauge\nb 0.5"));
  EXPECT_EQ(text.find("empty"), std::string::npos);
}

}  // namespace
}  // namespace tocsin
