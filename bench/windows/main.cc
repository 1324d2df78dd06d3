// What a window costs: nanoseconds an update beyond the match and bytes a key,
// per construct and number of live keys; and the deadlines of absence. Tables
// and windows as a shard has them, 1,024 of each, on one core; evidence
// (samples, incidents) apart. Every construct's answers are counted, and must
// be what its traffic says.
//
//   tocsin_bench_windows [KEYS...]     one JSON object a line
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/shard/key_table.h"
#include "engine/shard/timers.h"
#include "engine/window/condition_window.h"
#include "engine/window/first_seen.h"
#include "engine/window/key_window.h"

namespace tocsin {
namespace {

constexpr std::size_t kShards = 1'024;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kWindow = 600 * kSecond;
constexpr std::int64_t kLateness = 5 * kSecond;

constexpr std::size_t kSlice = 512;  // Updates.
constexpr std::size_t kAhead = 16;   // That are looked ahead for at once.

std::size_t TurnsOf(std::size_t keys) {
  return std::max<std::size_t>(12, 3'000'000 / keys);
}

double Seconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

struct Shard {
  BlockPool pool;
  KeyTable table;

  KeyTable::Slot* Slot(std::uint64_t hash) {
    const std::uint64_t key = KeyTable::Hash(hash);
    if (KeyTable::Slot* slot = table.Find(key)) return slot;
    if (table.Full()) {
      table.Rebuild(table.NextCapacity(),
                    [](const KeyTable::Slot&) { return true; });
    }
    return table.Insert(key);
  }
  std::size_t bytes() const {
    return pool.bytes() + table.capacity() * sizeof(KeyTable::Slot);
  }
};

// One update of one key; true when its condition stands.
using Update = std::function<bool(Shard*, std::size_t shard, std::uint64_t key,
                                  std::int64_t time, std::uint64_t turn)>;

struct Figure {
  double ns = 0, bytes_a_key = 0;
  std::uint64_t stood = 0;
};

using Keys = std::span<const std::uint64_t>;
using Touch = std::function<void(std::size_t)>;  // Of a shard's window.

// The steps of looking ahead, as the shards have them for the rows of a slice
// (engine/pipeline/shard_set.cc).
void AheadOfSlots(Keys keys, std::vector<Shard>* shards, const Touch& touch) {
  for (const std::uint64_t key : keys) {
    touch(key >> 54);
    (*shards)[key >> 54].table.Prefetch(KeyTable::Hash(key));
  }
}

void AheadOfWindows(Keys keys, std::vector<Shard>* shards) {
  for (const std::uint64_t key : keys) {
    const KeyTable::Slot* const slot =
        (*shards)[key >> 54].table.Find(KeyTable::Hash(key));
    if (slot != nullptr) BlockPool::PrefetchWord(slot->word);
  }
}

// Each key twelve times and more, in turns, at random places of memory; a slice
// at a time, whose updates stand by shard.
Figure Measure(std::size_t keys, const Update& update, const Touch& touch) {
  std::vector<Shard> shards(kShards);
  const std::size_t turns = TurnsOf(keys);
  const std::size_t updates = turns * keys;
  Figure figure;
  std::int64_t time = 1'700'000'000 * kSecond;
  const std::int64_t step = std::max<std::int64_t>(
      kWindow / 2 / static_cast<std::int64_t>(updates), 1);
  double spent = 0;
  std::vector<std::uint64_t> slice;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    for (std::size_t i = 0; i < keys;) {
      slice.clear();
      for (; i < keys && slice.size() < kSlice; ++i) {
        slice.push_back(Mix(i + 1) | 1);
      }
      std::sort(slice.begin(), slice.end());
      const double begin = Seconds();
      const auto group = [&slice](std::size_t at) {
        const std::size_t from = std::min(at, slice.size());
        return Keys(slice).subspan(from, std::min(kAhead, slice.size() - from));
      };
      AheadOfSlots(group(0), &shards, touch);
      AheadOfSlots(group(kAhead), &shards, touch);
      AheadOfWindows(group(0), &shards);
      for (std::size_t at = 0; at < slice.size(); at += kAhead) {
        AheadOfSlots(group(at + 2 * kAhead), &shards, touch);
        AheadOfWindows(group(at + kAhead), &shards);
        for (const std::uint64_t key : group(at)) {
          const std::size_t shard = key >> 54;
          time += step;
          figure.stood +=
              update(&shards[shard], shard, key, time, turn) ? 1 : 0;
        }
      }
      if (turn > 0) spent += Seconds() - begin;  // The first makes the keys.
    }
  }
  figure.ns = spent * 1e9 / static_cast<double>((turns - 1) * keys);
  std::size_t bytes = 0;
  for (const Shard& shard : shards) bytes += shard.bytes();
  figure.bytes_a_key = static_cast<double>(bytes) / static_cast<double>(keys);
  return figure;
}

AggregateProgram Aggregate(AggregateProgram::Kind kind,
                           std::uint64_t threshold) {
  AggregateProgram aggregate;
  aggregate.kind = kind;
  aggregate.threshold = threshold;
  return aggregate;
}

Figure Plain(std::size_t keys, AggregateProgram::Kind kind,
             std::uint64_t threshold) {
  RuleProgram rule;
  rule.aggregates.push_back(Aggregate(kind, threshold));
  rule.window_us = kWindow;
  std::vector<KeyWindow> windows(kShards, KeyWindow(WindowSpec::Of(rule)));
  return Measure(
      keys,
      [&](Shard* shard, std::size_t number, std::uint64_t key,
          std::int64_t time, std::uint64_t turn) {
        const Contribution add{
            0, kind == AggregateProgram::Kind::kCount ? 0 : Mix(key + turn)};
        Evidence evidence;
        return windows[number].Arrive(time, time - kLateness, {&add, 1},
                                      &shard->Slot(key)->word, &shard->pool,
                                      &evidence);
      },
      [&](std::size_t number) { Prefetch(&windows[number]); });
}

// A, then B: turns alternate.
Figure Sequence(std::size_t keys) {
  RuleProgram rule;
  rule.events.resize(2);
  rule.window_us = kWindow;
  rule.condition.kind = ConditionProgram::Kind::kSequence;
  rule.condition.length_us = kWindow;
  rule.condition.steps = {{0, 1}, {1, 1}};
  const RuleSet set;
  ConditionTests tests(&set);
  std::vector<std::unique_ptr<ConditionWindow>> windows;
  for (std::size_t i = 0; i < kShards; ++i) {
    windows.push_back(std::make_unique<ConditionWindow>(&rule, &tests));
  }
  std::vector<WindowDecision> decisions;
  std::vector<WindowDeadline> deadlines;
  const Record record;
  return Measure(
      keys,
      [&](Shard* shard, std::size_t number, std::uint64_t key,
          std::int64_t time, std::uint64_t turn) {
        WindowArrival arrival;
        arrival.time = time;
        arrival.clock = time - kLateness;
        arrival.events = std::uint64_t{1} << (turn % 4 == 3 ? 1 : 0);
        arrival.record = &record;
        decisions.clear();
        windows[number]->Arrive(arrival, key, &shard->Slot(key)->word,
                                &shard->pool, &decisions, &deadlines);
        return !decisions.empty();
      },
      [&](std::size_t number) { windows[number]->Prefetch(); });
}

Figure New(std::size_t keys) {
  std::vector<FirstSeen> windows(kShards, FirstSeen(kWindow));
  return Measure(
      keys,
      [&](Shard* shard, std::size_t number, std::uint64_t key,
          std::int64_t time, std::uint64_t) {
        return windows[number].Arrive(time, time - kLateness,
                                      &shard->Slot(key)->word, &shard->pool);
      },
      [&](std::size_t number) { Prefetch(&windows[number]); });
}

// Set in any order within an hour and taken in theirs, in one wheel.
double TimerNanoseconds(std::size_t timers) {
  Timers wheel;
  const double begin = Seconds();
  for (std::size_t i = 0; i < timers; ++i) {
    const std::uint64_t key = Mix(i + 1);
    const auto due = static_cast<std::int64_t>(key % (3'600 * kSecond));
    wheel.Set({due, due, i, Timer::What::kCondition, 0, key});
  }
  std::int64_t last = 0;
  for (std::size_t i = 0; i < timers; ++i) {
    const std::int64_t next = wheel.next_us();
    const Timer timer = wheel.Take();
    if (timer.due_us < last || timer.due_us != next) return -1;
    last = timer.due_us;
  }
  if (wheel.size() > 0) return -1;
  return (Seconds() - begin) * 1e9 / static_cast<double>(timers);
}

void Print(std::string_view construct, std::size_t keys, const Figure& figure,
           double ratio) {
  std::printf(
      "{\"construct\": \"%.*s\", \"keys\": %zu, \"ns\": %.1f, "
      "\"updates_per_s\": %.0f, \"bytes_a_key\": %.1f, "
      "\"times_count\": %.2f, \"stood\": %llu}\n",
      static_cast<int>(construct.size()), construct.data(), keys, figure.ns,
      1e9 / figure.ns, figure.bytes_a_key, ratio,
      static_cast<unsigned long long>(figure.stood));
  std::fflush(stdout);
}

bool Run(std::size_t keys) {
  using Kind = AggregateProgram::Kind;
  const std::size_t turns = TurnsOf(keys);
  const Figure count = Plain(keys, Kind::kCount, 10);
  Print("count", keys, count, 1);
  const Figure distinct = Plain(keys, Kind::kDistinct, 10);
  Print("distinct", keys, distinct, distinct.ns / count.ns);
  const Figure sequence = Sequence(keys);
  Print("sequence", keys, sequence, sequence.ns / count.ns);
  const Figure first = New(keys);
  Print("new", keys, first, first.ns / count.ns);
  // Each key is new once; from the tenth turn on a count of ten stands.
  const std::uint64_t tens = turns >= 10 ? (turns - 9) * keys : 0;
  return first.stood == keys && count.stood == tens && distinct.stood == tens &&
         sequence.stood == turns / 4 * keys;
}

}  // namespace
}  // namespace tocsin

int main(int argc, char** argv) {
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) {
    sizes.push_back(std::strtoull(argv[i], nullptr, 10));
  }
  if (sizes.empty()) sizes = {1, 1'000, 1'000'000};
  bool right = true;
  for (const std::size_t keys : sizes) {
    if (keys == 0) return 2;
    right = tocsin::Run(keys) && right;
  }
  const std::size_t timers = 10'000'000;
  const double ns = tocsin::TimerNanoseconds(timers);
  std::printf("{\"construct\": \"timers\", \"keys\": %zu, \"ns\": %.1f}\n",
              timers, ns);
  right = right && ns > 0;
  if (!right) std::fprintf(stderr, "a construct did not stand when it must\n");
  return right ? 0 : 1;
}
