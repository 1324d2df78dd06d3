// The bytes of a journal's segments and records: docs/reference/journal.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/hash.h"

namespace tocsin::journal {

inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kSegmentHeadBytes = 64;
inline constexpr std::size_t kRecordHeadBytes = 48;
inline constexpr std::size_t kAlign = 8;
inline constexpr std::uint64_t kBodyBytes = 1u << 30;  // A body is smaller.

struct SegmentHead {
  std::uint32_t version = kVersion;
  std::uint64_t segment = 0;
  std::int64_t made_us = 0;
  std::uint64_t source_hash = 0;
};

struct RecordHead {
  std::uint64_t body_bytes = 0;
  std::int64_t received_us = 0;
  Hash128 body_hash;
};

std::string EncodeSegmentHead(const SegmentHead& head);
// Of a segment of any version; nullopt when it is damaged or torn.
std::optional<SegmentHead> DecodeSegmentHead(std::string_view bytes);

std::string EncodeRecordHead(const RecordHead& head, std::uint64_t segment,
                             std::uint64_t offset);
// nullopt unless a record of this segment begins at this offset.
std::optional<RecordHead> DecodeRecordHead(std::string_view bytes,
                                           std::uint64_t segment,
                                           std::uint64_t offset);
// With its head and the zeros behind it.
std::uint64_t RecordBytes(std::uint64_t body_bytes);

std::string SegmentName(std::uint64_t segment);
// nullopt when it is not the name of a segment.
std::optional<std::uint64_t> SegmentOfName(std::string_view name);

// A folder's name for a source of any name.
std::string FolderName(std::string_view source);

}  // namespace tocsin::journal
