// The state budget: how many bytes of state all rules together may have, and
// who gives way. Every so many positions of the sequence the state of all
// shards as of that place is looked at, and as many positions later, when no
// shard is past it yet, what follows holds in all of them. So who has to go
// depends on the sequence alone: not on workers, nor on how it was cut into
// chunks, nor on a restart (docs/decisions/0022-state-budget.md).
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/program/rule_set.h"

namespace tocsin {

inline constexpr std::uint64_t kNoBudget =
    std::numeric_limits<std::uint64_t>::max();

// What holds from a position on, until the next plan does.
struct BudgetPlan {
  struct Limited {
    Hash128 uid;
    std::uint32_t rule = 0;  // In the rule set; kGone when it is there no more.
    std::uint64_t used = 0;  // Over all shards, as of the look.
  };
  static constexpr std::uint32_t kGone = UINT32_MAX;

  std::uint64_t from = 0;
  std::uint64_t level = kNoBudget;  // Bytes each of them may have.
  std::vector<Limited> limited;     // The others may have what they want.
};

// The bytes that each may have so that all of them together have `budget`: as
// much as they use, but none more than this. With room to spare, what the
// largest would have with all of it. kNoBudget while a quarter is free.
std::uint64_t BudgetLevel(const std::vector<std::uint64_t>& used,
                          std::uint64_t budget);

struct Slice;
struct RuleDelta;

// Serial, between the slices.
class StateBudget {
 public:
  // `bytes` 0: there is none. `every`: positions; no slice has more.
  StateBudget(std::uint64_t bytes, std::uint64_t every)
      : budget_(bytes), every_(every) {}

  // Other rules, with so much state each.
  void Adopt(const RuleSet& rules, std::vector<std::uint64_t> bytes);
  // The slice is next: fills in what it is to be told.
  void Begin(Slice* slice);
  // What a rule's state became in a slice; then it has been applied.
  void Add(std::uint32_t rule, const RuleDelta& delta);
  void End(const Slice& slice);

  // What is decided and does not hold yet, for a checkpoint.
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);

 private:
  void Look(std::uint64_t position);
  void Find(BudgetPlan* plan) const;

  const std::uint64_t budget_;
  const std::uint64_t every_;
  const RuleSet* rules_ = nullptr;
  std::vector<std::uint64_t> used_;   // By rule.
  std::vector<std::int64_t> behind_;  // Of used_: behind the slice's point.
  std::deque<BudgetPlan> plans_;      // By position.
  bool limits_ = false;  // The latest plan has limits, or does not lift them.
};

}  // namespace tocsin
