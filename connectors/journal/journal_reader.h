// Reads a journal's records in their order, past what is damaged or gone.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/journal/journal.h"

namespace tocsin {

struct JournalRecord {
  JournalPlace place;
  std::string body;
};

// Confined to one thread. The journal must outlive it.
class JournalReader {
 public:
  enum class Got : std::uint8_t { kRecord, kNothing, kLost };

  explicit JournalReader(Journal* journal) : journal_(journal) {}
  // The next durable record; or what cannot be had, for people. An error is a
  // failed read, or the journal's own failure.
  absl::StatusOr<Got> Next(JournalRecord* record, std::string* lost);
  // Goes on at a record's place, or behind one. When that is not there (any
  // more), the next Next() tells so.
  void Seek(const JournalPlace& place);
  // Behind the last record.
  const JournalPlace& place() const { return place_; }
  std::uint64_t lost_bytes() const { return lost_bytes_; }

 private:
  Got Lost(std::string what, std::string* lost);

  Journal* journal_;
  JournalPlace place_;
  std::string sought_;  // Why the place that was sought is not there.
  std::uint64_t lost_bytes_ = 0;
};

}  // namespace tocsin
