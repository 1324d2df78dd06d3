// Which rule has the state: of the records of a checkpoint, and the names of
// the rules that the service kept beside it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/hash.h"
#include "engine/program/rule_set.h"
#include "engine/shard/saved_record.h"
#include "engine/state/state_store.h"

namespace tocsin {

// Of one rule, as it stands in the checkpoint.
struct RuleKept {
  std::string name;  // The uid's digits when nothing says it.
  Hash128 uid;
  std::uint64_t keys = 0;       // With a window, or seen by a `new`.
  std::uint64_t holds = 0;      // Incidents that still fold.
  std::uint64_t collected = 0;  // Keys that have collected values.
  std::uint64_t bytes = 0;      // Written out; in memory it is more.
};

// Adds up what records say, the later ones in the place of the earlier. Holds
// the sizes of the entries of one group of shards at a time.
class StateByRule {
 public:
  // A value of the checkpoint, in their order. False when it is damaged.
  bool Add(std::string_view records);
  // The largest first.
  std::vector<RuleKept> Take(const std::map<Hash128, std::string>& names);
  // Identities of duplicates, and samples: of no rule.
  std::uint64_t shared_bytes() const { return shared_bytes_; }

 private:
  struct Entry {
    Hash128 uid;
    EntryKind kind = EntryKind::kKey;
    std::uint64_t key = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Entry& entry) {
      return H::combine(std::move(state), entry.uid, entry.kind, entry.key);
    }
  };
  void Count();

  std::size_t group_ = 0;  // Of the last shard.
  absl::flat_hash_map<Entry, std::uint32_t> sizes_;
  std::map<Hash128, RuleKept> rules_;
  std::uint64_t shared_bytes_ = 0;
};

// What the rules are called, in the store: for StateByRule, nothing depends on
// it.
absl::Status WriteRuleNames(const std::map<std::string, Hash128>& rules,
                            StateStore* store);
// Empty when none were written.
absl::StatusOr<std::map<Hash128, std::string>> ReadRuleNames(StateStore* store);

}  // namespace tocsin
