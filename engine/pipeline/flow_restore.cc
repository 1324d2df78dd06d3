// Where it goes on: the last checkpoint, and the log behind it.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "engine/base/coding.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/flow.h"

namespace tocsin {

absl::Status Flow::RestoreSource(std::size_t source, std::string_view bytes) {
  std::string_view position, reader;
  if (!TakeBytes(&bytes, &position) || !TakeBytes(&bytes, &reader) ||
      !clock_stage_.LoadSource(source, &bytes) ||
      !TakeNumber(&bytes, &lines_[source]) || !bytes.empty()) {
    return absl::DataLossError("its position is damaged");
  }
  TOCSIN_RETURN_IF_ERROR(reader_.Load(source, reader));
  return reader_.source(source).Resume(SourcePosition(position));
}

absl::Status Flow::RestoreHead(const CheckpointHead& head) {
  std::string_view rest = head.sequence;
  if (!clock_stage_.Load(&rest) || !LoadStarted(&rest) ||
      !announcer_.Load(&rest) || (!rest.empty() && !budget_.Load(&rest)) ||
      !rest.empty()) {
    return absl::DataLossError("the checkpoint is damaged: its sequence");
  }
  clock_before_us_ = clock_stage_.clock().clock_us();
  for (std::size_t i = 0; i < reader_.sources(); ++i) {
    const std::string name(reader_.source(i).name());
    const auto found = head.positions.find(name);
    if (found == head.positions.end()) continue;  // A source that is new.
    TOCSIN_RETURN_IF_ERROR(
        Annotate(RestoreSource(i, found->second),
                 absl::StrFormat("resuming source %s", name)));
  }
  TOCSIN_RETURN_IF_ERROR(
      checkpoints_->ForEachValue([this](std::string_view records) {
        return shards_.Load(records)
                   ? absl::OkStatus()
                   : absl::DataLossError(
                         "the checkpoint is damaged: records of a shard");
      }));
  shards_.EndLoad();
  return absl::OkStatus();
}

absl::Status Flow::Restore() {
  if (options_.store == nullptr) return absl::OkStatus();
  checkpoints_.emplace(options_.store);
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<CheckpointHead> head,
                          checkpoints_->Load());
  std::vector<Hash128> uids;
  for (const RuleProgram& rule : rules_->rules) uids.push_back(rule.uid);
  std::sort(uids.begin(), uids.end());
  bool same_sources = head.has_value();
  if (head.has_value()) {
    TOCSIN_RETURN_IF_ERROR(RestoreHead(*head));
    next_number_ = head->cut;
    same_sources = head->positions.size() == reader_.sources();
    for (std::size_t i = 0; i < reader_.sources(); ++i) {
      same_sources = same_sources && head->positions.contains(
                                         std::string(reader_.source(i).name()));
    }
  } else {
    for (std::size_t i = 0; i < reader_.sources(); ++i) {
      TOCSIN_RETURN_IF_ERROR(reader_.source(i).Start());
    }
  }
  shards_.TurnSavingOn();
  TOCSIN_ASSIGN_OR_RETURN(std::deque<MergeEntry> log,
                          ReadMergeLog(options_.store, next_number_));
  TOCSIN_RETURN_IF_ERROR(options_.store->ForEach(
      Family::kMerge, "", [this](std::string_view key, std::string_view) {
        std::uint64_t first = 0;
        if (!ReadMergeKey(key, &first)) return absl::OkStatus();
        if (!stretches_.empty()) stretches_.back().last = first - 1;
        stretches_.push_back({first, first});
        return absl::OkStatus();
      }));
  if (!stretches_.empty()) {
    stretches_.back().last = log.empty() ? 0 : log.back().number;
  }
  number_at_mark_ = next_number_;
  reader_.Replay(std::move(log));
  {
    MutexLock lock(&mutex_);
    // A rule that comes back must not find what it left long ago.
    mark_.first_whole = head.has_value() && head->rules != uids;
    mark_.first = !head.has_value() || mark_.first_whole || !same_sources;
    mark_us_ = options_.clock->SteadyMicros();
    replaying_ = reader_.replaying();
  }
  MutexLock lock(&counts_mutex_);
  counts_.durable.replaying = reader_.replaying();
  CountState();
  return absl::OkStatus();
}

}  // namespace tocsin
