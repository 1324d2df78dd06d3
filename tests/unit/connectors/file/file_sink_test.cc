#include "connectors/file/file_sink.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using testing::TempDir;

std::unique_ptr<FileSink> OpenSink(FileSinkOptions options) {
  auto sink = FileSink::Open(std::move(options));
  EXPECT_TRUE(sink.ok()) << sink.status();
  return *std::move(sink);
}

Alert Named(const std::string& rule) {
  Alert alert;
  alert.rule = rule;
  return alert;
}

std::vector<const Alert*> Refs(std::span<const Alert> alerts) {
  std::vector<const Alert*> refs;
  for (const Alert& alert : alerts) refs.push_back(&alert);
  return refs;
}

std::size_t Lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(FileSinkTest, AlertsAreAppendedToWhatIsThere) {
  const TempDir dir;
  dir.Write("a.ndjson", "{\"old\":1}\n");
  auto sink = OpenSink({"a", dir.File("a.ndjson")});
  const Alert alert = Named("fresh");

  ASSERT_TRUE(sink->Deliver(Refs({&alert, 1})).ok());

  EXPECT_EQ(Lines(dir.Read("a.ndjson")), 2u);
  EXPECT_TRUE(dir.Read("a.ndjson").starts_with("{\"old\":1}\n{\"id\""));
}

TEST(FileSinkTest, HalfAnAlertThatACrashLeftIsTakenBack) {
  const TempDir dir;
  const std::string whole = "{\"id\":\"1\"}\n";
  const std::string half = "{\"id\":\"2\",\"kind";
  for (std::size_t size = 1; size <= half.size(); ++size) {
    dir.Write("a.ndjson", whole + half.substr(0, size));
    auto sink = OpenSink({"a", dir.File("a.ndjson")});
    ASSERT_EQ(dir.Read("a.ndjson"), whole);
  }
}

// What a crash kept from being noted as delivered stands in the last lines.
TEST(FileSinkTest, KnowsWhatItHasOfWhatWaits) {
  const TempDir dir;
  const std::vector<Alert> waiting{Named("1"), Named("2"), Named("3")};
  FileSinkOptions options{"a", dir.File("a.ndjson")};
  options.rotate_bytes = 1;  // Each alert in a file of its own.
  auto sink = OpenSink(options);
  EXPECT_EQ(sink->AlreadyHas(Refs(waiting)), 0u);
  ASSERT_TRUE(sink->Deliver(Refs({waiting.data(), 2})).ok());
  ASSERT_TRUE(sink->Flush().ok());

  auto again = OpenSink(options);

  EXPECT_EQ(again->AlreadyHas(Refs(waiting)), 2u);
}

TEST(FileSinkTest, WhatIsNotOursIsEnded) {
  const TempDir dir;
  dir.Write("a.ndjson", "{\"half\":");

  auto sink = OpenSink({"a", dir.File("a.ndjson")});

  EXPECT_EQ(dir.Read("a.ndjson"), "{\"half\":\n");
}

TEST(FileSinkTest, AFileThatWouldGrowTooLargeIsRotatedBetweenAlerts) {
  const TempDir dir;
  FileSinkOptions options{"a", dir.File("a.ndjson")};
  std::string line;
  AppendJson(Named("rule_1"), &line);
  options.rotate_bytes = 2 * line.size();
  options.keep = 2;
  auto sink = OpenSink(options);

  std::vector<Alert> alerts;
  for (int i = 0; i < 9; ++i) alerts.push_back(Named("rule_1"));
  ASSERT_TRUE(sink->Deliver(Refs(alerts)).ok());

  EXPECT_EQ(Lines(dir.Read("a.ndjson")), 1u);
  EXPECT_EQ(Lines(dir.Read("a.ndjson.1")), 2u);
  EXPECT_EQ(Lines(dir.Read("a.ndjson.2")), 2u);
  EXPECT_FALSE(std::filesystem::exists(dir.File("a.ndjson.3")));
}

TEST(FileSinkTest, AnAlertLargerThanTheLimitIsWrittenAllTheSame) {
  const TempDir dir;
  FileSinkOptions options{"a", dir.File("a.ndjson")};
  options.rotate_bytes = 10;
  auto sink = OpenSink(options);
  const Alert alerts[2] = {Named("one"), Named("two")};

  ASSERT_TRUE(sink->Deliver(Refs(alerts)).ok());

  EXPECT_EQ(Lines(dir.Read("a.ndjson")), 1u);
  EXPECT_EQ(Lines(dir.Read("a.ndjson.1")), 1u);
}

TEST(FileSinkTest, KeepingNoneBeginsTheFileAnew) {
  const TempDir dir;
  FileSinkOptions options{"a", dir.File("a.ndjson")};
  options.rotate_bytes = 10;
  options.keep = 0;
  auto sink = OpenSink(options);
  const Alert alerts[2] = {Named("one"), Named("two")};

  ASSERT_TRUE(sink->Deliver(Refs(alerts)).ok());

  EXPECT_EQ(Lines(dir.Read("a.ndjson")), 1u);
  EXPECT_FALSE(std::filesystem::exists(dir.File("a.ndjson.1")));
}

TEST(FileSinkTest, ReopenFollowsTheNameAfterTheFileWasMoved) {
  const TempDir dir;
  auto sink = OpenSink({"a", dir.File("a.ndjson")});
  const Alert alert = Named("x");
  std::filesystem::rename(dir.File("a.ndjson"), dir.File("moved"));

  ASSERT_TRUE(sink->Deliver(Refs({&alert, 1})).ok());
  ASSERT_TRUE(sink->Reopen().ok());
  ASSERT_TRUE(sink->Deliver(Refs({&alert, 1})).ok());

  EXPECT_EQ(Lines(dir.Read("moved")), 1u);
  EXPECT_EQ(Lines(dir.Read("a.ndjson")), 1u);
}

TEST(FileSinkTest, AFullDiskIsAStatus) {
  auto sink = OpenSink({"full", "/dev/full"});
  const Alert alert = Named("x");

  EXPECT_TRUE(absl::IsResourceExhausted(sink->Deliver(Refs({&alert, 1}))));
}

TEST(FileSinkTest, AFolderThatIsNotThereIsAStatus) {
  const TempDir dir;

  EXPECT_TRUE(absl::IsNotFound(
      FileSink::Open({"a", dir.File("none/a.ndjson")}).status()));
}

}  // namespace
}  // namespace tocsin
