// The steps up to the shards: Read(), Match(), Clock(). What the shards do is
// in flow_shards.cc.
#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/check.h"
#include "engine/pipeline/context.h"
#include "engine/pipeline/flow.h"

namespace tocsin {
namespace {

constexpr std::int64_t kProgressMicros = 100'000;

InputCounts CountRows(const EventBatch& batch) {
  InputCounts counts;
  counts.bytes = batch.input_size;
  counts.lines = CountLines(batch);
  counts.blank_lines = batch.blank_lines;
  for (const Row& row : batch.rows) {
    counts.events += row.fate == Fate::kEvent;
    counts.malformed += row.fate == Fate::kMalformed;
    counts.too_long += row.fate == Fate::kTooLong;
    counts.too_deep += row.fate == Fate::kTooDeep;
    counts.not_an_object += row.fate == Fate::kNotAnObject;
    counts.repaired += (row.flags & kRowRepaired) != 0;
    counts.duplicate_keys += (row.flags & kRowDuplicateKey) != 0;
    counts.salvaged += (row.flags & kRowSalvaged) != 0;
    counts.number_lost += (row.flags & kRowNumberLost) != 0;
  }
  return counts;
}

}  // namespace

void Flow::Adopt(std::shared_ptr<const RuleSet> rules) {
  shards_.Adopt(rules.get());
  ++adopted_;
  AdoptStarted(*rules);
  readers_ = AlertReaders(*rules);
  {
    MutexLock lock(&alerts_mutex_);
    alert_matcher_.reset();
  }
  MutexLock lock(&counts_mutex_);
  std::map<std::string, RuleTotals> known;
  for (RuleTotals& totals : counts_.rules) known[totals.name] = totals;
  counts_.rules.clear();
  for (const RuleProgram& rule : rules->rules) {
    RuleTotals totals = known[rule.name];
    totals.name = rule.name;
    counts_.rules.push_back(std::move(totals));
  }
  rules_ = std::move(rules);
  CountState();
}

// What state was kept, whatever the rules were called before.
void Flow::CountState() {
  const std::vector<std::uint64_t> keys = shards_.Keys(counts_.rules.size());
  std::vector<std::uint64_t> bytes = shards_.Bytes(counts_.rules.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    counts_.rules[i].keys = keys[i];
    counts_.rules[i].bytes = bytes[i];
  }
  budget_.Adopt(*rules_, std::move(bytes));
}

// When stopping, what was read is drained: whole lines only.
absl::StatusOr<ReadEntry> Flow::ReadInto(Chunk* chunk) {
  if (stop_) return reader_.Drain(&chunk->batch);
  if (!options_.merge) {
    std::vector<Reader::Shown> shown;
    {
      MutexLock lock(&mutex_);
      shown = shown_;
    }
    return reader_.Next(shown, &chunk->batch);
  }
  std::size_t source = 0, fewest = SIZE_MAX;
  {
    MutexLock lock(&mutex_);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (!lane_ended_[i] && lanes_[i].size() < fewest) {
        fewest = lanes_[i].size();
        source = i;
      }
    }
  }
  if (fewest == SIZE_MAX) return ReadEntry{Entry::kEnd, 0, 0};
  return reader_.NextOf(source, &chunk->batch);
}

