// tocsin run with a data directory: what survives, who may have it, and what
// tocsin state says of it.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/e2e/e2e.h"

namespace tocsin::e2e {
namespace {

namespace fs = std::filesystem;
using testing::WaitForFile;

class DurableTest : public ::testing::Test {
 protected:
  DurableTest() {
    dir_.Write("r.rules", kBurstRule);
    dir_.Write("audit.log", "");
  }
  // `start` for what has no position.
  std::unique_ptr<BackgroundProcess> Start(const std::string& start = "end") {
    const std::string yaml = dir_.Write(
        "c.yaml",
        "rules: [r.rules]\ndata_dir: data\ncheckpoint: {interval: 100ms}\n"
        "sources: [{name: log, file: {path: audit.log, start: " +
            start +
            "}}]\n"
            "sinks: [{name: out, file: {path: alerts.ndjson}}]\n"
            "web: {listen: none}\n");
    auto service = std::make_unique<BackgroundProcess>(
        std::vector<std::string>{kBinary, "run", "--config", yaml},
        dir_.File("out"), dir_.File("err"));
    EXPECT_TRUE(service->WaitForErr("following a file")) << service->err();
    return service;
  }
  void WaitForState(const std::string& what) const {
    for (int tries = 0; tries < 200; ++tries) {
      const ProcessResult state =
          Tocsin({"state", "inspect", "--format", "json", dir_.File("data")});
      if (state.out.find(what) != std::string::npos) return;
      usleep(50'000);
    }
    ADD_FAILURE() << "the checkpoint never had " << what;
  }
  int Alerts() const {
    return CountOf(dir_.Read("alerts.ndjson"), "\"rule\":\"burst\"");
  }

  TempDir dir_;
};

// Two failures before the kill, the third behind it: the window survived.
TEST_F(DurableTest, AWindowSurvivesAKill) {
  {
    const auto service = Start();
    dir_.Append("audit.log", Failure(0) + Failure(1));
    WaitForState("\"cut\":1");
    service->Signal(SIGKILL);
    service->WaitForEnd();
  }
  dir_.Append("audit.log", Failure(2));
  const auto service = Start();
  EXPECT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "burst", 1))
      << service->err();
  service->Signal(SIGTERM);
  EXPECT_EQ(service->WaitForEnd(), 0);
  EXPECT_EQ(Alerts(), 1);
}

// `start: end` counts once, not at every start.
TEST_F(DurableTest, WhatIsWrittenWhileItIsDownIsRead) {
  {
    const auto first = Start();
    WaitForState("\"sources\":{\"log\"");
    first->Signal(SIGKILL);
    first->WaitForEnd();
  }
  dir_.Append("audit.log", Failure(0) + Failure(1) + Failure(2));
  const auto service = Start();
  EXPECT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "burst", 1))
      << service->err();
}

TEST_F(DurableTest, ASecondServiceIsRefusedAndNamesTheFirst) {
  const auto service = Start();
  const ProcessResult second = Tocsin({"run", "--config", dir_.File("c.yaml")});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("is in use by process"));
  EXPECT_THAT(second.err, HasSubstr("two cannot share one"));
}

// What a rotation took while it was down is an alert with its range; what is
// left goes on.
TEST_F(DurableTest, WhatWasPrunedWhileItIsDownIsToldWithItsRange) {
  {
    const auto first = Start("resume");
    dir_.Append("audit.log", Failure(0));
    WaitForState("\"cut\":1");
    first->Signal(SIGTERM);
    EXPECT_EQ(first->WaitForEnd(), 0) << first->err();
  }
  const auto read = fs::file_size(dir_.File("audit.log"));
  fs::remove(dir_.File("audit.log"));
  dir_.Write("audit.log", Failure(1) + Failure(2) + Failure(3));
  const auto service = Start("resume");
  ASSERT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "tocsin.gap", 1))
      << service->err();
  const std::string told = dir_.Read("alerts.ndjson");
  EXPECT_THAT(told, HasSubstr("audit.log from byte " + std::to_string(read)));
  EXPECT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "\"rule\":\"burst\"", 1));
}

// Alerts and samples hold what events hold.
TEST_F(DurableTest, StateIsForNobodyElseToRead) {
  fs::create_directory(dir_.File("data"));
  fs::permissions(dir_.File("data"), fs::perms(0755));
  const auto service = Start();
  EXPECT_EQ(fs::status(dir_.File("data/state")).permissions(),
            fs::perms::owner_all);
}

TEST_F(DurableTest, LinesThatAreNoEventsAreKept) {
  const auto service = Start();
  dir_.Append("audit.log", "{no event\n");
  EXPECT_TRUE(
      WaitForFile(dir_.File("data/dead-letters.ndjson"), "{no event", 1))
      << service->err();
  EXPECT_THAT(dir_.Read("data/dead-letters.ndjson"),
              HasSubstr("\"source\":\"log\""));
}

