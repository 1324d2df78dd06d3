#include <algorithm>
#include <charconv>

#include "absl/strings/str_format.h"
#include "connectors/kafka/kafka_options.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

bool ReadOffset(std::string_view text, std::int64_t* offset) {
  const auto [stopped, bad] =
      std::from_chars(text.data(), text.data() + text.size(), *offset);
  return bad == std::errc() && stopped == text.data() + text.size() &&
         *offset >= 0;
}

// "audit/0=1000,audit/1=2500"
bool ReadOffsets(std::string_view text,
                 std::map<std::string, std::int64_t>* offsets) {
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    const std::size_t equals = one.rfind('=');
    const std::size_t slash = one.rfind('/', equals);
    std::int64_t partition = 0;
    std::int64_t offset = 0;
    if (equals == std::string_view::npos || slash == std::string_view::npos ||
        slash == 0 ||
        !ReadOffset(one.substr(slash + 1, equals - slash - 1), &partition) ||
        !ReadOffset(one.substr(equals + 1), &offset)) {
      return false;
    }
    (*offsets)[std::string(one.substr(0, equals))] = offset;
  }
  return !offsets->empty();
}

}  // namespace

absl::Status ParseKafkaStart(std::string_view text, KafkaStart* start) {
  KafkaStart read;
  if (text == "resume") {
    read.kind = KafkaStart::Kind::kResume;
  } else if (text == "beginning") {
    read.kind = KafkaStart::Kind::kBeginning;
  } else if (text == "end") {
    read.kind = KafkaStart::Kind::kEnd;
  } else if (text.starts_with("time:")) {
    std::int64_t us = 0;
    if (!ParseRfc3339(text.substr(5), &us)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("`%s` is no time such as 2026-11-20T00:00:00Z",
                          std::string(text.substr(5))));
    }
    read.kind = KafkaStart::Kind::kTime;
    read.time_ms = us / 1'000;
  } else if (text.starts_with("offset:")) {
    const std::string_view rest = text.substr(7);
    read.kind = KafkaStart::Kind::kOffset;
    if (!ReadOffset(rest, &read.offset)) {
      read.offset = -1;
      if (!ReadOffsets(rest, &read.offsets)) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "`%s` is neither an offset nor topic/partition=offset,...",
            std::string(rest)));
      }
    }
  } else {
    return absl::InvalidArgumentError(absl::StrFormat(
        "`%s` is not one of resume, beginning, end, time:..., offset:...",
        std::string(text)));
  }
  *start = std::move(read);
  return absl::OkStatus();
}

std::string PrintKafkaStart(const KafkaStart& start) {
  switch (start.kind) {
    case KafkaStart::Kind::kResume:
      return "resume";
    case KafkaStart::Kind::kBeginning:
      return "beginning";
    case KafkaStart::Kind::kEnd:
      return "end";
    case KafkaStart::Kind::kTime:
      return "time:" + FormatTime(start.time_ms * 1'000);
    case KafkaStart::Kind::kOffset:
      break;
  }
  if (start.offsets.empty()) return absl::StrFormat("offset:%d", start.offset);
  std::string text = "offset:";
  for (const auto& [partition, offset] : start.offsets) {
    text += absl::StrFormat("%s%s=%d", text.back() == ':' ? "" : ",", partition,
                            offset);
  }
  return text;
}

}  // namespace tocsin
