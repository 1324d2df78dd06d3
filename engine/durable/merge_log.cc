#include "engine/durable/merge_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/coding.h"
#include "engine/base/hash.h"

namespace tocsin {
namespace {

using Kind = MergeEntry::Kind;

// Beside the kinds of entries.
constexpr std::uint8_t kSources = 64;
constexpr std::uint8_t kStream = 65;
constexpr std::size_t kCheckedEnd = 64;

struct Reading {
  std::vector<std::string> sources;
  std::vector<std::pair<std::pair<std::uint16_t, std::uint32_t>, std::string>>
      streams;
};

bool TakeSources(std::string_view* rest, Reading* reading) {
  std::uint16_t count = 0;
  if (!TakeNumber(rest, &count)) return false;
  reading->sources.clear();
  reading->streams.clear();
  for (; count > 0; --count) {
    std::string_view name;
    if (!TakeBytes(rest, &name)) return false;
    reading->sources.emplace_back(name);
  }
  return true;
}

bool TakeStream(std::string_view* rest, Reading* reading) {
  std::uint16_t source = 0;
  std::uint32_t stream = 0;
  std::string_view name;
  if (!TakeNumber(rest, &source) || !TakeNumber(rest, &stream) ||
      !TakeBytes(rest, &name)) {
    return false;
  }
  reading->streams.push_back({{source, stream}, std::string(name)});
  return true;
}

bool TakeChunk(std::string_view* rest, const Reading& reading,
               std::uint16_t source, MergeEntry* entry) {
  std::uint32_t stream = 0, bytes = 0;
  std::uint8_t truncated = 0;
  if (!TakeNumber(rest, &stream) || !TakeNumber(rest, &bytes) ||
      !TakeNumber(rest, &truncated) || !TakeNumber(rest, &entry->check)) {
    return false;
  }
  entry->bytes = bytes;
  entry->truncated = truncated != 0;
  const auto found = std::find_if(
      reading.streams.rbegin(), reading.streams.rend(),
      [&](const auto& one) { return one.first == std::pair(source, stream); });
  if (found == reading.streams.rend()) return false;
  entry->stream = found->second;
  return true;
}

bool TakeEntry(std::uint8_t kind, std::string_view* rest,
               const Reading& reading, MergeEntry* entry) {
  std::uint16_t source = 0;
  std::string_view lost;
  entry->kind = static_cast<Kind>(kind);
  if (!TakeNumber(rest, &source) || source >= reading.sources.size()) {
    return false;
  }
  entry->source = reading.sources[source];
  switch (entry->kind) {
    case Kind::kChunk:
      return TakeChunk(rest, reading, source, entry);
    case Kind::kShown:
    case Kind::kIdle:
    case Kind::kTick:
      return TakeNumber(rest, &entry->time_us);
    case Kind::kLost:
      if (!TakeBytes(rest, &lost)) return false;
      entry->lost = lost;
      return true;
  }
  return false;
}

bool TakeStretch(std::string_view rest, std::uint64_t number, Reading* reading,
                 std::deque<MergeEntry>* entries) {
  while (!rest.empty()) {
    std::uint8_t kind = 0;
    TakeNumber(&rest, &kind);
    if (kind == kSources) {
      if (!TakeSources(&rest, reading)) return false;
    } else if (kind == kStream) {
      if (!TakeStream(&rest, reading)) return false;
    } else {
      MergeEntry entry;
      entry.number = number++;
      if (!TakeEntry(kind, &rest, *reading, &entry)) return false;
      entries->push_back(std::move(entry));
    }
  }
  return true;
}

}  // namespace

std::uint32_t CheckOf(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kCheckedEnd);
  const std::string_view tail =
      bytes.substr(bytes.size() - std::min(bytes.size(), kCheckedEnd));
  return static_cast<std::uint32_t>(Hash64(head) ^ (Hash64(tail) >> 32));
}

bool MergeWriter::IsNew(std::size_t source, std::uint32_t stream) const {
  return std::find(streams_.begin(), streams_.end(),
                   std::pair(source, stream)) == streams_.end();
}

void MergeWriter::Introduce(std::string* out) {
  if (std::exchange(introduced_, true)) return;
  PutNumber(kSources, out);
  PutNumber(static_cast<std::uint16_t>(sources_.size()), out);
  for (const std::string& name : sources_) PutBytes(name, out);
}

void MergeWriter::Chunk(std::size_t source, std::uint32_t stream,
                        std::string_view name, std::uint64_t bytes,
                        bool truncated, std::uint32_t check, std::string* out) {
  Introduce(out);
  if (IsNew(source, stream)) {
    streams_.emplace_back(source, stream);
    PutNumber(kStream, out);
    PutNumber(static_cast<std::uint16_t>(source), out);
    PutNumber(stream, out);
    PutBytes(name, out);
  }
  PutNumber(Kind::kChunk, out);
  PutNumber(static_cast<std::uint16_t>(source), out);
  PutNumber(stream, out);
  PutNumber(static_cast<std::uint32_t>(bytes), out);
  PutNumber(static_cast<std::uint8_t>(truncated), out);
  PutNumber(check, out);
}

void MergeWriter::Timed(Kind kind, std::size_t source, std::int64_t time_us,
                        std::string* out) {
  Introduce(out);
  PutNumber(kind, out);
  PutNumber(static_cast<std::uint16_t>(source), out);
  PutNumber(time_us, out);
}

void MergeWriter::Lost(std::size_t source, std::string_view what,
                       std::string* out) {
  Introduce(out);
  PutNumber(Kind::kLost, out);
  PutNumber(static_cast<std::uint16_t>(source), out);
  PutBytes(what, out);
}

std::string MergeKey(std::uint64_t first_number) {
  return BigEndian(first_number);
}

bool ReadMergeKey(std::string_view key, std::uint64_t* first_number) {
  return ReadBigEndian(key, first_number);
}

absl::StatusOr<std::deque<MergeEntry>> ReadMergeLog(StateStore* store,
                                                    std::uint64_t cut) {
  std::deque<MergeEntry> entries;
  Reading reading;
  const absl::Status status = store->ForEach(
      Family::kMerge, "", [&](std::string_view key, std::string_view value) {
        std::uint64_t first = 0;
        if (!ReadMergeKey(key, &first)) {
          return absl::DataLossError("the merge log has a key that is none");
        }
        const bool joins =
            entries.empty() || entries.back().number + 1 == first;
        if (!joins || !TakeStretch(value, first, &reading, &entries)) {
          return absl::DataLossError(
              absl::StrFormat("the merge log is damaged at entry %d", first));
        }
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  while (!entries.empty() && entries.front().number < cut) entries.pop_front();
  if (!entries.empty() && entries.front().number != cut) {
    return absl::DataLossError(absl::StrFormat(
        "the merge log begins at entry %d, the checkpoint ends before %d",
        entries.front().number, cut));
  }
  return entries;
}

}  // namespace tocsin
