// The sentences of the language's section on k8s.audit, by hand; engine and
// reference evaluator must both say what stands here.
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/property/exact_case.h"

namespace tocsin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One event of request `id` at `second`, as the apiserver writes it.
std::string Audit(int second, const std::string& id, const std::string& stage,
                  const std::string& verb, const std::string& members = "") {
  std::string out = absl::StrFormat(
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata",)"
      R"("auditID":"%s","stage":"%s","requestURI":"/api/v1/pods",)"
      R"("verb":"%s","user":{"username":"jane"},"sourceIPs":["9.9.9.9",)"
      R"("10.0.0.%d"],"stageTimestamp":"2026-01-01T00:00:%02d.000000Z")",
      id, stage, verb, second, second);
  if (!members.empty()) out += "," + members;
  return out + "}";
}

const char kOk[] = R"("responseStatus":{"metadata":{},"code":200})";

std::vector<std::string> OneGetOneWatch() {
  return {Audit(0, "a", "RequestReceived", "get"),
          Audit(1, "a", "ResponseComplete", "get", kOk),
          Audit(2, "b", "RequestReceived", "watch"),
          Audit(3, "b", "ResponseStarted", "watch", kOk),
          Audit(4, "b", "ResponseComplete", "watch", kOk)};
}

std::vector<std::string> Times(const std::vector<std::string>& told) {
  std::vector<std::string> out;
  for (const std::string& line : told) {
    out.push_back(line.starts_with("!") ? line
                                        : line.substr(0, line.find(' ')));
  }
  return out;
}

TEST(AuditSemanticsTest, ARequestIsSeenOnceWhenItsOutcomeIsKnown) {
  EXPECT_THAT(Times(ToldAlone("rule r { where user.username == \"jane\" }",
                              OneGetOneWatch())),
              ElementsAre("1", "3"));
}

TEST(AuditSemanticsTest, ARuleThatMentionsStageSeesEveryStage) {
  EXPECT_THAT(
      Times(ToldAlone("rule r { where stage != \"Panic\" }", OneGetOneWatch())),
      ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(Times(ToldAlone("let any_stage = exists(stage)\n"
                              "rule r { where any_stage }",
                              OneGetOneWatch())),
              ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(Times(ToldAlone("rule r { where verb == \"watch\" by stage }",
                              OneGetOneWatch())),
              ElementsAre("2", "3", "4"));
}

TEST(AuditSemanticsTest, TextsShowCollectAndDerivesDoNotMentionStage) {
  EXPECT_THAT(Times(ToldAlone("rule r { where ok show stage alert \"{stage}\" "
                              "collect stage as stages }",
                              OneGetOneWatch())),
              ElementsAre("1", "3"));
  EXPECT_THAT(Times(ToldAlone("rule r { where answered }", OneGetOneWatch())),
              ElementsAre("1", "3"));
}

TEST(AuditSemanticsTest, ExecIsLongRunningAndPanicIsAnAnswer) {
  const std::string exec =
      R"("objectRef":{"resource":"pods","subresource":"exec"})";
  EXPECT_THAT(Times(ToldAlone(
                  "rule r { where user.username == \"jane\" }",
                  {Audit(0, "a", "ResponseStarted", "create", exec),
                   Audit(1, "a", "ResponseComplete", "create", exec),
                   Audit(2, "b", "Panic", "get"),
                   Audit(3, "c", "ResponseStarted", "get",
                         R"("responseStatus":{"metadata":{},"code":401})")})),
              ElementsAre("0", "2", "3"));
}

TEST(AuditSemanticsTest, OkIsTwoHundredsAndSwitchingProtocols) {
  std::vector<std::string> lines;
  int second = 0;
  for (const int code : {199, 200, 299, 300, 101, 403}) {
    lines.push_back(
        Audit(second++, std::to_string(code), "ResponseComplete", "get",
              absl::StrFormat("\"responseStatus\":{\"code\":%d}", code)));
  }
  EXPECT_THAT(Times(ToldAlone("rule r { where ok }", lines)),
              ElementsAre("1", "2", "4"));
}

TEST(AuditSemanticsTest, ClientIsTheLastAddress) {
  EXPECT_THAT(ToldAlone("rule r { where client in 10.0.0.0/8 by client as ip }",
                        {Audit(7, "a", "ResponseComplete", "get", kOk)}),
              ElementsAre("7 [7,7] n1 f0 t1 ip=10.0.0.7"));
  EXPECT_THAT(ToldAlone("rule r { where client == 9.9.9.9 }",
                        {Audit(7, "a", "ResponseComplete", "get", kOk)}),
              IsEmpty());
}

TEST(AuditSemanticsTest, CommandJoinsWhatTheUriSays) {
  std::string line = Audit(0, "a", "ResponseComplete", "get", kOk);
  line.replace(line.find("/api/v1/pods"), 12,
               R"(/x/exec?command=sh\u0026command=-c\u0026command=ls%20/)");
  EXPECT_THAT(
      Times(ToldAlone("rule r { where command == \"sh -c ls /\" }", {line})),
      ElementsAre("0"));
}

TEST(AuditSemanticsTest, ALogLineAndAnEventListItemAreOneEvent) {
  const std::string line = Audit(1, "a", "ResponseComplete", "get", kOk);
  const std::string head = R"("kind":"Event","apiVersion":"audit.k8s.io/v1",)";
  std::string item = line;
  item.erase(item.find(head), head.size());
  const std::string list =
      R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},)"
      R"("items":[)" +
      item + "," + Audit(2, "b", "ResponseComplete", "get", kOk) + "]}";
  EXPECT_THAT(Times(ToldAlone("rule r { where ok then every }", {line, list})),
              ElementsAre("1", "2"));
  EXPECT_THAT(Times(ToldAlone("rule r { where ok then every }", {list, line})),
              ElementsAre("1", "2"));
}

TEST(AuditSemanticsTest, TheSameAuditIdWithOtherContentIsAnotherEvent) {
  EXPECT_THAT(
      Times(ToldAlone("rule r { where ok then every }",
                      {Audit(1, "a", "ResponseComplete", "get", kOk),
                       Audit(1, "a", "ResponseComplete", "list", kOk)})),
      ElementsAre("1", "1"));
}

TEST(AuditSemanticsTest, WhatNoSchemaTakesIsDropped) {
  EXPECT_THAT(Times(ToldAlone("rule r { where verb == \"get\" }",
                              {R"({"verb":"get","stage":"ResponseComplete"})",
                               Audit(1, "a", "ResponseComplete", "get", kOk)})),
              ElementsAre("1"));
}

TEST(AuditSemanticsTest, TheRequestTimeStandsInForAMissingStageTime) {
  const std::string line =
      R"({"auditID":"a","stage":"ResponseComplete","verb":"get",)"
      R"("requestReceivedTimestamp":"2026-01-01T00:00:05.000000Z"})";
  EXPECT_THAT(Times(ToldAlone("rule r { where verb == \"get\" }", {line})),
              ElementsAre("5"));
}

}  // namespace
}  // namespace tocsin::testing
