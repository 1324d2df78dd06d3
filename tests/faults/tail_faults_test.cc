// What a followed log goes through in the worst minutes of its life, in real
// time and with a writer on a thread of its own.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "connectors/file/tail_source.h"
#include "engine/base/log.h"
#include "gtest/gtest.h"
#include "tests/testing/rotating_log.h"
#include "tests/testing/source_replayer.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

using testing::RotatingLog;
using testing::RotatingLogOptions;
using testing::SourceReplayer;
using testing::TempDir;

// TOCSIN_STORM_SECONDS: for a long run.
int StormSeconds() {
  const char* const seconds = std::getenv("TOCSIN_STORM_SECONDS");
  return seconds == nullptr ? 5 : std::atoi(seconds);
}
constexpr std::int64_t kStandsStillMicros = 150'000;
constexpr int kLinesPerTurn = 500;  // Every 10 ms: 50,000 a second.

// Every number from 0 on, once and in order; how many.
std::int64_t CountInOrder(const std::string& text) {
  std::int64_t next = 0;
  for (std::size_t at = 0; at < text.size();
       at = text.find('\n', at) + 1, ++next) {
    if (std::strtoll(text.c_str() + at, nullptr, 10) != next) {
      ADD_FAILURE() << "line " << next << " is "
                    << text.substr(at, text.find('\n', at) - at);
      return next;
    }
  }
  return next;
}

// A new file every 100 ms, 1 MB at the most, compressed and pruned to three by
// a second thread, while the reader keeps up and dies now and then. A machine
// that does not let it run for longer than three files last would lose some for
// any reader: nothing is removed meanwhile.
TEST(TailFaults, F10RotationStormFluentBit2110FluentBit1108) {
  InitLog({LogLevel::kError, LogFormat::kText});
  const TempDir dir;
  RotatingLogOptions writer_options;
  writer_options.path = dir.File("audit.log");
  writer_options.max_bytes = 1'000'000;
  writer_options.max_backups = 3;
  writer_options.compress = true;
  RotatingLog log(writer_options);
  log.Write("0\n");
  std::atomic<bool> writing{true};
  std::atomic<std::int64_t> written{1}, rotations{0}, stepped_us{0};
  std::int64_t waits = 0;

  SourceReplayer reader([&] {
    TailOptions options;
    options.name = "tail";
    options.pattern = dir.File("audit.log");
    options.start = TailStart::kBeginning;
    return std::make_unique<TailSource>(options);
  });
  reader.ReadAll(256 << 10);
  reader.Checkpoint();
  std::thread writer([&] {
    const std::string filling(100, 'x');
    const auto begin = std::chrono::steady_clock::now();
    for (int turn = 0; turn < StormSeconds() * 100; ++turn) {
      for (int i = 0; i < kLinesPerTurn; ++i) {
        log.Write(std::to_string(written++) + " " + filling + "\n");
      }
      if (turn % 10 == 9) {
        log.Rotate();
        ++rotations;
      }
      std::this_thread::sleep_until(begin +
                                    std::chrono::milliseconds(10) * (turn + 1));
    }
    writing = false;
  });
  std::thread mill([&] {
    while (writing) {
      const bool runs =
          RealClock()->SteadyMicros() - stepped_us < kStandsStillMicros;
      if (runs) log.Mill();
      waits += runs ? 0 : 1;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  int steps = 0, deaths = 0;
  while (writing) {
    stepped_us = RealClock()->SteadyMicros();
    if (!reader.Step(256 << 10)) reader.source()->Wait(50);
    if (++steps % 20 == 0) reader.Checkpoint();
    if (steps % 311 == 0) {
      reader.Crash(2);
      reader.Start();
      ++deaths;
    }
  }
  writer.join();
  mill.join();
  for (int i = 0; i < 20; ++i) {
    reader.ReadAll(256 << 10);
    reader.source()->Wait(100);
  }

  EXPECT_EQ(CountInOrder(reader.Text()), written.load());
  EXPECT_TRUE(reader.lost().empty()) << reader.lost().front();
  EXPECT_EQ(reader.missing(), 0u);
  std::printf("%lld lines, %lld rotations, %d deaths, %lld waits\n",
              static_cast<long long>(written.load()),
              static_cast<long long>(rotations.load()), deaths,
              static_cast<long long>(waits));
}

TEST(TailFaults, AFolderOfAHundredThousandFiles) {
  InitLog({LogLevel::kError, LogFormat::kText});
  const TempDir dir;
  for (int i = 0; i < 100'000; ++i) {
    dir.Write("other-" + std::to_string(i), "");
  }
  dir.Write("audit-2026-11-23T10-00-00.000.log", "0\n");
  dir.Write("audit.log", "1\n");
  for (const char* pattern : {"audit.log", "audit*"}) {
    TailOptions options;
    options.name = "tail";
    options.pattern = dir.File(pattern);
    options.start = TailStart::kBeginning;
    TailSource source(options);
    char buffer[64];
    const std::int64_t begin = RealClock()->SteadyMicros();
    ASSERT_EQ(source.Read(buffer, sizeof(buffer))->kind, ReadKind::kData);
    const std::int64_t took_us = RealClock()->SteadyMicros() - begin;
    EXPECT_LT(took_us, 5'000'000);
    std::printf("%s: %lld ms for the first look\n", pattern,
                static_cast<long long>(took_us / 1000));
  }
}

}  // namespace
}  // namespace tocsin
