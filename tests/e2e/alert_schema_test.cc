// Alerts as the binary writes them against docs/reference/alert.schema.json.
#include <sstream>

#include "rapidjson/document.h"
#include "rapidjson/schema.h"
#include "rapidjson/stringbuffer.h"
#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

class AlertSchemaTest : public ::testing::Test {
 protected:
  AlertSchemaTest() {
    const std::string text =
        testing::ReadText(kSource + "/docs/reference/alert.schema.json");
    rapidjson::Document document;
    EXPECT_FALSE(document.Parse(text.c_str()).HasParseError());
    schema_ = std::make_unique<rapidjson::SchemaDocument>(document);
  }

  // "" when `line` is an alert, else where it is none.
  std::string Wrong(const std::string& line) const {
    rapidjson::Document alert;
    if (alert.Parse(line.c_str()).HasParseError()) return "no JSON";
    rapidjson::SchemaValidator validator(*schema_);
    if (alert.Accept(validator)) return "";
    rapidjson::StringBuffer where;
    validator.GetInvalidDocumentPointer().StringifyUriFragment(where);
    return std::string(validator.GetInvalidSchemaKeyword()) + " at " +
           where.GetString();
  }

  int CheckAll(const std::string& lines) const {
    std::istringstream stream(lines);
    int count = 0;
    for (std::string line; std::getline(stream, line); ++count) {
      EXPECT_EQ(Wrong(line), "") << line;
    }
    return count;
  }

  std::unique_ptr<rapidjson::SchemaDocument> schema_;
};

TEST_F(AlertSchemaTest, AlertsOfTheShippedRulesAreOfTheSchema) {
  const ProcessResult result = Tocsin(
      {"replay", "--rules", kSource + "/rules", "--format", "json", "--closed",
       "--end-of-time", kSource + "/rules/sample/audit.log"});

  EXPECT_GE(CheckAll(result.out), 10) << result.err;
}

TEST_F(AlertSchemaTest, AlertsOfAnotherSchemaAreToo) {
  const std::string nginx = kSource + "/rules/examples/nginx";
  const ProcessResult result = Tocsin(
      {"replay", "--rules", nginx, "--format", "json", nginx + "/sample.log"});

  EXPECT_GE(CheckAll(result.out), 1) << result.err;
}

TEST_F(AlertSchemaTest, ClosedAndInternalAlertsAreToo) {
  const TempDir dir;
  const std::string rules =
      dir.Write("a.rules",
                "rule few {\n  where responseStatus.code == 401\n"
                "  by client as ip\n  when count() >= 2 within 1m\n"
                "  then once per 30s\n  keys <= 3\n}\n");
  std::string log;
  for (int i = 0; i < 4; ++i) log += Failure(i);  // An alert, two folded.
  for (int i = 4; i < 100; ++i) {
    log += Failure(i, "198.51.100." + std::to_string(i));
  }

  const ProcessResult result =
      Tocsin({"replay", "--rules", rules, "--format", "json", "--closed",
              "--end-of-time", dir.Write("a.log", log)});

  EXPECT_GE(CheckAll(result.out), 3) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\"kind\":\"closed\""));
  EXPECT_THAT(result.out, HasSubstr("\"kind\":\"internal\""));
}

TEST_F(AlertSchemaTest, ThoseOfMessagesShowTheirPlaceAndKey) {
  const TempDir dir;
  const std::string rules = dir.Write(
      "a.rules", std::string(kEachRule) +
                     "rule second {\n  where "
                     "kafka.partition == 3\n  show kafka.key as key\n}\n");
  std::string line = Failure(0);
  line.insert(line.rfind('}'),
              R"(,"kafka":{"topic":"audit","partition":3,"offset":7,)"
              R"("timestamp_ms":1,"key":"k\"","headers":{"a":"b"}})");

  const ProcessResult result =
      Tocsin({"replay", "--rules", rules, "--format", "json",
              dir.Write("a.log", line + Failure(1))});

  EXPECT_EQ(CheckAll(result.out), 3) << result.err;
  EXPECT_EQ(CountOf(result.out,
                    R"("kafka":{"topic":"audit","partition":3,"offset":7,)"
                    R"("key":"k\""}}])"),
            2)
      << result.out;
  EXPECT_THAT(result.out, HasSubstr(R"("object":null,"key":"k\""})"));
}

TEST_F(AlertSchemaTest, WhatIsNoAlertIsRefused) {
  EXPECT_NE(Wrong("{}"), "");
  EXPECT_NE(Wrong("[]"), "");
}

}  // namespace
}  // namespace tocsin::e2e
