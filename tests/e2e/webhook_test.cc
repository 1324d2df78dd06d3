// A webhook source in the service, and the commands that connect an apiserver.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "engine/base/coding.h"
#include "engine/base/hash.h"
#include "tests/e2e/e2e.h"
#include "tests/testing/compress.h"
#include "tests/unit/connectors/journal/journal_testing.h"
#include "tests/unit/connectors/webhook/hook_client.h"

namespace tocsin::e2e {
namespace {

using testing::ClientTls;
using testing::HookClient;
using testing::Post;
using testing::WaitForFile;

// An EventList of one 401.
std::string OneFailure(int second) {
  std::string line = Failure(second);
  line.pop_back();
  return R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[)" +
         line + "]}\n";
}

class WebhookTest : public ::testing::Test {
 protected:
  WebhookTest() { dir_.Write("r.rules", kEachRule); }

  std::string Config(const std::string& hook,
                     const std::string& data_dir = "data_dir: data\n") const {
    return dir_.Write("tocsin.yaml",
                      data_dir +
                          "rules: [r.rules]\nsources:\n  - name: hook\n" +
                          "    webhook: " + hook +
                          "\nsinks: [{name: out, file: {path: "
                          "alerts.ndjson}}]\nweb: {listen: \"127.0.0.1:0\"}\n");
  }
  void Start(const std::string& config) {
    service_ = std::make_unique<BackgroundProcess>(
        std::vector<std::string>{kBinary, "run", "--config", config},
        dir_.File("out"), dir_.File("err" + std::to_string(starts_++)));
    ASSERT_TRUE(service_->WaitForErr("started")) << service_->err();
  }
  std::uint16_t Port() const {
    const std::string log = service_->err();
    const std::size_t at = log.find("webhook_port=");
    return static_cast<std::uint16_t>(std::atoi(log.c_str() + at + 13));
  }

  TempDir dir_;
  int starts_ = 0;
  std::unique_ptr<BackgroundProcess> service_;
};

TEST_F(WebhookTest, APostedEventAlerts) {
  ASSERT_EQ(Tocsin({"certs", dir_.File("pki")}).exit_code, 0);
  dir_.Write("tokens", "a-token-of-this-test\n");
  Start(
      Config("{listen: \"127.0.0.1:0\", path: /audit, token_file: tokens, "
             "tls: {cert_file: pki/server.crt, key_file: pki/server.key, "
             "client_ca_file: pki/ca.crt, client_allowed_sans: "
             "[kube-apiserver]}}"));
  const ClientTls tls{.ca_file = dir_.File("pki/ca.crt"),
                      .cert_file = dir_.File("pki/client.crt"),
                      .key_file = dir_.File("pki/client.key")};
  HookClient client(Port(), &tls);
  ASSERT_TRUE(client.connected());
  const std::string token = "Authorization: Bearer a-token-of-this-test\r\n";
  for (int i = 0; i < 3; ++i) {
    client.Send(Post(OneFailure(i), "/audit", token));
    EXPECT_EQ(client.Code(), 200);
  }
  EXPECT_TRUE(
      WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"each_401\"", 3))
      << service_->err();
  service_->Signal(SIGTERM);
  EXPECT_EQ(service_->WaitForEnd(), 0) << service_->err();
}

// 400 items, four of them as they should not be; lists of an older version and
// compressed ones, too.
TEST_F(WebhookTest, OneBadItemNeverLosesItsBatch) {
  const auto item = [](const std::string& id, const std::string& user,
                       const std::string& more = "") {
    return R"({"level":"Metadata","auditID":")" + id +
           R"(","stage":"ResponseComplete","verb":"get","user":{"username":")" +
           user + R"("},"stageTimestamp":"2026-11-22T14:00:00.000000Z")" +
           more + "}";
  };
  const auto list = [](const std::string& items, const std::string& version) {
    return R"({"kind":"EventList","apiVersion":"audit.k8s.io/)" + version +
           R"(","metadata":{},"items":[)" + items + "]}\n";
  };
  dir_.Write("r.rules", "rule each_get { where verb == \"get\" then every }\n");
  std::string items;
  for (int i = 0; i < 400; ++i) {
    std::string one = item("id-" + std::to_string(i), "u");
    if (i == 100) one = item("no-utf8", "\xff\xfe");
    if (i == 200) one = R"({"level":"Metadata","auditID":"broken","stage":})";
    if (i == 300) one = item("lone", "\\ud800");
    if (i == 350) {
      one = item("large", "u",
                 R"(,"requestObject":")" + std::string(17u << 20, 'x') + "\"");
    }
    items += (i == 0 ? "" : ",") + one;
  }
  Start(Config("{listen: \"127.0.0.1:0\", path: /audit}"));
  HookClient client(Port());
  client.Send(Post(list(items, "v1")));
  EXPECT_EQ(client.Code(), 200);
  client.Send(Post(list(item("beta", "u"), "v1beta1")));
  EXPECT_EQ(client.Code(), 200);
  client.Send(Post(testing::Gzip(list(item("packed", "u"), "v1")), "/audit",
                   "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.Code(), 200);
  ASSERT_TRUE(
      WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"each_get\"", 401))
      << service_->err();
  const std::string told = dir_.Read("alerts.ndjson");
  for (const char* const id :
       {"id-0", "id-399", "no-utf8", "lone", "large", "beta", "packed"}) {
    EXPECT_THAT(told, HasSubstr("\"auditID\":\"" + std::string(id) + "\""));
  }
  EXPECT_TRUE(WaitForFile(dir_.File("data/dead-letters.ndjson"), "broken", 1));
  EXPECT_EQ(CountOf(dir_.Read("data/dead-letters.ndjson"), "\n"), 1);
}

