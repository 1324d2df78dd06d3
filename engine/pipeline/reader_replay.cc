// Reader after a restart: the sources are read again in the order of the merge
// log, so that what was told before comes again as it was.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/reader.h"

namespace tocsin {
namespace {

constexpr int kWaitMs = 100;

}  // namespace

// Bytes that the source does not have any more; nothing of the stream that the
// log has behind them can be read either.
ReadEntry Reader::GiveUp(std::size_t source, const MergeEntry& entry,
                         std::string_view why) {
  Input& input = inputs_[source];
  input.given_up.insert(entry.stream);
  if (input.begun) {
    input.framer.FinishAt(0, false);
    input.framer.Restore({}, false);
    input.begun = false;
  }
  std::uint64_t bytes = 0;
  for (const MergeEntry& one : log_) {
    const bool same = one.kind == MergeEntry::Kind::kChunk &&
                      one.source == entry.source && one.stream == entry.stream;
    if (same) bytes += one.bytes;
  }
  const std::string text = input.source->TextOfStream(entry.stream);
  return {Entry::kLost, source, 0, 0,
          absl::StrFormat("%d bytes of %s that were read before the restart "
                          "cannot be read again (%s)",
                          bytes, text.empty() ? "it" : text, why)};
}

absl::StatusOr<ReadEntry> Reader::ReadLogged(std::size_t source,
                                             const MergeEntry& entry,
                                             EventBatch* batch) {
  Input& input = inputs_[source];
  if (!input.begun) {
    input.framer.Begin(&input.open);
    input.begun = true;
  }
  while (input.framer.filled() < entry.bytes) {
    const std::uint64_t missing = entry.bytes - input.framer.filled();
    const absl::Status asked = input.source->Replay({entry.stream, missing});
    if (absl::IsNotFound(asked)) return GiveUp(source, entry, Message(asked));
    if (!asked.ok()) return asked;
    std::size_t capacity = 0;
    char* const room = input.framer.Room(&capacity);
    absl::StatusOr<ReadOutcome> outcome = input.source->Read(
        room,
        static_cast<std::size_t>(std::min<std::uint64_t>(capacity, missing)));
    if (absl::IsNotFound(outcome.status())) {
      return GiveUp(source, entry, Message(outcome.status()));
    }
    if (!outcome.ok()) return outcome.status();
    switch (outcome->kind) {
      case ReadKind::kData:
        input.framer.Commit(outcome->size);
        input.stream = outcome->stream;
        break;
      case ReadKind::kFileEnd:
        input.framer.EndLine();
        break;
      case ReadKind::kNothing:
        input.source->Wait(kWaitMs);
        return ReadEntry{Entry::kNothing, source, 0};
      case ReadKind::kShown:
        break;  // The log has it.
      case ReadKind::kLost:
        return GiveUp(source, entry, outcome->lost);
      case ReadKind::kEnd:
        return GiveUp(source, entry, "it ended");
    }
  }
  const std::string_view bytes(
      input.framer.unfinished().substr(0, entry.bytes));
  if (CheckOf(bytes) != entry.check) {
    return GiveUp(source, entry, "other bytes stand there now");
  }
  input.framer.FinishAt(entry.bytes, entry.truncated);
  input.begun = false;
  std::swap(*batch, input.open);
  return Given(&input, source);
}

absl::StatusOr<ReadEntry> Reader::NextLogged(EventBatch* batch) {
  ReadEntry read;
  bool skipped = true;
  while (skipped && !log_.empty()) {
    const std::uint64_t number = log_.front().number;
    TOCSIN_ASSIGN_OR_RETURN(read, TakeLogged(batch, &skipped));
    read.number = number;
  }
  return read;
}

// `skipped`: nothing comes of it.
absl::StatusOr<ReadEntry> Reader::TakeLogged(EventBatch* batch, bool* skipped) {
  *skipped = false;
  using Kind = MergeEntry::Kind;
  const MergeEntry& entry = log_.front();
  std::size_t source = 0;
  while (source < inputs_.size() &&
         inputs_[source].source->name() != entry.source) {
    ++source;
  }
  ReadEntry read{Entry::kNothing, 0, 0};
  if (source == inputs_.size()) {
    // It is configured no more; time goes on all the same.
    if (entry.kind == Kind::kTick) {
      read = {Entry::kTick, 0, entry.time_us};
    } else {
      *skipped = true;
    }
  } else {
    switch (entry.kind) {
      case Kind::kChunk: {
        if (inputs_[source].given_up.contains(entry.stream)) {
          *skipped = true;
          break;
        }
        absl::StatusOr<ReadEntry> chunk = ReadLogged(source, entry, batch);
        if (!chunk.ok()) {
          return Annotate(chunk.status(),
                          absl::StrFormat("reading %s again", entry.source));
        }
        if (chunk->entry == Entry::kNothing) return chunk;
        read = *std::move(chunk);
        break;
      }
      case Kind::kShown:
        read = {Entry::kShown, source, entry.time_us};
        break;
      case Kind::kIdle:
        inputs_[source].idle = true;
        read = {Entry::kIdle, source, 0};
        break;
      case Kind::kTick:
        read = {Entry::kTick, 0, entry.time_us};
        break;
      case Kind::kLost:
        read = {Entry::kLost, source, 0, 0, entry.lost};
        break;
    }
  }
  log_.pop_front();
  if (log_.empty()) {
    for (Input& input : inputs_) {
      input.source->ReplayEnd();
      input.given_up.clear();
    }
  }
  return read;
}

}  // namespace tocsin
