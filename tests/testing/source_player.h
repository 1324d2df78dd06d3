// Plays the engine at the seam of a source: reads it, keeps a log of what came
// from which stream, takes checkpoints, dies, and reads the same again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/source.h"

namespace tocsin::testing {

class SourcePlayer {
 public:
  using Open = std::function<std::unique_ptr<Source>()>;

  // `chunk`: bytes a Read() may give at most.
  explicit SourcePlayer(Open open, std::size_t chunk = 256 << 10);

  // Reads once; waits when there is nothing. False at a failure (status()).
  bool Step();
  // Steps until `enough()`, for `seconds` at most.
  bool Until(const std::function<bool()>& enough, double seconds = 60);
  bool UntilLines(std::size_t count, double seconds = 60);
  // Durable: what was read so far is not asked for again.
  void Checkpoint();
  // Checkpoints at least so often, while it steps.
  void CheckpointEvery(int ms) { checkpoint_ms_ = ms; }
  // Without a word to the source: it is destroyed (it cannot know it was a
  // crash, its group can). What came since the checkpoint is forgotten.
  void Crash();
  // A new source from the checkpoint; replays the log. Every byte must be the
  // same as before; false, with status(), when they are not to be had.
  bool Recover();
  // Recover() without a log: what came since the checkpoint comes anew.
  void Restart();
  void Close() { source_.reset(); }

  Source* source() { return source_.get(); }
  const absl::Status& status() const { return status_; }
  // Whole lines in the order in which they came.
  const std::vector<std::string>& lines() const { return lines_; }
  const std::vector<std::string>& lost() const { return lost_; }
  // How often each number of {"n":...} came.
  std::map<int, int> Numbers() const;
  std::string LogText() const;  // Streams and sizes, for failures.
  const std::vector<std::string>& log_streams() const { return log_streams_; }

 private:
  struct Stretch {
    std::string stream;
    std::string bytes;
  };
  void Take(const ReadOutcome& outcome);
  void AddBytes(std::string_view bytes);
  void NoteStream(std::uint32_t id);
  void Resume();
  bool ReplayStretch(const Stretch& stretch);

  Open open_;
  std::unique_ptr<Source> source_;
  std::vector<char> buffer_;
  absl::Status status_;
  std::vector<std::string> lines_, lost_, log_streams_;
  std::string partial_, last_stream_;
  std::vector<std::uint32_t> ids_;  // Of streams, as they changed.
  std::vector<Stretch> log_;        // Since the checkpoint.
  // The checkpoint.
  SourcePosition saved_;
  // Of the last two streams, by their ids: the engine may have lines of both.
  std::map<std::uint32_t, std::string> saved_streams_;
  std::size_t saved_lines_ = 0;
  std::string saved_partial_;
  int checkpoint_ms_ = 0;
  std::int64_t next_checkpoint_us_ = 0;
};

}  // namespace tocsin::testing