// What was acknowledged is in the journal, however often the service dies.
TEST_F(WebhookTest, NothingAcknowledgedIsLostUnderKill9) {
  const std::string config = Config("{listen: \"127.0.0.1:0\", path: /audit}");
  std::set<std::string> acknowledged;
  int number = 0;
  for (int life = 0; life < 8; ++life) {
    Start(config);
    const std::uint16_t port = Port();
    Mutex mutex;
    std::vector<std::thread> clients;
    std::atomic<int> answered{0}, ended{0};
    for (int c = 0; c < 3; ++c) {
      const int first = number;
      number += 10'000;
      clients.emplace_back([&, first] {
        HookClient client(port);
        for (int i = first;; ++i) {
          const std::string body =
              "body " + std::to_string(i) + " " + std::string(i % 3'000, 'x');
          if (!client.Send(Post(body)) || client.Code() != 200) break;
          MutexLock lock(&mutex);
          acknowledged.insert(body);
          ++answered;
        }
        ++ended;
      });
    }
    while (answered < 20 + 13 * life && ended < 3) std::this_thread::yield();
    EXPECT_EQ(ended, 0);
    service_->Signal(SIGKILL);
    for (std::thread& client : clients) client.join();
    service_->WaitForEnd();
  }
  const auto journal = testing::OpenOrDie(dir_.File("data/journal/hook"));
  const auto all = testing::ReadAll(journal.get());
  EXPECT_TRUE(all.lost.empty());
  std::set<std::string> found(all.bodies.begin(), all.bodies.end());
  EXPECT_EQ(found.size(), all.bodies.size());
  for (const std::string& body : acknowledged) {
    ASSERT_TRUE(found.contains(body)) << body.substr(0, 20);
  }
}

TEST_F(WebhookTest, AJournalOfANewerVersionIsRefused) {
  dir_.Write("r.rules", kEachRule);
  std::filesystem::create_directories(dir_.File("data/journal/hook"));
  std::filesystem::permissions(dir_.File("data/journal/hook"),
                               std::filesystem::perms::owner_all);
  std::string head("TOCSINJ\n\x02\0\0\0", 12);
  head.resize(56, '\0');
  PutNumber(Hash64(head), &head);
  dir_.Write("data/journal/hook/0000000000000001.journal", head);
  const ProcessResult run =
      Tocsin({"run", "--config", Config("{listen: \"127.0.0.1:0\"}")});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("is of version 2"));
}

