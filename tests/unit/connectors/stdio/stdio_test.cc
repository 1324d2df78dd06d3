#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "connectors/stdio/stdin_source.h"
#include "connectors/stdio/stdout_sink.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    CloseWriter();
    close(ends[0]);
  }
  void CloseWriter() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2] = {-1, -1};
};

TEST(StdinSourceTest, AFollowedPipeGivesNothingInsteadOfBlocking) {
  Pipe input;
  StdinOptions options;
  options.fd = input.ends[0];
  options.follow = true;
  StdinSource source(options);
  char buffer[64];

  const auto before = source.Read(buffer, sizeof(buffer));
  ASSERT_EQ(write(input.ends[1], "{}\n", 3), 3);
  const auto data = source.Read(buffer, sizeof(buffer));
  input.CloseWriter();
  const auto end = source.Read(buffer, sizeof(buffer));

  EXPECT_EQ(before->kind, ReadKind::kNothing);
  EXPECT_EQ(data->kind, ReadKind::kData);
  EXPECT_EQ(std::string(buffer, data->size), "{}\n");
  EXPECT_EQ(end->kind, ReadKind::kEnd);
}

TEST(StdinSourceTest, ItCannotGoBackToAPosition) {
  StdinSource source{StdinOptions()};

  EXPECT_TRUE(source.Resume("").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(source.Resume("12")));
  EXPECT_TRUE(absl::IsNotFound(source.Replay({source.StreamName(0), 1})));
}

TEST(StdoutSinkTest, JsonIsOneLineAnAlert) {
  Pipe output;
  StdoutOptions options;
  options.fd = output.ends[1];
  options.format = StdoutFormat::kJson;
  StdoutSink sink(options);
  Alert alerts[2];
  alerts[0].rule = "first";
  alerts[1].rule = "second";

  const Alert* const refs[2] = {&alerts[0], &alerts[1]};
  ASSERT_TRUE(sink.Deliver(refs).ok());

  char text[4096];
  const ssize_t got = read(output.ends[0], text, sizeof(text));
  const std::string lines(text, static_cast<std::size_t>(got));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  EXPECT_LT(lines.find("first"), lines.find("second"));
}

TEST(StdoutSinkTest, WhenNobodyReadsAnyMoreDeliverIsCancelled) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe output;
  StdoutOptions options;
  options.fd = output.ends[1];
  StdoutSink sink(options);
  close(output.ends[0]);
  output.ends[0] = open("/dev/null", O_RDONLY);
  const Alert alert;
  const Alert* const ref = &alert;

  EXPECT_TRUE(absl::IsCancelled(sink.Deliver({&ref, 1})));
}

}  // namespace
}  // namespace tocsin
