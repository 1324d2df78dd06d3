#include "engine/durable/checkpoints.h"

#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/coding.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::string_view kHeadKey = "checkpoint";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSumBytes = sizeof(std::uint64_t);

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(
      absl::StrFormat("the checkpoint is damaged: %s", what));
}

void AppendSum(std::string* value) { PutNumber(Hash64(*value), value); }

// The bytes before the sum at the end of a value.
bool TakeSummed(std::string_view value, std::string_view* bytes) {
  if (value.size() < kSumBytes) return false;
  std::string_view rest = value.substr(value.size() - kSumBytes);
  *bytes = value.substr(0, value.size() - kSumBytes);
  std::uint64_t sum = 0;
  return TakeNumber(&rest, &sum) && sum == Hash64(*bytes);
}

}  // namespace

// The group in two bytes, then number and index, so that values sort in the
// order in which they are read.
std::string Checkpoints::KeyOf(std::size_t group, const Value& value) {
  return absl::StrFormat("%02d", group) + BigEndian(value.number) +
         BigEndian(value.index);
}

std::uint64_t Checkpoints::Begin(bool whole, std::uint16_t* groups) {
  making_ = Making();
  making_.number = ++number_;
  if (whole) making_.whole = 0xFFFF;
  // What writing it whole will take: about what it took the last time.
  const auto bytes_of = [](const Group& group) {
    std::uint64_t base = 0, all = 0;
    for (const Value& value : group.values) {
      all += value.bytes;
      if (value.number == group.base) base += value.bytes;
    }
    return base > 0 ? base : all;
  };
  for (std::size_t i = 0; i < kStateGroups && !whole; ++i) {
    const std::size_t group = next_group_;
    const std::uint64_t bytes = bytes_of(groups_[group]);
    if (credit_ < bytes) break;
    credit_ -= bytes;
    // A group with one value at the most gains nothing.
    if (groups_[group].values.size() > 1) making_.whole |= 1u << group;
    next_group_ = (next_group_ + 1) % kStateGroups;
  }
  *groups = making_.whole;
  return making_.number;
}

void Checkpoints::CloseValue(std::size_t group) {
  std::string& open = making_.open[group];
  if (open.empty()) return;
  std::vector<Value>& values = making_.values[group];
  AppendSum(&open);
  values.push_back(
      {making_.number, static_cast<std::uint32_t>(values.size()), open.size()});
  making_.ready.emplace_back(KeyOf(group, values.back()), std::move(open));
  open.clear();
}

void Checkpoints::Add(std::size_t group, std::string_view records) {
  std::string& open = making_.open[group];
  if (open.empty()) open.reserve(limits::kStateValueBytes + records.size());
  open.append(records);
  if (open.size() >= limits::kStateValueBytes) CloseValue(group);
}

void Checkpoints::EndAdding() {
  for (std::size_t group = 0; group < kStateGroups; ++group) CloseValue(group);
}

absl::StatusOr<bool> Checkpoints::WriteSome() {
  StoreBatch& batch = making_.batch;
  while (!making_.ready.empty() && batch.bytes() < limits::kStateWriteBytes) {
    auto& [key, value] = making_.ready.front();
    batch.Put(Family::kState, std::move(key), std::move(value));
    making_.ready.pop_front();
  }
  if (batch.empty()) return true;
  TOCSIN_RETURN_IF_ERROR(store_->Write(batch, /*sync=*/false));
  batch = StoreBatch();
  return making_.ready.empty();
}

absl::Status Checkpoints::Commit(const CheckpointHead& head, StoreBatch batch) {
  std::array<Group, kStateGroups> groups = groups_;
  std::uint64_t changes = 0;
  for (std::size_t i = 0; i < kStateGroups; ++i) {
    Group& group = groups[i];
    if ((making_.whole >> i & 1) != 0) {
      for (const Value& value : group.values) {
        batch.Delete(Family::kState, KeyOf(i, value));
      }
      group = {making_.number, {}};
    } else {
      for (const Value& value : making_.values[i]) changes += value.bytes;
    }
    group.values.insert(group.values.end(), making_.values[i].begin(),
                        making_.values[i].end());
  }
  std::string bytes;
  PutNumber(kVersion, &bytes);
  PutNumber(making_.number, &bytes);
  PutNumber(head.cut, &bytes);
  PutNumber(static_cast<std::uint32_t>(head.rules.size()), &bytes);
  for (const Hash128& uid : head.rules) {
    PutNumber(uid.high, &bytes);
    PutNumber(uid.low, &bytes);
  }
  PutBytes(head.sequence, &bytes);
  for (const Group& group : groups) {
    PutNumber(group.base, &bytes);
    PutNumber(static_cast<std::uint32_t>(group.values.size()), &bytes);
    for (const Value& value : group.values) {
      PutNumber(value.number, &bytes);
      PutNumber(value.index, &bytes);
      PutNumber(value.bytes, &bytes);
    }
  }
  PutNumber(static_cast<std::uint32_t>(head.positions.size()), &bytes);
  for (const auto& [source, position] : head.positions) {
    PutBytes(source, &bytes);
    batch.Put(Family::kPositions, source, position);
  }
  AppendSum(&bytes);
  batch.Put(Family::kMeta, std::string(kHeadKey), std::move(bytes));
  TOCSIN_RETURN_IF_ERROR(store_->Write(batch, /*sync=*/true));
  groups_ = std::move(groups);
  credit_ += changes;
  return absl::OkStatus();
}