TEST_F(DurableTest, StateIsLookedAtVerifiedAndWrittenOut) {
  {
    const auto service = Start();
    dir_.Append("audit.log", Failure(0) + Failure(1) + Failure(2));
    ASSERT_TRUE(WaitForFile(dir_.File("alerts.ndjson"), "burst", 1));
    EXPECT_EQ(Tocsin({"state", "compact", dir_.File("data")}).exit_code, 2);
    service->Signal(SIGTERM);
    EXPECT_EQ(service->WaitForEnd(), 0);
  }
  const std::string data = dir_.File("data");
  const ProcessResult inspect = Tocsin({"state", "inspect", data});
  EXPECT_EQ(inspect.exit_code, 0) << inspect.err;
  EXPECT_THAT(inspect.out, HasSubstr("source log stands at"));
  EXPECT_THAT(inspect.out, HasSubstr("sink out has had all up to 1"));
  EXPECT_THAT(inspect.out, HasSubstr("1           1  burst\n"));
  const ProcessResult json =
      Tocsin({"state", "inspect", "--format", "json", data});
  EXPECT_THAT(json.out, HasSubstr("\"by_rule\":[{\"rule\":\"burst\""));
  EXPECT_THAT(json.out, HasSubstr("\"keys\":1,\"holds\":1,"));
  const ProcessResult exported = Tocsin({"state", "export", data});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_THAT(exported.out, HasSubstr("\"family\":\"history\",\"number\":1"));
  EXPECT_EQ(Tocsin({"state", "verify", data}).out, data + ": sound\n");
  EXPECT_EQ(Tocsin({"state", "compact", data}).exit_code, 0);
  EXPECT_EQ(Tocsin({"state", "verify", data}).exit_code, 0);
  const ProcessResult none = Tocsin({"state", "inspect", dir_.File("none")});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("there is no state in"));
}

TEST_F(DurableTest, WithoutItsLogStateIsDamagedAndNotBegunAnew) {
  {
    const auto service = Start();
    dir_.Append("audit.log", Failure(0));
    WaitForState("\"cut\":1");
    service->Signal(SIGTERM);
    EXPECT_EQ(service->WaitForEnd(), 0);
  }
  int removed = 0;
  for (const auto& file : fs::directory_iterator(dir_.File("data/state"))) {
    if (file.path().extension() == ".log") removed += fs::remove(file.path());
  }
  EXPECT_GT(removed, 0);
  const ProcessResult verify = Tocsin({"state", "verify", dir_.File("data")});
  EXPECT_EQ(verify.exit_code, 1);
  EXPECT_THAT(verify.err, HasSubstr("write-ahead log (*.log) is missing"));
  const ProcessResult run = Tocsin({"run", "--config", dir_.File("c.yaml")});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("write-ahead log (*.log) is missing"));
}

// Also of a directory that an older version made, which left no mark.
TEST_F(DurableTest, AStateThatIsGoneAsAWholeIsToldAndNotBegunAnew) {
  const std::string data = dir_.File("data");
  const auto run_once = [&] {
    fs::remove(dir_.File("err"));  // What it is waited for stands there.
    const auto service = Start();
    service->Signal(SIGTERM);
    EXPECT_EQ(service->WaitForEnd(), 0) << service->err();
  };
  run_once();
  EXPECT_TRUE(fs::remove(data + "/FORMAT"));
  run_once();
  EXPECT_GT(fs::file_size(data + "/FORMAT"), 0u);
  for (const bool empty : {false, true}) {
    fs::remove_all(data + "/state");
    if (empty) fs::create_directory(data + "/state");
    const ProcessResult verify = Tocsin({"state", "verify", data});
    EXPECT_EQ(verify.exit_code, 1) << verify.err;
    const ProcessResult run = Tocsin({"run", "--config", dir_.File("c.yaml")});
    EXPECT_EQ(run.exit_code, 2) << run.err;
    for (const std::string& err : {verify.err, run.err}) {
      EXPECT_THAT(err, HasSubstr("is damaged: all of it is missing"));
      EXPECT_THAT(err, HasSubstr("or begin with an empty one"));
    }
    EXPECT_EQ(fs::exists(data + "/state"), empty);
  }
}

TEST_F(DurableTest, DamageIsToldAndNothingIsInvented) {
  {
    const auto service = Start();
    dir_.Append("audit.log", Failure(0) + Failure(1));
    WaitForState("\"cut\":1");
    service->Signal(SIGTERM);
    EXPECT_EQ(service->WaitForEnd(), 0);
  }
  ASSERT_EQ(Tocsin({"state", "compact", dir_.File("data")}).exit_code, 0);
  for (const auto& file : fs::directory_iterator(dir_.File("data/state"))) {
    if (file.path().extension() != ".sst") continue;
    std::fstream bytes(file.path(),
                       std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(20);
    bytes.write("damaged", 7);
  }
  EXPECT_NE(Tocsin({"state", "verify", dir_.File("data")}).exit_code, 0);
  const ProcessResult run = Tocsin({"run", "--config", dir_.File("c.yaml")});
  EXPECT_NE(run.exit_code, 0);
  EXPECT_THAT(run.err, HasSubstr("state"));
}

}  // namespace
}  // namespace tocsin::e2e
