#include "engine/shard/saved_record.h"

#include "engine/base/coding.h"

namespace tocsin {
namespace {

bool TakeEntry(std::string_view* rest, SavedRecord* record) {
  return record->of_rule && TakeNumber(rest, &record->entry) &&
         record->entry <= EntryKind::kSeen && TakeNumber(rest, &record->key);
}

}  // namespace

bool TakeRecord(std::string_view* rest, SavedRecord* record) {
  if (!TakeNumber(rest, &record->kind)) return false;
  switch (record->kind) {
    case RecordKind::kShard:
      record->of_rule = false;
      return TakeNumber(rest, &record->shard);
    case RecordKind::kRule:
      record->of_rule = true;
      return TakeNumber(rest, &record->uid.high) &&
             TakeNumber(rest, &record->uid.low);
    case RecordKind::kHeader:
      return record->of_rule && TakeBytes(rest, &record->bytes);
    case RecordKind::kEntry:
      return TakeEntry(rest, record) && TakeBytes(rest, &record->bytes);
    case RecordKind::kGone:
      return TakeEntry(rest, record);
    case RecordKind::kDuplicates:
    case RecordKind::kSamples:
      return TakeNumber(rest, &record->stratum) &&
             TakeBytes(rest, &record->bytes);
  }
  return false;
}

}  // namespace tocsin