void Flow::Read() {
  Chunk* chunk = nullptr;
  std::shared_ptr<const RuleSet> published;
  {
    MutexLock lock(&mutex_);
    chunk = free_chunks_.back();
    free_chunks_.pop_back();
    published = std::exchange(adopting_, nullptr);
  }
  const bool switched = published != nullptr;
  if (switched) Adopt(std::move(published));
  TellCovered();
  const bool stopped = stop_;
  absl::StatusOr<ReadEntry> entry = ReadEntry{Entry::kMark, 0, 0};
  const bool logged = reader_.replaying();
  if (switched ? options_.store == nullptr : !MarkIsDue()) {
    entry = ReadInto(chunk);
  }
  if (!entry.ok()) Fail(entry.status());
  chunk->entry = entry.ok() ? entry->entry : Entry::kNothing;
  if (chunk->entry == Entry::kNothing) waited_since_mark_ = true;
  if (entry.ok()) {
    chunk->source = entry->source;
    chunk->wall_us = entry->wall_us;
    LogEntry(*entry, logged, chunk);
  }
  chunk->ready = chunk->entry != Entry::kChunk;
  chunk->next_row = chunk->next_event = chunk->next_matched = 0;
  if (chunk->entry == Entry::kChunk) ++chunks_read_;
  if (chunk->entry == Entry::kMark) TakeMark(chunk, switched);
  if (logged && !reader_.replaying()) {
    {
      MutexLock lock(&mutex_);
      replaying_ = false;
    }
    MutexLock lock(&counts_mutex_);
    counts_.durable.replaying = false;
  }
  {
    MutexLock lock(&mutex_);
    const bool ends_merged = options_.merge && chunk->entry == Entry::kIdle;
    if (ends_merged) lane_ended_[chunk->source] = 1;
    if (chunk->entry == Entry::kEnd) read_all_ = true;
    // Stopping is no end of the input: nothing more becomes due.
    // What is told to stop while it reads the log again goes on with that.
    if (chunk->entry == Entry::kEnd) {
      mark_.last = options_.store != nullptr && !reader_.replaying();
    }
    if (chunk->entry == Entry::kEnd && stopped) chunk->entry = Entry::kNothing;
    if (read_all_ && options_.merge) {
      std::fill(lane_ended_.begin(), lane_ended_.end(), 1);
      if (stopped) end_stamped_ = true;
    }
    if (chunk->entry == Entry::kNothing || ends_merged ||
        (options_.merge && chunk->entry == Entry::kEnd)) {
      free_chunks_.push_back(chunk);
    } else {
      lanes_[options_.merge ? chunk->source : 0].push_back(chunk);
      if (chunk->entry == Entry::kChunk) unmatched_.push_back(chunk);
    }
    reading_ = false;
  }
  if (callbacks_.progress == nullptr) return;
  const std::int64_t now = options_.clock->SteadyMicros();
  if (now - last_progress_us_ >= kProgressMicros) {
    last_progress_us_ = now;
    callbacks_.progress(Counts());
  }
}

void Flow::Match(Chunk* chunk, int worker) {
  Context& context = *contexts_[worker];
  {
    MutexLock lock(&context.mutex);
    if (context.adopted != adopted_) {
      if (context.extractor == nullptr) {
        context.extractor = MakeSimdjsonExtractor();
      }
      context.adopted = adopted_;
      context.matcher.reset();
      context.symbols = std::make_unique<SymbolTables>(rules_->projection);
      context.matcher = std::make_unique<Matcher>(
          rules_.get(), context.symbols.get(), options_.key_seed);
    }
    context.extractor->Extract(rules_->projection, context.symbols.get(),
                               &chunk->batch);
    context.matcher->Match(&chunk->batch, &chunk->matched);
  }
  chunk->context = worker;
  chunk->counts = CountRows(chunk->batch);
  chunk->counts.no_schema = chunk->matched.no_schema;
  chunk->counts.no_time = chunk->matched.no_time;
  chunk->counts.bad_bodies = chunk->matched.bad_bodies;
  MutexLock lock(&mutex_);
  chunk->ready = true;
}

// The event time at which the chunk's next row stands in a merge; a row without
// one stays with the row before it.
std::int64_t Flow::HeadTime(const Chunk& chunk) {
  if (chunk.next_row >= chunk.batch.rows.size()) return INT64_MIN;
  const Row& row = chunk.batch.rows[chunk.next_row];
  const bool timed = row.fate == Fate::kEvent && row.time_us != kNoTime;
  return timed ? row.time_us : INT64_MIN;
}

// The source whose next event is the earliest, and how far its rows go before
// another's turn.
Chunk* Flow::PickMerged(std::size_t* rows_end) {
  std::vector<Chunk*> heads;
  {
    MutexLock lock(&mutex_);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (!lanes_[i].empty()) {
        heads.push_back(lanes_[i].front());
      } else if (!clock_stage_.clock().IsIdle(i)) {
        clock_stage_.clock().SetIdle(i);
      }
    }
  }
  if (heads.empty()) return nullptr;
  const auto before = [](const Chunk* a, const Chunk* b) {
    const std::int64_t time_a = HeadTime(*a), time_b = HeadTime(*b);
    return time_a != time_b ? time_a < time_b : a->source < b->source;
  };
  std::iter_swap(heads.begin(),
                 std::min_element(heads.begin(), heads.end(), before));
  Chunk* const picked = heads.front();
  const auto next = std::min_element(heads.begin() + 1, heads.end(), before);
  const std::size_t begin = picked->next_row;
  std::size_t end = std::min(begin + 1, picked->batch.rows.size());
  for (; end < picked->batch.rows.size(); ++end) {
    picked->next_row = end;
    if (next != heads.end() && !before(picked, *next)) break;
  }
  picked->next_row = begin;
  *rows_end = end;
  return picked;
}

