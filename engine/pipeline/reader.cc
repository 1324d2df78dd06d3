#include "engine/pipeline/reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr std::int64_t kGatherMicros = 2'000;
constexpr std::int64_t kTickMicros = 1'000'000;
constexpr int kWaitMs = 100;
constexpr int kWaitOfManyMs = 5;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

}  // namespace

Reader::Reader(Options options, std::vector<Source*> sources)
    : options_(options), inputs_(sources.size()) {
  const std::int64_t now = options_.clock->SteadyMicros();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    inputs_[i].source = sources[i];
    inputs_[i].last_data_us = now;
  }
}

// Reads until the chunk is full, the source has nothing now or the time to
// gather is up.
Reader::Filled Reader::Fill(Input* input, std::int64_t give_up_us) {
  if (!input->begun) {
    input->framer.Begin(&input->open);
    input->begun = true;
  }
  while (!input->framer.Full()) {
    if (input->other_stream > 0) return Filled::kLines;
    if (input->shown) return Filled::kShown;
    if (input->lost) return Filled::kLost;
    if (input->failed) return Filled::kFailed;
    std::size_t capacity = 0;
    char* const room = input->framer.Room(&capacity);
    absl::StatusOr<ReadOutcome> outcome = input->source->Read(room, capacity);
    if (!outcome.ok()) {
      input->failed = true;
      input->failure =
          Annotate(outcome.status(), std::string("reading ") +
                                         std::string(input->source->name()));
      return Filled::kFailed;
    }
    switch (outcome->kind) {
      case ReadKind::kData:
        if (outcome->stream != input->stream) {
          if (input->framer.filled() > 0) {
            input->other_stream = input->framer.filled();
            input->next_stream = outcome->stream;
          } else {
            input->stream = outcome->stream;
          }
        }
        input->framer.Commit(outcome->size);
        input->last_data_us = options_.clock->SteadyMicros();
        // A finished input that gives less than asked gives it now or later.
        if (input->framer.HasLines() &&
            (options_.live ? input->last_data_us >= give_up_us
                           : outcome->size < capacity)) {
          return Filled::kLines;
        }
        break;
      case ReadKind::kFileEnd:
        input->framer.EndLine();
        break;
      case ReadKind::kNothing:
        return Filled::kNothing;
      case ReadKind::kShown:
        input->shown = true;
        input->shown_us = outcome->shown_us;
        input->last_data_us = options_.clock->SteadyMicros();
        break;
      case ReadKind::kLost:
        input->lost = true;
        input->what_is_lost = std::move(outcome->lost);
        break;
      case ReadKind::kEnd:
        input->framer.EndLine();
        input->ended = true;
        return Filled::kEnded;
    }
  }
  return Filled::kLines;
}

// Hands over the whole lines of the open chunk; false when there are none.
bool Reader::Give(Input* input, EventBatch* batch) {
  if (!input->begun || !input->framer.HasLines()) return false;
  if (input->other_stream > 0) {
    input->framer.FinishAt(input->other_stream, /*cut=*/false);
  } else {
    input->framer.Finish();
  }
  input->begun = false;
  std::swap(*batch, input->open);
  return true;
}

// The entry of a chunk that was given.
ReadEntry Reader::Given(Input* input, std::size_t source) {
  input->idle = false;
  ReadEntry entry{Entry::kChunk, source, 0, input->stream};
  if (std::exchange(input->other_stream, 0) > 0) {
    input->stream = input->next_stream;
  }
  return entry;
}

ReadEntry Reader::Show(Input* input, std::size_t source) {
  if (std::exchange(input->lost, false)) {
    return {Entry::kLost, source, 0, 0, std::move(input->what_is_lost)};
  }
  input->shown = false;
  input->idle = false;
  return {Entry::kShown, source, input->shown_us};
}

absl::StatusOr<ReadEntry> Reader::NextOf(std::size_t source,
                                         EventBatch* batch) {
  Input* const input = &inputs_[source];
  Filled filled = Filled::kEnded;
  if (!input->ended) filled = Fill(input, kNever);
  if (Give(input, batch)) return Given(input, source);
  if (filled == Filled::kFailed) return input->failure;
  if (filled == Filled::kShown || filled == Filled::kLost) {
    return Show(input, source);
  }
  if (input->ended) return ReadEntry{Entry::kIdle, source, 0};
  input->source->Wait(kWaitMs);
  return ReadEntry{Entry::kNothing, source, 0};
}