TEST_F(WebhookTest, ConfigurationsThatCannotBeAreRefused) {
  const auto fault = [&](const std::string& path) {
    const ProcessResult check = Tocsin({"config", "check", path});
    EXPECT_EQ(check.exit_code, 1);
    return check.err;
  };
  EXPECT_THAT(fault(Config("{listen: \"127.0.0.1:0\"}", "")),
              HasSubstr("needs `data_dir`"));
  EXPECT_THAT(fault(Config("{listen: \"0.0.0.0:8443\"}")),
              HasSubstr("insecure: true"));
  EXPECT_THAT(fault(Config("{path: /x}")), HasSubstr("`listen` is missing"));
  EXPECT_THAT(fault(Config("{listen: \"somewhere\"}")),
              HasSubstr("not an address"));
  EXPECT_THAT(fault(Config("{listen: \"127.0.0.1:0\", limts: {}}")),
              HasSubstr("did you mean `limits`"));
  EXPECT_THAT(
      fault(Config("{listen: \"127.0.0.1:0\", tls: {min_version: 1.1}}")),
      HasSubstr("min_version"));
  EXPECT_THAT(fault(Config("{listen: \"127.0.0.1:0\", journal: {size: 1MiB}}")),
              HasSubstr("two bodies"));
}

TEST_F(WebhookTest, WhatIsPrintedIsReadAgain) {
  const std::string path = Config(
      "{listen: \"127.0.0.1:8443\", path: /a, token_file: t, tls: {cert_file: "
      "c, key_file: k, client_ca_file: a, client_allowed_sans: [x, y], "
      "min_version: 1.3}, journal: {size: 2GiB}, limits: {connections: 7, "
      "body: 1MiB, idle_time: 3m}}");
  const ProcessResult first = Tocsin({"config", "print", path});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  for (const char* const part :
       {"connections: 7", "body: 1MiB", "idle_time: 3m", "size: 2GiB",
        "min_version: \"1.3\"", "- x", "header: 16KiB"}) {
    EXPECT_THAT(first.out, HasSubstr(part));
  }
  const ProcessResult again =
      Tocsin({"config", "print", dir_.Write("again.yaml", first.out)});
  EXPECT_EQ(again.out, first.out) << again.err;
}

TEST_F(WebhookTest, KubeconfigNamesWhatItWasGiven) {
  const ProcessResult run = Tocsin(
      {"webhook", "kubeconfig", "--server", "https://10.0.0.7:8443/audit",
       "--ca", "/pki/ca.crt", "--client-cert", "/pki/c.crt", "--client-key",
       "/pki/c.key", "--token-file", "/pki/token"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  for (const char* const part :
       {"server: https://10.0.0.7:8443/audit",
        "certificate-authority: /pki/ca.crt", "client-certificate: /pki/c.crt",
        "client-key: /pki/c.key", "tokenFile: /pki/token",
        "--audit-webhook-config-file", "current-context: tocsin"}) {
    EXPECT_THAT(run.out, HasSubstr(part));
  }
  EXPECT_EQ(Tocsin({"webhook", "kubeconfig"}).exit_code, 2);
  EXPECT_THAT(Tocsin({"webhook", "kubeconfig", "--server", "10.0.0.7"}).err,
              HasSubstr("https://"));
  EXPECT_THAT(Tocsin({"webhook", "kubeconfig", "--server", "https://x",
                      "--client-cert", "c"})
                  .err,
              HasSubstr("belong together"));
}

TEST_F(WebhookTest, CertsOverwritesNothing) {
  const std::string pki = dir_.File("pki");
  const ProcessResult made =
      Tocsin({"certs", "--server-name", "tocsin.audit.svc", pki});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("client.crt"));
  const std::string before = dir_.Read("pki/ca.crt");
  const ProcessResult again = Tocsin({"certs", pki});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("nothing is overwritten"));
  EXPECT_EQ(dir_.Read("pki/ca.crt"), before);
}

}  // namespace
}  // namespace tocsin::e2e
