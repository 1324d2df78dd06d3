// What a real kube-apiserver sent, head and body byte for byte, to the
// receiver: what comes out is what its log has of the same events.
#include <rapidjson/document.h>

#include <algorithm>
#include <map>

#include "gtest/gtest.h"
#include "tests/unit/connectors/webhook/captured.h"
#include "tests/unit/connectors/webhook/hook_testing.h"

namespace tocsin {
namespace {

using testing::CapturedBodies;
using testing::CapturesDir;
using testing::Drain;
using testing::Figure;
using testing::HookClient;
using testing::Lines;

constexpr std::string_view kListHead =
    R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[)";
constexpr std::string_view kLineHead =
    R"({"kind":"Event","apiVersion":"audit.k8s.io/v1",)";

// A request as it came: `path` with its query, `head` to its empty line.
struct Recorded {
  int connection;
  std::string path;
  std::string head;
};

std::vector<Recorded> RecordedRequests(const std::string& run) {
  std::vector<Recorded> requests;
  for (const std::string& line :
       Lines(testing::ReadGzip(CapturesDir() + run + "-webhook/index.jsonl"))) {
    rapidjson::Document entry;
    entry.Parse(line.c_str());
    EXPECT_FALSE(entry.HasParseError());
    Recorded request{entry["conn"].GetInt(), entry["path"].GetString(), ""};
    request.head = std::string(entry["method"].GetString()) + " " +
                   request.path + " " + entry["proto"].GetString() + "\r\n";
    for (const auto& header : entry["headers"].GetObject()) {
      request.head += std::string(header.name.GetString()) + ": " +
                      header.value.GetString() + "\r\n";
    }
    request.head += "\r\n";
    requests.push_back(std::move(request));
  }
  return requests;
}

// The body that the apiserver would make of such lines of its log.
std::string ListOf(const std::vector<std::string>& lines) {
  std::string body(kListHead);
  for (const std::string& line : lines) {
    EXPECT_TRUE(line.starts_with(kLineHead));
    body += body.back() == '[' ? "{" : ",{";
    body += line.substr(std::min(kLineHead.size(), line.size()));
  }
  return body + "]}\n";
}

class RecordedExchangeTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedExchangeTest, ComesOutByteForByte) {
  const std::string run = GetParam();
  TOCSIN_NEEDS_FILE(CapturesDir() + run + "-webhook/bodies.ndjson.gz");
  const std::vector<Recorded> requests = RecordedRequests(run);
  const std::vector<std::string> bodies = CapturedBodies(run);
  ASSERT_EQ(requests.size(), bodies.size());
  ASSERT_FALSE(bodies.empty());

  testing::TempDir dir;
  WebhookOptions options = testing::HookOptions(dir);
  options.path = requests[0].path.substr(0, requests[0].path.find('?'));
  const Webhooks hooks = testing::OpenHooks({options});
  Source* const source = hooks.sources[0].get();
  std::map<int, std::unique_ptr<HookClient>> clients;
  std::vector<std::string> all;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    std::unique_ptr<HookClient>& client = clients[requests[i].connection];
    if (client == nullptr) {
      client = std::make_unique<HookClient>(testing::PortOf(hooks));
    }
    ASSERT_TRUE(client->Send(requests[i].head + bodies[i]));
    ASSERT_EQ(client->Code(), 200) << requests[i].head;
    const std::vector<std::string> lines = Lines(Drain(source));
    ASSERT_TRUE(ListOf(lines) == bodies[i]) << "body " << i << " is another";
    all.insert(all.end(), lines.begin(), lines.end());
  }
  EXPECT_EQ(Figure(*source, "events_total"), all.size());
  EXPECT_EQ(Figure(*source, "broken_items_total"), 0);
  EXPECT_EQ(Figure(*source, "duplicate_batches_total"), 0);

  // Of one run the log has the same, as JSON.
  if (run != "a-exhaustive") return;
  std::vector<std::string> logged =
      Lines(testing::ReadGzip(CapturesDir() + run + "/audit.log.gz"));
  std::sort(logged.begin(), logged.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), 5'764u);
  EXPECT_TRUE(all == logged);
}

INSTANTIATE_TEST_SUITE_P(Runs, RecordedExchangeTest,
                         ::testing::Values("a-exhaustive", "d-legacy",
                                           "e-truncate"));

}  // namespace
}  // namespace tocsin
