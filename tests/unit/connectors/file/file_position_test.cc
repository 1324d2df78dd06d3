#include "connectors/file/file_position.h"

#include "gtest/gtest.h"

namespace tocsin {
namespace {

TailPosition Example() {
  TailPosition position;
  position.next_id = 9;
  position.saved_us = 5;
  FileRecord file;
  file.id = 7;
  file.key = {1, 2};
  file.mark = {1000, 800, 0xABCD, 256, 0xEF};
  file.finished = true;
  file.line_given = 17;
  file.time_us = 3;
  file.written_us = 4;
  file.path = "/var/log/audit 1.log";
  file.base = "/var/log/audit.log";
  position.files = {file, file};
  position.files[1].skipping = true;
  LogRecord log;
  log.base = file.base;
  log.floor_us = -1;
  log.done = {{3, {4, 5}, file.mark}};
  position.logs = {log};
  return position;
}

TEST(FilePositionTest, WhatIsWrittenIsRead) {
  const std::string bytes = Encode(Example());

  const auto read = DecodeTailPosition(bytes);

  ASSERT_TRUE(read.ok());
  EXPECT_EQ(Encode(*read), bytes);
  EXPECT_EQ(read->next_id, 9u);
  EXPECT_EQ(read->files[0].path, "/var/log/audit 1.log");
  EXPECT_TRUE(read->files[1].skipping);
  EXPECT_EQ(read->logs[0].done[0].mark.marker_hash, 0xEFu);
}

TEST(FilePositionTest, NoPartAndNothingLongerIsAPosition) {
  const std::string bytes = Encode(Example());

  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeTailPosition(bytes.substr(0, size)).status()))
        << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeTailPosition(bytes + "x").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeTailPosition("rubbish").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeTailPosition("12 rubbish").status()));
}

TEST(FilePositionTest, ALaterVersionIsRefusedAndSaysSo) {
  std::string bytes = Encode(Example());
  bytes[0] = 3;

  EXPECT_TRUE(absl::IsFailedPrecondition(DecodeTailPosition(bytes).status()));
}

TEST(FilePositionTest, TheFormWithoutAVersionIsRead) {
  const auto read = DecodeTailPosition("1 2 300 77 /a b\n1 3 5 78 /c\n");

  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->files.size(), 2u);
  EXPECT_EQ(read->files[0].key, (FileKey{1, 2}));
  EXPECT_EQ(read->files[0].mark.offset, 300u);
  EXPECT_EQ(read->files[0].mark.head_size, 256u);
  EXPECT_EQ(read->files[0].path, "/a b");
  EXPECT_EQ(read->files[1].mark.head_size, 5u);
  EXPECT_NE(read->files[0].id, read->files[1].id);
  EXPECT_TRUE(DecodeTailPosition("")->files.empty());
}

TEST(FilePositionTest, AStreamIsNamedByARecord) {
  const FileRecord file = Example().files[0];

  const auto read = DecodeStreamName(EncodeStreamName(file));

  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeStreamName(*read), EncodeStreamName(file));
  EXPECT_TRUE(absl::IsDataLoss(DecodeStreamName("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeStreamName("\x02x").status()));
}

}  // namespace
}  // namespace tocsin
