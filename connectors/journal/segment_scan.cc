#include "connectors/journal/segment_scan.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/base/status_macros.h"

namespace tocsin::journal {
namespace {

constexpr std::size_t kSearchBytes = 256u << 10;

absl::StatusOr<std::size_t> ReadSome(JournalStorage* storage,
                                     const ScanPlace& at, std::uint64_t offset,
                                     char* into, std::size_t size) {
  size = std::min<std::uint64_t>(size, at.end - offset);
  std::size_t got = 0;
  const int error = storage->Read(at.file, offset, into, size, &got);
  if (error != 0) {
    return ErrnoStatus(error,
                       absl::StrFormat("reading %s/%s", storage->folder(),
                                       SegmentName(at.segment)));
  }
  return got;
}

bool Fits(const ScanPlace& at, std::uint64_t offset, const RecordHead& head) {
  return RecordBytes(head.body_bytes) <= at.end - offset;
}

// Where the next record begins behind `offset`; `at.end` when none does.
absl::StatusOr<std::uint64_t> FindRecord(JournalStorage* storage,
                                         const ScanPlace& at,
                                         std::uint64_t offset) {
  std::string block(kSearchBytes + kRecordHeadBytes, '\0');
  offset = (offset + kAlign) / kAlign * kAlign;
  for (; offset < at.end; offset += kSearchBytes) {
    TOCSIN_ASSIGN_OR_RETURN(
        const std::size_t got,
        ReadSome(storage, at, offset, block.data(), block.size()));
    const std::string_view bytes = std::string_view(block).substr(0, got);
    for (std::size_t i = 0; i < std::min(got, kSearchBytes); i += kAlign) {
      const auto head =
          DecodeRecordHead(bytes.substr(i), at.segment, offset + i);
      if (head && Fits(at, offset + i, *head)) return offset + i;
    }
    if (got < block.size()) break;
  }
  return at.end;
}

}  // namespace

absl::StatusOr<ScanStep> ScanNext(JournalStorage* storage, const ScanPlace& at,
                                  std::string* body) {
  ScanStep step;
  step.begin = step.end = at.offset;
  if (at.offset >= at.end) return step;
  char bytes[kRecordHeadBytes];
  TOCSIN_ASSIGN_OR_RETURN(
      const std::size_t got,
      ReadSome(storage, at, at.offset, bytes, sizeof(bytes)));
  const auto head = DecodeRecordHead({bytes, got}, at.segment, at.offset);
  step.kind = ScanKind::kDamaged;
  if (!head || !Fits(at, at.offset, *head)) {
    TOCSIN_ASSIGN_OR_RETURN(step.end, FindRecord(storage, at, at.offset));
    return step;
  }
  step.head = *head;
  step.end = at.offset + RecordBytes(head->body_bytes);
  if (body != nullptr) {
    body->resize(head->body_bytes);
    TOCSIN_ASSIGN_OR_RETURN(const std::size_t filled,
                            ReadSome(storage, at, at.offset + kRecordHeadBytes,
                                     body->data(), body->size()));
    if (filled < body->size() || HashWide(*body) != head->body_hash) {
      return step;
    }
  }
  step.kind = ScanKind::kRecord;
  return step;
}

}  // namespace tocsin::journal
