#include "engine/pipeline/shard_set.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/match/group_rows.h"

namespace tocsin {
namespace {

constexpr std::size_t kMostParts = 16;
constexpr std::size_t kStepsAhead = 4;
constexpr std::size_t kRowsOfGroup = 16;

}  // namespace

void ShardSet::ReadDue(std::size_t shard) {
  for (std::uint32_t stratum = 0; stratum < due_us_.size(); ++stratum) {
    due_us_[stratum][shard] = shards_[shard].next_due_us(stratum);
  }
}

void ShardSet::Adopt(const RuleSet* rules) {
  due_us_.assign(rules->strata,
                 std::vector<std::int64_t>(shards_.size(), INT64_MAX));
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i].Adopt(rules);
    ReadDue(i);
  }
}

void ShardSet::Arm(const RuleSet& rules, std::uint64_t key_seed,
                   std::int64_t us) {
  for (std::uint32_t i = 0; i < rules.rules.size(); ++i) {
    const RuleProgram& rule = rules.rules[i];
    for (const std::string& key : rule.members) {
      const std::uint64_t hash = KeyHash(rule.uid, key, key_seed);
      const std::uint32_t shard = ShardOf(rule, hash);
      shards_[shard].Arm(i, key, hash, us);
      ReadDue(shard);
    }
  }
}

void ShardSet::Sort(const RuleSet& rules, ShardWork* work) {
  work->ranges.clear();
  work->order.clear();
  for (std::uint32_t i = 0; i < work->rows.size(); ++i) {
    const MatchedRow& row = work->rows[i].matched->rows[work->rows[i].row];
    work->order.push_back({ShardOf(rules.rules[row.rule], row.key_hash), i});
  }
  std::sort(work->order.begin(), work->order.end(),
            [](const ShardWork::Sorted& a, const ShardWork::Sorted& b) {
              return a.shard != b.shard ? a.shard < b.shard : a.row < b.row;
            });
  std::swap(work->rows, work->unsorted);
  work->rows.clear();
  for (std::uint32_t i = 0; i < work->order.size(); ++i) {
    const std::uint32_t shard = work->order[i].shard;
    work->rows.push_back(work->unsorted[work->order[i].row]);
    if (work->ranges.empty() || work->ranges.back().shard != shard) {
      work->ranges.push_back({shard, i, i});
    }
    work->ranges.back().end = i + 1;
  }
}

void ShardSet::Split(const Slice& slice, std::uint32_t stratum,
                     std::size_t rules, std::size_t rows_per_part,
                     ShardWork* work) const {
  const std::vector<std::int64_t>& due_us = due_us_[stratum];
  const std::size_t with_rows = work->ranges.size();
  for (std::uint32_t shard = 0; shard < due_us.size(); ++shard) {
    if (due_us[shard] < slice.clock_us || slice.budget_plan != nullptr) {
      work->ranges.push_back({shard, 0, 0});
    }
  }
  if (work->ranges.size() > with_rows) {
    std::stable_sort(work->ranges.begin(), work->ranges.end(),
                     [](const ShardWork::Range& a, const ShardWork::Range& b) {
                       return a.shard < b.shard;
                     });
    // The one with rows stands first and also decides what is due.
    work->ranges.erase(
        std::unique(work->ranges.begin(), work->ranges.end(),
                    [](const ShardWork::Range& a, const ShardWork::Range& b) {
                      return a.shard == b.shard;
                    }),
        work->ranges.end());
  }
  const std::size_t parts = std::clamp<std::size_t>(
      work->rows.size() / std::max<std::size_t>(rows_per_part, 1), 1,
      kMostParts);
  const std::size_t rows_a_part = work->rows.size() / parts + 1;
  work->parts.clear();
  std::size_t rows = 0;
  for (std::size_t i = 0; i < work->ranges.size(); ++i) {
    rows += work->ranges[i].end - work->ranges[i].begin;
    if (rows >= rows_a_part && work->parts.size() + 1 < parts) {
      work->parts.push_back(i + 1);
      rows = 0;
    }
  }
  work->parts.push_back(work->ranges.size());
  if (work->outputs.size() < work->parts.size()) {
    work->outputs.resize(work->parts.size());
  }
  for (std::size_t i = 0; i < work->parts.size(); ++i) {
    work->outputs[i].Clear(rules);
    work->outputs[i].budget_point = slice.budget_point;
  }
}

// Some rows of neighbouring shards: how far the ranges from `begin` go.
std::size_t ShardSet::GroupEnd(const ShardWork& work, std::size_t begin,
                               std::size_t end) {
  std::size_t rows = 0;
  while (begin < end && rows < kRowsOfGroup) {
    rows += work.ranges[begin].end - work.ranges[begin].begin;
    ++begin;
  }
  return begin;
}

