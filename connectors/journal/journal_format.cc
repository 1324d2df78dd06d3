#include "connectors/journal/journal_format.h"

#include <charconv>

#include "absl/strings/str_format.h"
#include "engine/base/coding.h"

namespace tocsin::journal {
namespace {

constexpr std::string_view kMagic = "TOCSINJ\n";
constexpr std::uint32_t kMark = 0x4A52434C;
constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;
constexpr std::size_t kHashed = kSegmentHeadBytes - sizeof(std::uint64_t);
constexpr std::size_t kNameDigits = 16;
constexpr std::string_view kEnding = ".journal";

std::uint64_t Seed(std::uint64_t segment, std::uint64_t offset) {
  return segment * kSpread + offset;
}

}  // namespace

std::string EncodeSegmentHead(const SegmentHead& head) {
  std::string out(kMagic);
  PutNumber(head.version, &out);
  PutNumber(std::uint32_t{0}, &out);
  PutNumber(head.segment, &out);
  PutNumber(head.made_us, &out);
  PutNumber(head.source_hash, &out);
  out.resize(kHashed, '\0');
  PutNumber(Hash64(out), &out);
  return out;
}

std::optional<SegmentHead> DecodeSegmentHead(std::string_view bytes) {
  if (bytes.size() < kSegmentHeadBytes || !bytes.starts_with(kMagic)) {
    return std::nullopt;
  }
  std::string_view rest = bytes.substr(kHashed);
  std::uint64_t hash = 0;
  TakeNumber(&rest, &hash);
  if (hash != Hash64(bytes.substr(0, kHashed))) return std::nullopt;
  SegmentHead head;
  std::uint32_t zero = 0;
  rest = bytes.substr(kMagic.size());
  TakeNumber(&rest, &head.version);
  TakeNumber(&rest, &zero);
  TakeNumber(&rest, &head.segment);
  TakeNumber(&rest, &head.made_us);
  TakeNumber(&rest, &head.source_hash);
  return head;
}

std::string EncodeRecordHead(const RecordHead& head, std::uint64_t segment,
                             std::uint64_t offset) {
  std::string out;
  out.reserve(kRecordHeadBytes);
  PutNumber(kMark, &out);
  PutNumber(std::uint32_t{0}, &out);
  PutNumber(head.body_bytes, &out);
  PutNumber(head.received_us, &out);
  PutNumber(head.body_hash.low, &out);
  PutNumber(head.body_hash.high, &out);
  PutNumber(Hash64(out, Seed(segment, offset)), &out);
  return out;
}

std::optional<RecordHead> DecodeRecordHead(std::string_view bytes,
                                           std::uint64_t segment,
                                           std::uint64_t offset) {
  if (bytes.size() < kRecordHeadBytes) return std::nullopt;
  std::string_view rest = bytes;
  std::uint32_t mark = 0, flags = 0;
  TakeNumber(&rest, &mark);
  if (mark != kMark) return std::nullopt;
  TakeNumber(&rest, &flags);
  RecordHead head;
  TakeNumber(&rest, &head.body_bytes);
  TakeNumber(&rest, &head.received_us);
  TakeNumber(&rest, &head.body_hash.low);
  TakeNumber(&rest, &head.body_hash.high);
  const std::string_view hashed = bytes.substr(0, bytes.size() - rest.size());
  std::uint64_t hash = 0;
  TakeNumber(&rest, &hash);
  if (hash != Hash64(hashed, Seed(segment, offset)) || flags != 0 ||
      head.body_bytes >= kBodyBytes) {
    return std::nullopt;
  }
  return head;
}

std::uint64_t RecordBytes(std::uint64_t body_bytes) {
  return (kRecordHeadBytes + body_bytes + kAlign - 1) / kAlign * kAlign;
}

std::string SegmentName(std::uint64_t segment) {
  return absl::StrFormat("%016d%s", segment, kEnding);
}

std::optional<std::uint64_t> SegmentOfName(std::string_view name) {
  if (name.size() < kNameDigits + kEnding.size() || !name.ends_with(kEnding)) {
    return std::nullopt;
  }
  name.remove_suffix(kEnding.size());
  std::uint64_t segment = 0;
  const auto [stopped, bad] =
      std::from_chars(name.data(), name.data() + name.size(), segment);
  if (bad != std::errc() || stopped != name.data() + name.size() ||
      SegmentName(segment).size() != name.size() + kEnding.size()) {
    return std::nullopt;
  }
  return segment;
}

std::string FolderName(std::string_view source) {
  std::string out;
  for (const char c : source) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                       (c == '.' && !out.empty());
    if (plain) {
      out.push_back(c);
    } else {
      out += absl::StrFormat("%%%02X", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace tocsin::journal