void Flow::StampRows(Chunk* chunk, std::size_t rows_end, Cut* cut) {
  const std::size_t first_event = chunk->next_event;
  const std::size_t first_matched = chunk->next_matched;
  clock_stage_.Stamp(chunk->source, *rules_, chunk->next_row, rows_end,
                     &chunk->batch, &chunk->matched, &chunk->next_event,
                     &cut->stamped);
  chunk->next_row = rows_end;
  const std::vector<MatchedRow>& rows = chunk->matched.rows;
  while (chunk->next_matched < rows.size() &&
         rows[chunk->next_matched].event < chunk->next_event) {
    ++chunk->next_matched;
  }
  cut->events = chunk->next_event - first_event;
  cut->last = rows_end == chunk->batch.rows.size();
  cut->first_matched = first_matched;
  cut->matched_end = chunk->next_matched;
  EndStamp(&chunk->matched, cut);
}

// What follows from the stamps; the rows of the lowest rules.
void Flow::EndStamp(const MatchResult* matched, Cut* cut) {
  StampStarted(cut);
  cut->clock_before_us = clock_before_us_;
  clock_before_us_ = cut->stamped.clock_us;
  cut->matched = matched;
  cut->slice.rules = rules_.get();
  cut->slice.first_position = cut->stamped.first_position;
  cut->slice.clocks = cut->stamped.clocks;
  cut->slice.clock_us = cut->stamped.clock_us;
  cut->slice.started_us = *cut->started;
  cut->work.resize(rules_->strata);
  cut->alerts.resize(rules_->strata - 1);
  TakeRows(0, cut);
}

// An entry without rows; `chunk` is null for the end of a merge.
void Flow::StampEntry(Chunk* chunk, Cut* cut) {
  static const MatchResult kNothingMatched;
  EventClock& clock = clock_stage_.clock();
  const Entry entry = chunk == nullptr ? Entry::kEnd : chunk->entry;
  if (entry == Entry::kIdle) clock.SetIdle(chunk->source);
  if (entry == Entry::kShown) clock.Pass(chunk->source, chunk->wall_us);
  if (entry == Entry::kTick) {
    std::int64_t lateness = options_.lateness_us;
    for (const std::int64_t of : options_.lateness_of) {
      lateness = std::max(lateness, of);
    }
    clock.Advance(chunk->wall_us - lateness);
  }
  if (entry == Entry::kMark) StampMark(chunk);
  if (entry == Entry::kEnd) clock.End(options_.end_of_time);
  clock_stage_.StampNothing(&cut->stamped);
  cut->events = 0;
  cut->last = true;
  cut->first_matched = cut->matched_end = 0;
  EndStamp(&kNothingMatched, cut);
}

void Flow::Clock() {
  Chunk* chunk = nullptr;
  Cut* cut = nullptr;
  std::size_t rows_end = 0;
  if (options_.merge) {
    chunk = PickMerged(&rows_end);
  }
  {
    MutexLock lock(&mutex_);
    cut = free_cuts_.back();
    free_cuts_.pop_back();
    if (!options_.merge) chunk = lanes_[0].front();
  }
  cut->chunk = chunk;
  if (chunk == nullptr || chunk->entry != Entry::kChunk) {
    StampEntry(chunk, cut);
  } else {
    StampRows(chunk, options_.merge ? rows_end : chunk->batch.rows.size(), cut);
  }
  MutexLock lock(&mutex_);
  cut->state = Cut::State::kStamped;
  if (chunk == nullptr) {
    end_stamped_ = true;
  } else {
    if (cut->last) lanes_[options_.merge ? chunk->source : 0].pop_front();
  }
  sequence_.push_back(cut);
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    shown_[i] = {clock_stage_.clock().latest_us(i),
                 clock_stage_.clock().IsIdle(i)};
  }
  clocking_ = false;
}

}  // namespace tocsin
