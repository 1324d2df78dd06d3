// A log that is rotated, compressed, pruned, copied and truncated at random,
// while its reader is slow, dies and starts again: every line once, in order.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "connectors/file/tail_source.h"
#include "engine/base/log.h"
#include "gtest/gtest.h"
#include "tests/testing/compress.h"
#include "tests/testing/random.h"
#include "tests/testing/rotating_log.h"
#include "tests/testing/source_replayer.h"
#include "tests/testing/temp_dir.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::Random;
using testing::RotatingLog;
using testing::SourceReplayer;
using testing::TempDir;

constexpr std::int64_t kLogStartMs = 1'780'000'000'000;

class Life {
 public:
  Life(std::uint64_t seed, int globs)
      : random_(seed),
        glob_(random_.Chance(globs)),
        reader_([this] { return Open(); }) {
    clock_.Advance(1'000'000);
  }
  // What comes from now on is to be read.
  void FirstLook() {
    reader_.ReadAll(100);
    reader_.Checkpoint();
  }

  std::unique_ptr<Source> Open() {
    TailOptions options;
    options.name = "tail";
    options.pattern = dir_.File(glob_ ? "audit*" : "audit.log");
    options.start = TailStart::kBeginning;
    options.inotify = false;
    options.clock = &clock_;
    return std::make_unique<TailSource>(options);
  }

  std::string NextLine() {
    std::string line = "line " + std::to_string(lines_.size()) + " ";
    line.append(random_.Below(random_.Chance(10) ? 300 : 40), 'x');
    lines_.push_back(line);
    return line + "\n";
  }
  // Reads a little, or all there is.
  void Read() {
    if (reader_.source() == nullptr) return;
    clock_.Advance(random_.Between(1, 1'500'000));
    const std::size_t capacity = random_.Pick<std::size_t>({16, 100, 1000});
    if (random_.Chance(20)) {
      reader_.ReadAll(capacity);
    } else {
      for (auto n = random_.Below(8); n > 0 && reader_.Step(capacity); --n) {
      }
    }
    if (random_.Chance(30)) reader_.Checkpoint();
  }
  // Dies, and is away for what `meanwhile` does.
  template <typename F>
  void Restart(F meanwhile) {
    reader_.Crash(random_.Below(3));
    for (auto n = random_.Below(12); n > 0; --n) meanwhile();
    reader_.Start();
  }
  void Drain() {
    for (int i = 0; i < 6; ++i) {
      clock_.Advance(6'000'000);
      reader_.ReadAll(1000);
    }
  }
  // The lines that were read, as numbers.
  std::vector<std::size_t> Given() {
    std::vector<std::size_t> numbers;
    std::istringstream in(reader_.Text());
    std::string line;
    while (std::getline(in, line)) {
      const std::size_t number =
          line.starts_with("line ") ? std::stoul(line.substr(5)) : 0;
      EXPECT_LT(number, lines_.size());
      EXPECT_EQ(line, lines_[number]);
      numbers.push_back(number);
    }
    return numbers;
  }

 protected:
  TempDir dir_;
  Random random_;
  ManualClock clock_;
  bool glob_;
  SourceReplayer reader_;
  std::vector<std::string> lines_;
};

class RotatedLife : public Life {
 public:
  explicit RotatedLife(std::uint64_t seed)
      : Life(seed, 50),
        log_({dir_.File("audit.log"),
              static_cast<std::uint64_t>(random_.Between(100, 3000)), 0, true,
              [this] { return now_ms_ += random_.Between(1, 5000); }}) {}

  void Run() {
    FirstLook();
    for (int step = 0; step < 120; ++step) {
      switch (random_.Below(6)) {
        case 0:
          Read();
          break;
        case 1:
          if (random_.Chance(30)) Restart([this] { Write(); });
          break;
        default:
          Write();
      }
      if (::testing::Test::HasFailure()) return;
    }
    Finish();
  }