std::uint64_t Checkpoints::bytes() const {
  std::uint64_t bytes = 0;
  for (const Group& group : groups_) {
    for (const Value& value : group.values) bytes += value.bytes;
  }
  return bytes;
}

// ---- reading ----------------------------------------------------------------

absl::StatusOr<std::optional<CheckpointHead>> Checkpoints::Load() {
  TOCSIN_ASSIGN_OR_RETURN(std::optional<CheckpointHead> head, Peek());
  TOCSIN_RETURN_IF_ERROR(DeleteOthers());
  return head;
}

absl::StatusOr<std::optional<CheckpointHead>> Checkpoints::Peek() {
  const absl::StatusOr<std::string> saved =
      store_->Get(Family::kMeta, kHeadKey);
  if (absl::IsNotFound(saved.status())) {
    return std::optional<CheckpointHead>();
  }
  if (!saved.ok()) return saved.status();
  CheckpointHead head;
  std::string_view rest, sequence;
  std::uint32_t version = 0, rules = 0, sources = 0;
  if (!TakeSummed(*saved, &rest) || !TakeNumber(&rest, &version)) {
    return Damaged("its head is not what was written");
  }
  if (version != kVersion) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the checkpoint has version %d, this version of tocsin reads %d: run "
        "the version that wrote it, or begin with an empty directory",
        version, kVersion));
  }
  if (!TakeNumber(&rest, &head.number) || !TakeNumber(&rest, &head.cut) ||
      !TakeNumber(&rest, &rules)) {
    return Damaged("its head is too short");
  }
  for (; rules > 0; --rules) {
    Hash128 uid;
    if (!TakeNumber(&rest, &uid.high) || !TakeNumber(&rest, &uid.low)) {
      return Damaged("its rules");
    }
    head.rules.push_back(uid);
  }
  if (!TakeBytes(&rest, &sequence)) return Damaged("its sequence");
  head.sequence = sequence;
  for (Group& group : groups_) {
    std::uint32_t count = 0;
    group.values.clear();
    if (!TakeNumber(&rest, &group.base) || !TakeNumber(&rest, &count)) {
      return Damaged("its groups");
    }
    for (; count > 0; --count) {
      Value value;
      if (!TakeNumber(&rest, &value.number) ||
          !TakeNumber(&rest, &value.index) ||
          !TakeNumber(&rest, &value.bytes)) {
        return Damaged("its values");
      }
      group.values.push_back(value);
    }
  }
  if (!TakeNumber(&rest, &sources)) return Damaged("its sources");
  for (; sources > 0; --sources) {
    std::string_view name;
    if (!TakeBytes(&rest, &name)) return Damaged("its sources");
    TOCSIN_ASSIGN_OR_RETURN(head.positions[std::string(name)],
                            store_->Get(Family::kPositions, name));
  }
  number_ = head.number;
  return std::optional<CheckpointHead>(std::move(head));
}

// Written ahead for a checkpoint that never became valid.
absl::Status Checkpoints::DeleteOthers() {
  std::set<std::string> known;
  for (std::size_t i = 0; i < kStateGroups; ++i) {
    for (const Value& value : groups_[i].values) known.insert(KeyOf(i, value));
  }
  StoreBatch batch;
  TOCSIN_RETURN_IF_ERROR(store_->ForEach(
      Family::kState, "", [&](std::string_view key, std::string_view) {
        if (!known.contains(std::string(key))) {
          batch.Delete(Family::kState, std::string(key));
        }
        return absl::OkStatus();
      }));
  return batch.empty() ? absl::OkStatus() : store_->Write(batch, false);
}

absl::Status Checkpoints::ForEachValue(const Visit& visit) {
  for (std::size_t i = 0; i < kStateGroups; ++i) {
    for (const Value& one : groups_[i].values) {
      const std::string key = KeyOf(i, one);
      const absl::StatusOr<std::string> value =
          store_->Get(Family::kState, key);
      const std::string what = absl::StrFormat(
          "value %d of group %d of checkpoint %d", one.index, i, one.number);
      if (absl::IsNotFound(value.status()))
        return Damaged(what + " is missing");
      if (!value.ok()) return value.status();
      std::string_view records;
      if (!TakeSummed(*value, &records)) {
        return Damaged(what + " is not what was written");
      }
      if (absl::Status status = visit(records); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace tocsin
