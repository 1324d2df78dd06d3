#include "engine/pipeline/shard_set.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::size_t kMostParts = 16;

std::string KeyOf(std::size_t shard) {
  return absl::StrFormat("shard/%04d", shard);
}

}  // namespace

void ShardSet::Adopt(const RuleSet* rules) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i].Adopt(rules);
    due_us_[i] = shards_[i].next_due_us();
  }
}

void ShardSet::Sort(const RuleSet& rules, const MatchResult& matched,
                    std::size_t from, std::size_t to, ShardWork* work) const {
  work->rows.clear();
  work->ranges.clear();
  const auto shard_of = [&](std::uint32_t row) {
    const MatchedRow& matched_row = matched.rows[row];
    return ShardOf(rules.rules[matched_row.rule], matched_row.key_hash);
  };
  for (std::size_t i = from; i < to; ++i) {
    work->rows.push_back(static_cast<std::uint32_t>(i));
  }
  std::sort(work->rows.begin(), work->rows.end(),
            [&](std::uint32_t a, std::uint32_t b) {
              const std::uint32_t shard_a = shard_of(a), shard_b = shard_of(b);
              return shard_a != shard_b ? shard_a < shard_b : a < b;
            });
  for (std::uint32_t i = 0; i < work->rows.size(); ++i) {
    const std::uint32_t shard = shard_of(work->rows[i]);
    if (work->ranges.empty() || work->ranges.back().shard != shard) {
      work->ranges.push_back({shard, i, i});
    }
    work->ranges.back().end = i + 1;
  }
}

void ShardSet::Split(std::int64_t clock_us, std::size_t rules,
                     std::size_t rows_per_part, ShardWork* work) const {
  const std::size_t with_rows = work->ranges.size();
  for (std::uint32_t shard = 0; shard < due_us_.size(); ++shard) {
    if (due_us_[shard] < clock_us) work->ranges.push_back({shard, 0, 0});
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
  }
}

void ShardSet::Apply(const Slice& slice, std::size_t part, ShardWork* work) {
  const std::size_t begin = part == 0 ? 0 : work->parts[part - 1];
  for (std::size_t i = begin; i < work->parts[part]; ++i) {
    const ShardWork::Range& range = work->ranges[i];
    Shard& shard = shards_[range.shard];
    shard.Apply(
        slice,
        std::span(work->rows).subspan(range.begin, range.end - range.begin),
        &work->outputs[part]);
    due_us_[range.shard] = shard.next_due_us();
  }
}

std::vector<std::uint64_t> ShardSet::Keys(std::size_t rules) const {
  std::vector<std::uint64_t> keys(rules, 0);
  for (const Shard& shard : shards_) shard.AddKeys(&keys);
  return keys;
}

absl::Status ShardSet::Save(StateStore* store) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (shards_[i].IsFresh()) {
      TOCSIN_RETURN_IF_ERROR(store->Delete(KeyOf(i)));
      continue;
    }
    std::string bytes;
    shards_[i].Save(&bytes);
    TOCSIN_RETURN_IF_ERROR(store->Put(KeyOf(i), bytes));
  }
  return absl::OkStatus();
}

absl::Status ShardSet::Load(StateStore* store) {
  return store->ForEach(
      "shard/", [this](std::string_view key, std::string_view value) {
        for (std::size_t i = 0; i < shards_.size(); ++i) {
          if (key != KeyOf(i)) continue;
          if (!shards_[i].Load(value)) {
            return absl::DataLossError(
                absl::StrFormat("state of %s is damaged", key));
          }
          due_us_[i] = shards_[i].next_due_us();
        }
        return absl::OkStatus();
      });
}

}  // namespace tocsin