absl::StatusOr<ReadEntry> Reader::NextFinished(EventBatch* batch) {
  if (turn_ == inputs_.size()) return ReadEntry{Entry::kEnd, 0, 0};
  absl::StatusOr<ReadEntry> entry = NextOf(turn_, batch);
  if (entry.ok() && entry->entry == Entry::kIdle) ++turn_;
  return entry;
}

bool Reader::HeldBack(std::size_t source,
                      const std::vector<Shown>& shown) const {
  if (shown[source].latest_us == INT64_MIN) return false;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (i != source && !shown[i].idle && shown[i].latest_us != INT64_MIN &&
        shown[source].latest_us - kSpreadMicros > shown[i].latest_us) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<ReadEntry> Reader::NextLive(const std::vector<Shown>& shown,
                                           EventBatch* batch) {
  bool open = false;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const std::size_t at = (turn_ + i) % inputs_.size();
    Input* const input = &inputs_[at];
    if (!input->ended && HeldBack(at, shown)) {
      open = true;
      continue;
    }
    Filled filled = Filled::kEnded;
    if (!input->ended) {
      filled = Fill(input, options_.clock->SteadyMicros() + kGatherMicros);
    }
    if (Give(input, batch)) {
      turn_ = (at + 1) % inputs_.size();
      return Given(input, at);
    }
    if (filled == Filled::kFailed) return input->failure;
    if (filled == Filled::kShown || filled == Filled::kLost) {
      return Show(input, at);
    }
    const bool silent = options_.clock->SteadyMicros() - input->last_data_us >=
                        options_.idle_us;
    if (!input->idle && (input->ended || silent)) {
      input->idle = true;
      return ReadEntry{Entry::kIdle, at, 0};
    }
    open = open || !input->ended;
  }
  if (!open) return ReadEntry{Entry::kEnd, 0, 0};
  return Standstill();
}

ReadEntry Reader::Standstill() {
  const auto idle = [](const Input& input) { return input.idle; };
  const std::int64_t now = options_.clock->SteadyMicros();
  if (std::all_of(inputs_.begin(), inputs_.end(), idle) &&
      now - last_tick_us_ >= kTickMicros) {
    last_tick_us_ = now;
    return {Entry::kTick, 0, options_.clock->WallMicros()};
  }
  const auto running =
      std::count_if(inputs_.begin(), inputs_.end(),
                    [](const Input& input) { return !input.ended; });
  for (Input& input : inputs_) {
    if (!input.ended) input.source->Wait(running > 1 ? kWaitOfManyMs : kWaitMs);
  }
  return {Entry::kNothing, 0, 0};
}

absl::StatusOr<ReadEntry> Reader::Next(const std::vector<Shown>& shown,
                                       EventBatch* batch) {
  if (!log_.empty()) return NextLogged(batch);
  return options_.live ? NextLive(shown, batch) : NextFinished(batch);
}

// What is half read of the log stays in it.
ReadEntry Reader::Drain(EventBatch* batch) {
  for (std::size_t i = 0; i < inputs_.size() && log_.empty(); ++i) {
    if (Give(&inputs_[i], batch)) return Given(&inputs_[i], i);
  }
  return {Entry::kEnd, 0, 0};
}

// A source stands behind the last byte it gave: what of it is in no chunk yet.
std::string Reader::Save(std::size_t source) const {
  const Input& input = inputs_[source];
  std::string out;
  PutBytes(input.begun ? input.framer.unfinished() : input.framer.rest(), &out);
  PutNumber(static_cast<std::uint8_t>(input.framer.skipping()), &out);
  PutNumber(static_cast<std::uint8_t>(input.idle), &out);
  PutNumber(input.stream, &out);
  PutNumber(static_cast<std::uint64_t>(input.other_stream), &out);
  PutNumber(input.next_stream, &out);
  return out;
}

absl::Status Reader::Load(std::size_t source, std::string_view bytes) {
  Input& input = inputs_[source];
  std::string_view rest;
  std::uint64_t other = 0;
  std::uint8_t skipping = 0, idle = 0;
  if (!TakeBytes(&bytes, &rest) || !TakeNumber(&bytes, &skipping) ||
      !TakeNumber(&bytes, &idle) || !TakeNumber(&bytes, &input.stream) ||
      !TakeNumber(&bytes, &other) || !TakeNumber(&bytes, &input.next_stream) ||
      !bytes.empty() || other > rest.size()) {
    return absl::DataLossError("the position of a source is damaged");
  }
  input.framer.Restore(rest, skipping != 0);
  input.other_stream = static_cast<std::size_t>(other);
  input.idle = idle != 0;
  return absl::OkStatus();
}

}  // namespace tocsin
