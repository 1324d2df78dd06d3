// In a steady state an event costs no allocation, from its bytes to its window:
// twice the events, the same number of calls of operator new.
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "dsl/compile/compile.h"
#include "engine/base/limits.h"
#include "engine/event/value.h"
#include "gtest/gtest.h"
#include "tests/property/engine_run.h"
#include "tests/testing/count_allocations.h"
#include "tests/testing/rule_text.h"

namespace tocsin::testing {
namespace {

constexpr std::int64_t kStart = 1'767'225'600'000'000;

constexpr char kRules[] = R"(
let is_system = user.username startswith "system:"
rule never {
  where verb == "delete" and objectRef.name like "prod-*" and
        userAgent matches r"curl/[0-9]+"
}
rule by_body {
  where verb == "create" and
        any c in requestObject.spec.containers (c.securityContext.privileged == true)
}
rule counted {
  where ok unless is_system
  by client as ip
  when count() >= 100_000 within 1m
  collect userAgent up to 3 as agents
}
rule spread {
  where verb == "get" and responseStatus.code == 403
  by user.username
  when distinct(objectRef.namespace) >= 100 within 1m
}
)";

// A log as an apiserver writes it: every line another id, URI and time; users,
// addresses and namespaces from small sets. Half an hour long, so that what
// remembers a quarter of one, or the last thousand, is full before it ends.
std::string Log(int events) {
  std::string out;
  for (int i = 0; i < events; ++i) {
    const std::string time = FormatTime(kStart + i * 50'000LL);
    const bool body = i % 50 == 0;
    out += absl::StrFormat(
        R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata",)"
        R"("auditID":"%08x-0000-4000-8000-000000000000","stage":)"
        R"("ResponseComplete","requestURI":"/api/v1/namespaces/ns%d/pods/p%d?)"
        R"(a=1\u0026b=2","verb":"%s","user":{"username":"user-%d","groups":)"
        R"(["system:authenticated","team-%d"]},"sourceIPs":["10.0.0.%d"],)"
        R"("userAgent":"agent/%d","objectRef":{"resource":"pods","namespace":)"
        R"("ns%d","name":"p%d","apiVersion":"v1"},"responseStatus":{"metadata":)"
        R"({},"code":%d},)",
        i, i % 7, i, body ? "create" : "get", i % 4, i % 5, i % 5, i % 4, i % 7,
        i, i % 3 == 0 ? 403 : 200);
    if (body) {
      out += R"("requestObject":{"spec":{"containers":[{"name":"c","image":)"
             R"("i","securityContext":{"privileged":false}}]}},)";
    }
    out += R"("requestReceivedTimestamp":")" + time +
           R"(","stageTimestamp":")" + time + "\"}\n";
  }
  return out;
}

std::uint64_t AllocationsOf(const std::shared_ptr<const RuleSet>& rules,
                            const std::string& log) {
  std::vector<std::string> files{log};
  const std::uint64_t before = Allocations();
  const EngineRun run = RunEngine(rules, std::move(files), {});
  EXPECT_TRUE(run.status.ok());
  EXPECT_TRUE(run.alerts.empty());
  EXPECT_GT(run.counts.input.events, 0u);
  return Allocations() - before;
}

TEST(AllocationTest, AnEventInASteadyStateAllocatesNothing) {
  const CheckedText checked = CheckText(kRules);
  ASSERT_TRUE(checked.ok()) << checked.Errors();
  const std::shared_ptr<const RuleSet> rules = dsl::Compile(checked.rules);
  constexpr int kEvents = 40'000;
  const std::string once = Log(kEvents);
  const std::string twice = Log(2 * kEvents);

  AllocationsOf(rules, once);  // Whatever is made once in a process.
  const std::uint64_t short_run = AllocationsOf(rules, once);
  const std::uint64_t long_run = AllocationsOf(rules, twice);

  RecordProperty("allocations_of_40000", static_cast<int>(short_run));
  RecordProperty("allocations_of_80000", static_cast<int>(long_run));
  // An event allocates nothing; a chunk of some hundred events a handful of
  // times (what the sources have shown, the lists of a finished chunk).
  constexpr std::uint64_t kOfAChunk = 8;
  const std::uint64_t chunks =
      (twice.size() - once.size()) / limits::kChunkBytes + 1;
  EXPECT_LE(long_run, short_run + kOfAChunk * chunks);
  EXPECT_LT(kOfAChunk * chunks, std::uint64_t{kEvents} / 20);
}

}  // namespace
}  // namespace tocsin::testing
