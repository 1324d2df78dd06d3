// Checkpoints in the store (docs/reference/state.md): the state of shards in
// values written ahead, made valid by one small synced batch. Groups of shards
// are written whole in turn, about as many bytes as the changes took, so that
// old changes go.
//
// Confined to whoever makes checkpoints, but for the store.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/state/state_store.h"

namespace tocsin {

inline constexpr std::size_t kStateGroups = 16;
inline constexpr std::size_t kShardsOfGroup = limits::kShards / kStateGroups;

// What a checkpoint holds beside the shards.
struct CheckpointHead {
  std::uint64_t number = 0;
  std::uint64_t cut = 0;       // The first entry of the sequence that it lacks.
  std::vector<Hash128> rules;  // Their uids.
  std::string sequence;        // Opaque: clock, announcer and the like.
  std::map<std::string, std::string> positions;  // Of sources, opaque.
};

class Checkpoints {
 public:
  explicit Checkpoints(StateStore* store) : store_(store) {}

  // The valid one, or none. Values that belong to none are deleted. DataLoss
  // when something of it is missing or damaged.
  absl::StatusOr<std::optional<CheckpointHead>> Load();
  // The same, and nothing is deleted.
  absl::StatusOr<std::optional<CheckpointHead>> Peek();
  // Its records, group by group in their order.
  using Visit = std::function<absl::Status(std::string_view records)>;
  absl::Status ForEachValue(const Visit& visit);

  // ---- making one ----
  // Its number, and the groups that it writes whole: all of them, or as the
  // bytes ask for.
  std::uint64_t Begin(bool whole, std::uint16_t* groups);
  // Records of shards of a group, whole ones.
  void Add(std::size_t group, std::string_view records);
  // Everything has been added.
  void EndAdding();
  // Writes ahead at most limits::kStateWriteBytes of what has been added and
  // fills values. True when all is written.
  absl::StatusOr<bool> WriteSome();
  // Makes it valid, together with `batch`. OK: what it replaces is gone.
  absl::Status Commit(const CheckpointHead& head, StoreBatch batch);

  // Bytes of state that the valid one takes.
  std::uint64_t bytes() const;

 private:
  struct Value {
    std::uint64_t number = 0;  // Of the checkpoint.
    std::uint32_t index = 0;
    std::uint64_t bytes = 0;
  };
  struct Group {
    std::uint64_t base = 0;  // The checkpoint that wrote it whole.
    std::vector<Value> values;
  };
  struct Making {
    std::uint64_t number = 0;
    std::uint16_t whole = 0;
    std::array<std::string, kStateGroups> open;
    std::array<std::vector<Value>, kStateGroups> values;
    std::deque<std::pair<std::string, std::string>> ready;  // Key, value.
    StoreBatch batch;  // Taken from there and not written yet.
  };
  static std::string KeyOf(std::size_t group, const Value& value);
  void CloseValue(std::size_t group);
  absl::Status DeleteOthers();

  StateStore* const store_;
  std::uint64_t number_ = 0;  // Of the last one that was valid or begun.
  std::array<Group, kStateGroups> groups_;
  Making making_;
  std::size_t next_group_ = 0;
  std::uint64_t credit_ = 0;  // Bytes of changes since a group was whole.
};

}  // namespace tocsin
