// What of a rule follows from its program alone: how many keys a shard holds,
// and what its values are kept under.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/program/rule_set.h"

namespace tocsin {

// Keys that a shard holds of a rule with `keys <= N`: N when the rule lives
// whole in one shard, else its share and six sigmas.
std::uint64_t KeysOfShard(const RuleProgram& rule);

// In one shard: with at most limits::kWholeRuleKeys keys, and when a hold is
// common to several keys.
bool LivesWhole(const RuleProgram& rule);

// What values of these collects are kept under.
std::vector<std::uint64_t> HashesOf(
    const std::vector<CollectProgram>& collects);
std::vector<std::uint64_t> HashesOf(
    const std::vector<CaptureProgram>& captures);

}  // namespace tocsin
