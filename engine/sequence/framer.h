// Cuts the bytes of one source into chunks of whole lines, in place: a chunk's
// bytes are read straight into the batch that will be extracted. Confined to
// the thread that reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/event/extract.h"

namespace tocsin {

// Use: Begin(batch), then Room() and Commit() around each read until Full() or
// nothing more is to be had now, then Finish(). A line longer than
// limits::kLineBytes stands alone in a chunk, cut there (truncated_last); the
// rest of it is skipped.
class Framer {
 public:
  // Starts a chunk in `batch` with what was left over of the last one.
  void Begin(EventBatch* batch);
  // Where the next read may write, at least one byte.
  char* Room(std::size_t* capacity);
  void Commit(std::size_t size);
  // A file ended: its last line ends here, line feed or not.
  void EndLine();
  // There are whole lines and no room for a useful read.
  bool Full() const;
  // There is at least one whole line (or one to be cut).
  bool HasLines() const { return lines_end_ > 0 || cut_; }
  // How many bytes there are.
  std::size_t filled() const { return filled_; }
  // Ends the chunk behind its last whole line and keeps the rest. False when
  // there is no whole line: the batch then holds nothing.
  bool Finish();
  // The same behind its first `end` bytes, whole lines all: the rest is of
  // another stream. `cut`: they are the beginning of a line that is longer.
  void FinishAt(std::size_t end, bool cut);

  // What is read but not in any chunk yet, for checkpoints: between chunks, and
  // behind a Begin().
  std::string_view rest() const { return rest_; }
  std::string_view unfinished() const {
    return {batch_->bytes.data(), filled_};
  }
  bool skipping() const { return skipping_; }
  void Restore(std::string_view rest, bool skipping);

 private:
  void Look(std::size_t from);

  EventBatch* batch_ = nullptr;
  std::size_t filled_ = 0;     // Bytes in the batch.
  std::size_t lines_end_ = 0;  // Behind the last line feed.
  bool cut_ = false;           // The batch is the beginning of one long line.
  bool skipping_ = false;      // Inside the rest of a line that was cut.
  std::string rest_;
};

// How many lines the chunk holds.
std::uint64_t CountLines(const EventBatch& batch);

}  // namespace tocsin
