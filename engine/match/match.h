// One batch against one rule set: which rows concern which rules, with all that
// the windows need of them. Never fails: what a rule meets in an event is a
// value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/event/extract.h"
#include "engine/program/rule_set.h"

namespace tocsin {

// An event that at least one rule wants.
struct MatchedEvent {
  std::uint32_t row = 0;
  std::uint16_t schema = 0;
  bool late = false;  // Filled by the clock stage: ts < clock.
  std::int64_t time_us = 0;
  Hash128 identity;  // With `identity position`: filled by the clock stage.
  std::uint32_t
      identity_offset = 0,
      identity_size =
          0;  // Sized canonical values of the identity fields, in the arena.
  std::uint64_t position =
      0;  // Filled by the clock stage: ordinal in the sequence, from 1.
  std::int64_t clock_us = 0;  // Filled by the clock stage.
};

// One event for one group of one rule.
struct MatchedRow {
  std::uint32_t event = 0;  // Into MatchResult::events.
  std::uint32_t rule = 0;
  std::uint64_t key_hash = 0;  // Keyed hash of (rule uid, key); for a rule that
                               // lives whole in one shard still of both.
  std::uint32_t key_offset = 0, key_size = 0;  // Sized canonical key parts.
  // Little endian, in this order:
  //   with events   u64 which of them it is, as bits
  //   per aggregate count: u8 "counts"; distinct and new: u8 "counts", u32 n
  //                 and n sized tuples (a tuple is its sized parts); the
  //                 others: u32 n and n f64; behind it, when the aggregate has
  //                 a threshold_of, its value as f64 (NaN: missing)
  //   per capture   its sized encoding; empty: missing, or not of this event
  //   per collect   u32 n and n sized values
  std::uint32_t values_offset = 0, values_size = 0;
};

struct RuleCounts {
  std::uint64_t matches = 0;  // Events that passed the filter.
  std::uint64_t no_key =
      0;  // ... but had a key part missing, or not among its list.
  std::uint64_t each_overflow = 0;  // Elements past limits::kEachElements.
};

struct MatchResult {
  std::vector<MatchedEvent> events;  // In row order.
  std::vector<MatchedRow> rows;      // By event, then rule, then key.
  std::string arena;
  std::vector<RuleCounts> counts;  // Per rule, of this batch.
  std::uint64_t no_schema = 0;     // Events that no schema takes.
  std::uint64_t no_time =
      0;  // Events without a readable time: they get the arrival time.
  std::uint64_t bad_bodies =
      0;  // Bodies whose grammar is broken below what was read first.

  std::string_view Key(const MatchedRow& row) const {
    return std::string_view(arena).substr(row.key_offset, row.key_size);
  }
  std::string_view Values(const MatchedRow& row) const {
    return std::string_view(arena).substr(row.values_offset, row.values_size);
  }
  void Clear();
};

// What an alert's texts may read beside the completing event.
struct AlertValues {
  std::string_view key;       // Sized canonical parts.
  std::string_view severity;  // Empty: the rule's.
  const std::vector<std::string>* collected =
      nullptr;  // Per collect: sized values.
  std::uint64_t count = 0, folded = 0, total = 0;
  std::int64_t time_us = 0;
  std::uint64_t more = 0;  // Bit i: collect i saw more values than it keeps.
  const std::vector<std::string>* slots = nullptr;
  const std::vector<std::uint64_t>* step_counts = nullptr;
};

// Confined to one worker; holds its memo and scratch memory. `rules` and
// `symbols` outlive it.
class Matcher {
 public:
  // `key_seed`: the hash key of the data directory, or kReplayKeySeed.
  Matcher(const RuleSet* rules, SymbolTables* symbols, std::uint64_t key_seed);
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  // Fills schema and time of every row of kind kEvent, and `result`.
  void Match(EventBatch* batch, MatchResult* result);

  // The same for rows that are alerts of this rule set's own rules: their
  // schema and time are set already.
  void MatchAlerts(EventBatch* batch, MatchResult* result);

  // For an alert whose completing event is `row` of `batch`: the value of a
  // `show` as canonical encoding, and a template's text. Same thread rules.
  // `batch` may be null for what reads nothing of an event.
  void Show(EventBatch* batch, std::size_t row, std::uint32_t rule, ExprId expr,
            const AlertValues& values, std::string* encoding);
  bool Holds(EventBatch* batch, std::size_t row, std::uint32_t rule,
             ExprId expr, const AlertValues& values);
  std::string Render(EventBatch* batch, std::size_t row, std::uint32_t rule,
                     const TemplateProgram& text, const AlertValues& values);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr std::uint64_t kReplayKeySeed =
    0x746f6373696e2d31;  // "tocsin-1"

}  // namespace tocsin
