// A shard fed by hand: rules without expressions, rows as the matcher would
// give them, and a clock of one source.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/coding.h"
#include "engine/base/hash.h"
#include "engine/event/value.h"
#include "engine/sequence/event_clock.h"
#include "engine/shard/shard.h"

namespace tocsin::testing {

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kMinute = 60 * kSecond;

inline RuleProgram HandRule(std::string name) {
  RuleProgram rule;
  rule.name = std::move(name);
  rule.uid = HashWide(rule.name);
  rule.keys = 1'000;
  return rule;
}

// count() >= n within span then once per hold.
inline RuleProgram CountRule(std::string name, std::uint64_t n,
                             std::int64_t span, std::int64_t hold = 0) {
  RuleProgram rule = HandRule(std::move(name));
  rule.aggregates.emplace_back().threshold = n;
  rule.window_us = span;
  rule.once = hold > 0;
  if (rule.once) rule.then = ThenKind::kOncePer;
  rule.hold_us = hold;
  return rule;
}

// A filter: then once per hold, or every.
inline RuleProgram FilterRule(std::string name, std::int64_t hold = 0) {
  RuleProgram rule = HandRule(std::move(name));
  rule.once = hold > 0;
  if (rule.once) rule.then = ThenKind::kOncePer;
  rule.hold_us = hold;
  return rule;
}

// A matched event of one rule and key.
struct HandEvent {
  std::int64_t time_us = 0;
  std::string key = "k";
  std::string collected;       // The value of the first collect, if any.
  std::uint64_t identity = 0;  // 0: its own.
  std::uint32_t rule = 0;
};

class HandFed {
 public:
  HandFed(std::vector<RuleProgram> rules, std::int64_t lateness_us)
      : clock_(lateness_us, 1'000 * kMinute, 1) {
    shard_ = std::make_unique<Shard>();
    Publish(std::move(rules));
  }

  // One slice; the detections in the order in which they would leave.
  std::vector<Detection> Feed(const std::vector<HandEvent>& events) {
    MatchResult matched;
    std::vector<std::int64_t> clocks;
    const std::uint64_t first = next_position_;
    for (const HandEvent& event : events) {
      clock_.Show(0, event.time_us);
      clocks.push_back(clock_.clock_us());
      AddRow(event, &matched);
    }
    return Apply(matched, first, clocks);
  }
  // An entry without events that moves the clock.
  std::vector<Detection> MoveClock(std::int64_t clock_us) {
    clock_.SetIdle(0);
    clock_.Advance(clock_us);
    return Apply(MatchResult(), next_position_, {});
  }
  void Publish(std::vector<RuleProgram> rules) {
    sets_.push_back(std::make_unique<RuleSet>());
    set().rules = std::move(rules);
    set().schemas.emplace_back();
    set().schemas[0].name = "by.hand";
    set().schemas[0].identity.push_back({"id", kNoField});
    shard_->Adopt(&set());
  }
  // Through the bytes of a checkpoint into a new shard.
  bool Restart() {
    const std::string records = Records();
    shard_ = std::make_unique<Shard>();
    shard_->Adopt(&set());
    return Load(records);
  }
  // All of the shard, as a checkpoint has it.
  std::string Records() {
    std::string records;
    shard_->TurnSavingOn();
    shard_->BeginSave(shard_->marker() + 1, /*whole=*/true);
    while (!shard_->saved()) shard_->SaveSome(3, &records);
    return records;
  }
  bool Load(std::string_view records) {
    if (!shard_->Load(&records) || !records.empty()) return false;
    shard_->EndLoad();
    return true;
  }

  // The same under other rules.
  bool Restart(std::vector<RuleProgram> rules) {
    const std::string records = Records();
    shard_ = std::make_unique<Shard>();
    Publish(std::move(rules));
    return Load(records);
  }

  const ShardOutput& output() const { return output_; }
  RuleDelta totals(std::uint32_t rule = 0) const { return totals_[rule]; }
  Shard& shard() { return *shard_; }
  RuleSet& set() { return *sets_.back(); }
  std::int64_t clock_us() const { return clock_.clock_us(); }

