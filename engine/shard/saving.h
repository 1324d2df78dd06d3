// How the state of a shard gets into checkpoints without stopping anybody: each
// entry carries a mark that says which checkpoint has it. A marker in the
// sequence turns what has changed so far into what is to be saved; an entry
// that changes again before its turn is written first, as it was
// (docs/decisions/0004-checkpoints.md). Confined to its shard.
#pragma once

#include <cstdint>

namespace tocsin {

// A place in the sequence whose state becomes a checkpoint.
struct SaveMarker {
  std::uint64_t number = 0;  // 0: none yet.
  // Groups of shards that are written whole, so that what is older can go: bit
  // i is group i.
  std::uint16_t whole = 0;
};

// What a shard's state is made of in a checkpoint (docs/reference/state.md).
enum class RecordKind : std::uint8_t {
  kShard = 1,   // u16: whose records follow.
  kRule,        // uid: whose records follow.
  kHeader,      // bytes: of the rule, beside its entries.
  kEntry,       // u8 kind, u64 key, bytes: as it is now.
  kGone,        // u8 kind, u64 key: there is no such entry any more.
  kDuplicates,  // u8 stratum, bytes.
  kSamples,     // u8 stratum, bytes.
};

// The parts of a rule's state in one shard that are saved one by one.
enum class EntryKind : std::uint8_t { kKey, kIncident, kCollected, kSeen };

struct EntryId {
  std::uint64_t key : 62;  // As KeyTable has it.
  std::uint64_t kind : 2;  // An EntryKind.
};

// Two bits, in each entry.
using SaveMark = std::uint8_t;

class Saving {
 public:
  // From now on changes are noted; before, every mark is 0 and nothing costs.
  void TurnOn() {
    if (!on_) changed_ = 2;
    on_ = true;
  }
  bool on() const { return on_; }
  // A marker: what has changed, or everything, is to be saved as it is now.
  void Begin(bool whole) {
    saving_ = true;
    whole_ = whole;
    changed_ = 5 - changed_;
    if (whole) saved_ = 1 - saved_;
  }
  void End() { saving_ = false; }
  bool saving() const { return saving_; }

  // Of an entry that changed since the marker; of one that did not and is in a
  // checkpoint.
  SaveMark changed() const { return changed_; }
  SaveMark saved() const { return saved_; }
  // Whether the marker's checkpoint still needs an entry of this mark.
  bool Pending(SaveMark mark) const {
    return saving_ && (mark == 5 - changed_ || (whole_ && mark == 1 - saved_));
  }

 private:
  bool on_ = false, saving_ = false, whole_ = false;
  SaveMark changed_ = 0, saved_ = 0;
};

}  // namespace tocsin