// Each step reads what the one before it asked for.
void ShardSet::LookAhead(const ShardWork& work, std::size_t step,
                         std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const ShardWork::Range& range = work.ranges[i];
    Shard& shard = shards_[range.shard];
    for (std::uint32_t at = range.begin; at < range.end; ++at) {
      const RowRef& ref = work.rows[at];
      const MatchedRow& row = ref.matched->rows[ref.row];
      switch (step) {
        case 0:
          shard.PrefetchRule(row);
          break;
        case 1:
          shard.PrefetchTable(row);
          break;
        case 2:
          shard.PrefetchSlot(row);
          break;
        default:
          shard.PrefetchWindow(row);
      }
    }
  }
}

void ShardSet::ApplyRanges(const Slice& slice, std::uint32_t stratum,
                           std::size_t begin, std::size_t end, ShardWork* work,
                           ShardOutput* out) {
  for (std::size_t i = begin; i < end; ++i) {
    const ShardWork::Range& range = work->ranges[i];
    Shard& shard = shards_[range.shard];
    TakeMarker(range.shard);
    shard.Apply(slice, stratum,
                std::span<const RowRef>(work->rows)
                    .subspan(range.begin, range.end - range.begin),
                out);
    due_us_[stratum][range.shard] = shard.next_due_us(stratum);
  }
}

// Groups go through the steps of looking ahead one behind the other, so that
// what a step asked for has the time of a group to come.
void ShardSet::Apply(const Slice& slice, std::uint32_t stratum,
                     std::size_t part, ShardWork* work) {
  const std::size_t begin = part == 0 ? 0 : work->parts[part - 1];
  const std::size_t end = work->parts[part];
  ShardOutput* const out = &work->outputs[part];
  if (GroupEnd(*work, begin, end) == end) {
    return ApplyRanges(slice, stratum, begin, end, work, out);
  }
  std::array<std::size_t, kStepsAhead + 1> at;  // The last of them: applied.
  at.fill(begin);
  for (std::size_t round = 0; at[kStepsAhead] < end; ++round) {
    for (std::size_t step = 0; step <= std::min(round, kStepsAhead); ++step) {
      const std::size_t from =
          std::exchange(at[step], GroupEnd(*work, at[step], end));
      if (step < kStepsAhead) {
        LookAhead(*work, step, from, at[step]);
      } else {
        ApplyRanges(slice, stratum, from, at[step], work, out);
      }
    }
  }
}

std::vector<std::uint64_t> ShardSet::Keys(std::size_t rules) const {
  std::vector<std::uint64_t> keys(rules, 0);
  for (const Shard& shard : shards_) shard.AddKeys(&keys);
  return keys;
}

std::vector<std::uint64_t> ShardSet::Bytes(std::size_t rules) const {
  std::vector<std::uint64_t> bytes(rules, 0);
  for (const Shard& shard : shards_) shard.AddBytes(&bytes);
  return bytes;
}

// ---- checkpoints ------------------------------------------------------------

void ShardSet::TurnSavingOn() {
  for (Shard& shard : shards_) shard.TurnSavingOn();
}

void ShardSet::BeginSave(const SaveMarker& marker) {
  TOCSIN_CHECK(next_saved_ == shards_.size());
  marker_ = marker;
  next_saved_ = 0;
}

void ShardSet::TakeMarker(std::size_t shard) {
  if (shards_[shard].marker() == marker_.number) return;
  const std::size_t group = shard / kShardsOfGroup;
  shards_[shard].BeginSave(marker_.number, (marker_.whole >> group & 1) != 0);
}

bool ShardSet::SaveSome(std::size_t entries, const Give& give) {
  std::size_t saved = 0;
  while (next_saved_ < shards_.size() && saved < entries) {
    const std::size_t i = next_saved_;
    TakeMarker(i);
    records_.clear();
    PutNumber(RecordKind::kShard, &records_);
    PutNumber(static_cast<std::uint16_t>(i), &records_);
    const std::size_t empty = records_.size();
    saved += shards_[i].SaveSome(entries - saved, &records_) + 1;
    if (records_.size() > empty) give(i / kShardsOfGroup, records_);
    if (shards_[i].saved()) ++next_saved_;
  }
  return next_saved_ < shards_.size();
}

bool ShardSet::Load(std::string_view records) {
  while (!records.empty()) {
    RecordKind kind{};
    std::uint16_t shard = 0;
    TakeNumber(&records, &kind);
    if (kind != RecordKind::kShard || !TakeNumber(&records, &shard) ||
        shard >= shards_.size() || !shards_[shard].Load(&records)) {
      return false;
    }
  }
  return true;
}

void ShardSet::EndLoad() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i].EndLoad();
    ReadDue(i);
  }
}

}  // namespace tocsin
