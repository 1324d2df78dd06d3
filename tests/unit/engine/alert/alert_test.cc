#include "engine/alert/alert.h"

#include <fstream>
#include <sstream>

#include "engine/alert/detection.h"
#include "engine/alert/render.h"
#include "engine/event/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"
#include "rapidjson/schema.h"
#include "rapidjson/stringbuffer.h"
#include "tests/testing/paths.h"

namespace tocsin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Encoded(const Constant& value) {
  std::string out;
  AppendCanonical(value, &out);
  return out;
}

Alert Full() {
  Alert alert;
  alert.id = std::string(32, 'a');
  alert.rule = "k8s.burst";
  alert.severity = "high";
  alert.title = "Burst";
  alert.summary = "10 \"failed\" logins\n";
  alert.time_us = 1'763'820'251'882'869;
  alert.first_us = alert.time_us - 1;
  alert.last_us = alert.time_us;
  alert.count = 10;
  alert.folded = 2;
  alert.total = 13;
  alert.key = {{"ip", Encoded({std::string("203.0.113.9")})},
               {"none", Encoded({Missing()})}};
  std::string agents;
  AppendSized(Encoded({std::string("curl/8")}), &agents);
  AppendSized(Encoded({std::int64_t{7}}), &agents);
  alert.collected = {{"agents", agents}, {"nothing", ""}};
  alert.show = {{"ok", Encoded({true})}};
  alert.tags = {"attack.t1110", "k8s"};
  alert.runbook = "https://runbooks.example.com/1";
  AlertEvent event;
  event.position = 4711;
  event.time_us = alert.time_us;
  event.identity = {{"auditID", Encoded({std::string("6d7b")})},
                    {"stage", Encoded({std::string("Panic")})},
                    {"stageTimestamp", Encoded({std::string("t")})}};
  event.audit = true;
  alert.events.push_back(event);
  return alert;
}

std::string Json(const Alert& alert) {
  std::string out;
  AppendJson(alert, &out);
  return out;
}

TEST(AlertJsonTest, IsOneLineWithAllMembersInOrder) {
  EXPECT_EQ(
      Json(Full()),
      R"({"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","kind":"alert","rule":"k8s.burst","severity":"high","title":"Burst","summary":"10 \"failed\" logins\n","time":"2025-11-22T14:04:11.882869Z","first":"2025-11-22T14:04:11.882868Z","last":"2025-11-22T14:04:11.882869Z","count":10,"folded":2,"total":13,"key":{"ip":"203.0.113.9","none":null},"collected":{"agents":["curl/8",7],"nothing":[]},"show":{"ok":true},"tags":["attack.t1110","k8s"],"runbook":"https://runbooks.example.com/1","events":[{"position":4711,"time":"2025-11-22T14:04:11.882869Z","auditID":"6d7b","stage":"Panic","identity":{"auditID":"6d7b","stage":"Panic","stageTimestamp":"t"}}]})"
      "\n");
}

class SchemaTest : public ::testing::Test {
 protected:
  // "" when the line is as docs/reference/alert.schema.json says.
  static std::string Problem(const std::string& line) {
    std::ifstream file(std::string(TOCSIN_SOURCE_DIR) +
                       "/docs/reference/alert.schema.json");
    std::stringstream text;
    text << file.rdbuf();
    rapidjson::Document schema, alert;
    if (schema.Parse(text.str().c_str()).HasParseError()) return "bad schema";
    if (alert.Parse(line.c_str()).HasParseError()) return "bad json";
    const rapidjson::SchemaDocument document(schema);
    rapidjson::SchemaValidator validator(document);
    if (alert.Accept(validator)) return "";
    rapidjson::StringBuffer place;
    validator.GetInvalidDocumentPointer().StringifyUriFragment(place);
    return std::string(validator.GetInvalidSchemaKeyword()) + " at " +
           place.GetString();
  }
};

