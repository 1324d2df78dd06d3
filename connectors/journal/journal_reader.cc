#include "connectors/journal/journal_reader.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/journal/segment_scan.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

std::string Range(std::uint64_t segment, std::uint64_t begin,
                  std::uint64_t end) {
  return absl::StrFormat("%s, bytes %d to %d: damaged",
                         journal::SegmentName(segment), begin, end);
}

}  // namespace

JournalReader::Got JournalReader::Lost(std::string what, std::string* lost) {
  *lost = std::move(what);
  return Got::kLost;
}

void JournalReader::Seek(const JournalPlace& place) {
  place_ = place;
  sought_.clear();
  if (place.segment == 0) return;
  const auto view = journal_->SegmentFrom(place.segment);
  if (!view) {
    // All that is there is newer than a journal that is gone.
    place_ = {};
    sought_ = absl::StrFormat(
        "the journal does not reach to %s any more: read from its beginning",
        journal::SegmentName(place.segment));
  } else if (view->segment == place.segment && place.offset > view->end) {
    sought_ = Range(place.segment, view->end, place.offset);
    place_.offset = view->end;
  }
}

absl::StatusOr<JournalReader::Got> JournalReader::Next(JournalRecord* record,
                                                       std::string* lost) {
  if (!sought_.empty()) return Lost(std::exchange(sought_, {}), lost);
  for (;;) {
    const auto view = journal_->SegmentFrom(place_.segment);
    if (!view) return Got::kNothing;
    if (view->segment != place_.segment) {
      const std::uint64_t missed = place_.segment;
      place_ = {view->segment, 0};
      if (missed != 0) {
        return Lost(
            absl::StrFormat("%s to %s: gone", journal::SegmentName(missed),
                            journal::SegmentName(view->segment - 1)),
            lost);
      }
    }
    if (place_.offset < journal::kSegmentHeadBytes) {
      place_.offset = journal::kSegmentHeadBytes;
      if (view->head_damaged) {
        lost_bytes_ += journal::kSegmentHeadBytes;
        return Lost(Range(view->segment, 0, journal::kSegmentHeadBytes), lost);
      }
    }
    TOCSIN_ASSIGN_OR_RETURN(
        const journal::ScanStep step,
        journal::ScanNext(journal_->storage(),
                          {view->file, view->segment, place_.offset, view->end},
                          &record->body));
    if (step.kind == journal::ScanKind::kEnd) {
      if (view->active) return Got::kNothing;
      ++place_.segment;
      place_.offset = 0;
      continue;
    }
    record->place = {view->segment, step.begin};
    place_.offset = step.end;
    if (step.kind == journal::ScanKind::kRecord) return Got::kRecord;
    lost_bytes_ += step.end - step.begin;
    return Lost(Range(view->segment, step.begin, step.end), lost);
  }
}

}  // namespace tocsin
