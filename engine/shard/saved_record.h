// The records of which checkpoints are made, one by one, for whoever loads them
// or only looks (docs/reference/state.md).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/shard/saving.h"

namespace tocsin {

// What a record does not have of its own stays as the ones before it said.
struct SavedRecord {
  RecordKind kind = RecordKind::kShard;
  std::uint16_t shard = 0;
  bool of_rule = false;  // A rule was named since the shard was.
  Hash128 uid;           // Then it is this one.
  EntryKind entry = EntryKind::kKey;
  std::uint64_t key = 0;
  std::uint8_t stratum = 0;
  std::string_view bytes;  // Of `rest`.
};

// Takes the next off `rest`, which is not empty. False when it is damaged.
bool TakeRecord(std::string_view* rest, SavedRecord* record);

}  // namespace tocsin
