// One segment, record by record, past what is damaged.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/journal/journal_format.h"
#include "connectors/journal/journal_storage.h"

namespace tocsin::journal {

enum class ScanKind : std::uint8_t { kRecord, kDamaged, kEnd };

struct ScanStep {
  ScanKind kind = ScanKind::kEnd;
  std::uint64_t begin = 0, end = 0;  // Of the record, or of the damage.
  RecordHead head;                   // kRecord.
};

struct ScanPlace {
  int file = -1;
  std::uint64_t segment = 0;
  std::uint64_t offset = kSegmentHeadBytes;
  std::uint64_t end = 0;  // What lies behind is not looked at.
};

// What stands at `at.offset`. With a `body`, it is read and its hash checked;
// without, only heads are. An error is a failed read.
absl::StatusOr<ScanStep> ScanNext(JournalStorage* storage, const ScanPlace& at,
                                  std::string* body);

}  // namespace tocsin::journal