TEST_F(SchemaTest, TakesEveryKindOfAlert) {
  Alert closed = Full();
  closed.kind = AlertKind::kClosed;
  const Alert internal =
      InternalAlert("tocsin.keys", "r", "r: 3 keys forgotten", 3, 7, 0);

  EXPECT_EQ(Problem(Json(Full())), "");
  EXPECT_EQ(Problem(Json(closed)), "");
  EXPECT_EQ(Problem(Json(internal)), "");
}

TEST_F(SchemaTest, RefusesWhatIsNoAlert) {
  Alert wrong = Full();
  wrong.severity = "urgent";

  EXPECT_EQ(Problem(Json(wrong)), "enum at #/severity");
  EXPECT_NE(Problem("{}"), "");
}

std::string Text(const Alert& alert, bool colour) {
  std::string out;
  AppendText(alert, colour, &out);
  return out;
}

TEST(AlertTextTest, SaysTimeSeverityRuleSummaryAndKey) {
  Alert alert = Full();
  alert.summary = "10 failed logins";

  EXPECT_EQ(Text(alert, false),
            "2025-11-22T14:04:11.882869Z HIGH     k8s.burst  10 failed logins\n"
            "  ip=203.0.113.9  none=-  count=10 since "
            "2025-11-22T14:04:11.882868Z  folded=2 total=13\n");
}

TEST(AlertTextTest, ColoursOnlyWhenAsked) {
  EXPECT_THAT(Text(Full(), false), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Text(Full(), true), HasSubstr("\x1b[1;31m"));
}

TEST(AlertTextTest, WhatAClientSentCannotDriveTheTerminal) {
  Alert alert = Full();
  alert.summary =
      "\x1b[2J\r\n\x7f \xc2\x9b \xe2\x80\xae \xe2\x81\xa6 \xc3\xa9 end";

  const std::string text = Text(alert, false);

  EXPECT_THAT(text, HasSubstr("\\x1b[2J\\x0d\\x0a\\x7f \\xc2\\x9b "
                              "\\xe2\\x80\\xae \\xe2\\x81\\xa6 \xc3\xa9 end"));
}

TEST(DetectionTest, DeadlinesLeaveBeforeTheEventThatMovedTheClockPastThem) {
  const auto at = [](std::uint64_t position, bool deadline, std::int64_t due,
                     std::uint64_t setter, std::uint32_t rule) {
    Detection detection;
    detection.position = position;
    detection.deadline = deadline;
    detection.deadline_us = due;
    detection.setter = setter;
    detection.rule = rule;
    return detection;
  };
  const std::vector<Detection> order = {
      at(1, false, 0, 0, 2), at(2, true, 5, 9, 9),  at(2, true, 6, 1, 9),
      at(2, true, 6, 2, 1),  at(2, false, 0, 0, 1), at(2, false, 0, 0, 2)};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = 0; j < order.size(); ++j) {
      EXPECT_EQ(LeavesBefore(order[i], order[j]), i < j) << i << " " << j;
    }
  }
}

TEST(DetectionTest, AnAlertsIdFollowsEachOfItsParts) {
  const Hash128 id = AlertId({1, 2}, "k", AlertKind::kAlert, 0, {3, 4});

  EXPECT_EQ(ToHex(id), "6026b4d63940dad785fb8bdfa3763fbd");
  EXPECT_NE(AlertId({1, 3}, "k", AlertKind::kAlert, 0, {3, 4}), id);
  EXPECT_NE(AlertId({1, 2}, "l", AlertKind::kAlert, 0, {3, 4}), id);
  EXPECT_NE(AlertId({1, 2}, "k", AlertKind::kClosed, 0, {3, 4}), id);
  EXPECT_NE(AlertId({1, 2}, "k", AlertKind::kAlert, 1, {3, 4}), id);
  EXPECT_NE(AlertId({1, 2}, "k", AlertKind::kAlert, 0, {3, 5}), id);
}

}  // namespace
}  // namespace tocsin