 private:
  void Write() {
    for (auto n = random_.Below(10); n > 0; --n) {
      const std::string line = NextLine();
      log_.Write(line);
    }
    if (random_.Chance(5)) log_.Close();
    if (random_.Chance(10)) {
      half_ = NextLine();
      log_.WritePart(half_.substr(0, half_.size() / 2));
      Read();
      log_.WritePart(half_.substr(half_.size() / 2));
    }
    Compress();
    if (random_.Chance(10)) Prune();
  }
  void Compress() {
    for (const std::string& backup : log_.Backups()) {
      if (backup.ends_with(".gz") || !random_.Chance(30)) continue;
      // Sometimes the writer dies while it compresses.
      const bool dies = random_.Chance(20);
      log_.Compress(backup,
                    dies ? static_cast<double>(random_.Below(100)) / 100 : 1);
    }
  }
  // Of the backups those whose every line is in a checkpoint may go.
  void Prune() {
    const std::string durable =
        reader_.Text().substr(0, reader_.durable_bytes());
    for (const std::string& backup : log_.Backups()) {
      if (backup.ends_with(".gz")) continue;
      std::ifstream in(backup);
      std::ostringstream text;
      text << in.rdbuf();
      if (!text.str().empty() &&
          durable.find(text.str()) != std::string::npos) {
        fs::remove(backup);
        fs::remove(backup + ".gz");
        pruned_ = true;
      }
    }
  }
  void Finish() {
    Drain();
    const std::vector<std::size_t> given = Given();
    std::vector<std::size_t> all(lines_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    EXPECT_EQ(given, all);
    // Nobody can know that nothing was written behind the place at which a
    // file was before it was rotated and pruned: that is told.
    if (!pruned_) {
      EXPECT_TRUE(reader_.lost().empty()) << reader_.lost().front();
    }
    EXPECT_EQ(reader_.missing(), 0u);
  }

  RotatingLog log_;
  std::int64_t now_ms_ = kLogStartMs;
  std::string half_;
  bool pruned_ = false;
};

TEST(TailPropertyTest, RotationLosesNothingAndDoublesNothing) {
  InitLog({LogLevel::kError, LogFormat::kText});
  const std::uint64_t seed = testing::SeedOr(1);
  for (int round = 0; round < testing::RoundsOr(200); ++round) {
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed + round) +
                 " TOCSIN_ROUNDS=1");
    RotatedLife life(seed + static_cast<std::uint64_t>(round));
    life.Run();
    if (HasFailure()) return;
  }
}

// logrotate with copytruncate.
class CopiedLife : public Life {
 public:
  explicit CopiedLife(std::uint64_t seed) : Life(seed, 0) {
    append_ = random_.Chance(80);
    path_ = dir_.Write("audit.log", "");
  }

  void Run() {
    FirstLook();
    for (int step = 0; step < 100; ++step) {
      switch (random_.Below(8)) {
        case 0:
          Read();
          break;
        case 1:
          if (random_.Chance(20)) Restart([this] { Write(); });
          break;
        case 2:
          if (random_.Chance(40)) CopyAndTruncate();
          break;
        default:
          Write();
      }
      if (::testing::Test::HasFailure()) return;
    }
    Drain();
    const std::vector<std::size_t> given = Given();
    std::vector<bool> seen(lines_.size());
    for (const std::size_t number : given) {
      EXPECT_FALSE(seen[number]) << lines_[number] << " came twice";
      seen[number] = true;
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
      EXPECT_TRUE(seen[i] || window_[i]) << lines_[i] << " is lost";
    }
    EXPECT_EQ(reader_.missing(), 0u);
  }

 private:
  void Write() {
    std::ofstream out(path_,
                      append_ ? std::ios::app : std::ios::in | std::ios::out);
    if (!append_) out.seekp(static_cast<std::streamoff>(at_));
    for (auto n = random_.Below(10); n > 0; --n) {
      const std::string line = NextLine();
      out << line;
      at_ += line.size();
      window_.push_back(copying_);
    }
  }
  void CopyAndTruncate() {
    for (int n = copies_++; n > 0; --n) {
      for (const char* ending : {"", ".gz"}) {
        const std::string from = path_ + "." + std::to_string(n) + ending;
        std::error_code none;
        fs::rename(from, path_ + "." + std::to_string(n + 1) + ending, none);
      }
    }
    fs::copy_file(path_, path_ + ".1");
    copying_ = true;
    if (random_.Chance(30)) Write();
    copying_ = false;
    fs::resize_file(path_, 0);
    if (random_.Chance(30)) Compress(path_ + ".1");
    if (random_.Chance(30)) Compress(path_ + ".2");
  }
  // As gzip does: the time of the last write stays.
  void Compress(const std::string& backup) {
    if (!fs::exists(backup)) return;
    std::ifstream in(backup);
    std::ostringstream text;
    text << in.rdbuf();
    std::ofstream(backup + ".gz") << testing::Gzip(text.str());
    fs::last_write_time(backup + ".gz", fs::last_write_time(backup));
    fs::remove(backup);
  }

  std::string path_;
  bool append_ = true;
  bool copying_ = false;
  int copies_ = 0;  // None is ever removed.
  std::uint64_t at_ = 0;
  std::vector<bool> window_;  // By line: written between copy and truncation.
};

TEST(TailPropertyTest, CopyTruncateLosesNoMoreThanWhatIsWrittenMeanwhile) {
  InitLog({LogLevel::kError, LogFormat::kText});
  const std::uint64_t seed = testing::SeedOr(1);
  for (int round = 0; round < testing::RoundsOr(100); ++round) {
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed + round) +
                 " TOCSIN_ROUNDS=1");
    CopiedLife life(seed + static_cast<std::uint64_t>(round));
    life.Run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tocsin