 private:
  void AddRow(const HandEvent& event, MatchResult* matched) {
    const std::uint64_t position = next_position_++;
    MatchedEvent m;
    m.row = static_cast<std::uint32_t>(matched->events.size());
    m.time_us = event.time_us;
    m.position = position;
    m.clock_us = clock_.clock_us();
    m.late = m.time_us < m.clock_us;
    const std::uint64_t id = event.identity != 0 ? event.identity : position;
    m.identity = HashWide(std::to_string(id));
    std::string identity;
    AppendCanonicalInt(static_cast<std::int64_t>(id), &identity);
    m.identity_offset = static_cast<std::uint32_t>(matched->arena.size());
    AppendSized(identity, &matched->arena);
    m.identity_size =
        static_cast<std::uint32_t>(matched->arena.size()) - m.identity_offset;

    MatchedRow row;
    row.event = m.row;
    row.rule = event.rule;
    row.key_offset = static_cast<std::uint32_t>(matched->arena.size());
    std::string key;
    AppendCanonicalText(event.key, &key);
    AppendSized(key, &matched->arena);
    row.key_size =
        static_cast<std::uint32_t>(matched->arena.size()) - row.key_offset;
    const RuleProgram& rule = set().rules[event.rule];
    row.key_hash = Hash64(matched->Key(row), rule.uid.low);
    row.values_offset = static_cast<std::uint32_t>(matched->arena.size());
    for (std::size_t i = 0; i < rule.aggregates.size(); ++i) {
      PutNumber(std::uint8_t{1}, &matched->arena);
    }
    for (std::size_t i = 0; i < rule.collects.size(); ++i) {
      PutNumber(std::uint32_t{event.collected.empty() ? 0u : 1u},
                &matched->arena);
      if (event.collected.empty()) continue;
      std::string value;
      AppendCanonicalText(event.collected, &value);
      AppendSized(value, &matched->arena);
    }
    row.values_size =
        static_cast<std::uint32_t>(matched->arena.size()) - row.values_offset;
    matched->events.push_back(m);
    matched->rows.push_back(row);
  }

  std::vector<Detection> Apply(const MatchResult& matched, std::uint64_t first,
                               const std::vector<std::int64_t>& clocks) {
    output_.Clear(set().rules.size());
    std::vector<RowRef> rows;
    for (std::uint32_t i = 0; i < matched.rows.size(); ++i) {
      rows.push_back({&matched, i});
    }
    shard_->Apply({&set(), first, clocks, clock_.clock_us(), {}}, 0, rows,
                  &output_);
    totals_.resize(set().rules.size());
    for (const std::uint32_t rule : output_.touched) {
      const RuleDelta& delta = output_.deltas[rule];
      totals_[rule].detections += delta.detections;
      totals_[rule].alerts += delta.alerts;
      totals_[rule].folded += delta.folded;
      totals_[rule].late += delta.late;
      totals_[rule].duplicates += delta.duplicates;
      totals_[rule].evictions += delta.evictions;
      totals_[rule].keys += delta.keys;
    }
    std::sort(output_.detections.begin(), output_.detections.end(),
              LeavesBefore);
    return output_.detections;
  }

  std::vector<std::unique_ptr<RuleSet>> sets_;  // The last is in force.
  EventClock clock_;
  std::unique_ptr<Shard> shard_;
  ShardOutput output_;
  std::vector<RuleDelta> totals_;
  std::uint64_t next_position_ = 1;
};

// Seconds of the alerts' times, for short expectations.
inline std::vector<std::int64_t> Seconds(const std::vector<Detection>& all,
                                         AlertKind kind = AlertKind::kAlert) {
  std::vector<std::int64_t> seconds;
  for (const Detection& detection : all) {
    if (detection.kind == kind) seconds.push_back(detection.time_us / kSecond);
  }
  return seconds;
}

inline std::vector<HandEvent> At(const std::vector<std::int64_t>& seconds,
                                 const std::string& key = "k") {
  std::vector<HandEvent> events;
  for (const std::int64_t s : seconds) {
    events.push_back({s * kSecond, key, {}, 0, 0});
  }
  return events;
}

// Texts of sized values.
inline std::vector<std::string> Texts(std::string_view sized) {
  std::vector<std::string> texts;
  std::string_view encoding;
  while (TakeSized(&sized, &encoding)) {
    texts.emplace_back();
    AppendCanonicalAsText(encoding, &texts.back());
  }
  return texts;
}

}  // namespace tocsin::testing
