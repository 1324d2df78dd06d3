#include "connectors/kafka/kafka_position.h"

#include <charconv>
#include <random>
#include <sstream>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

constexpr std::string_view kBare = ":bare";

template <typename Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto [stopped, bad] =
      std::from_chars(text.data(), text.data() + text.size(), *number);
  return bad == std::errc() && stopped == text.data() + text.size();
}

}  // namespace

std::string PrintKafkaPosition(const KafkaPosition& position) {
  std::string text =
      absl::StrFormat("kafka 2 %s %d\n", position.owner, position.ids);
  for (const KafkaPlace& place : position.places) {
    absl::StrAppendFormat(&text, "%d %d %d %d %d %d %s\n", place.begin,
                          place.next, place.given, place.metadata ? 1 : 0,
                          static_cast<std::int32_t>(place.stream),
                          place.partition, place.topic);
  }
  return text;
}

absl::StatusOr<KafkaPosition> ParseKafkaPosition(std::string_view text) {
  const absl::Status bad =
      absl::DataLossError("a position that is not of a Kafka source");
  std::istringstream lines{std::string(text)};
  std::string line, kind, version;
  KafkaPosition position;
  if (!std::getline(lines, line)) return bad;
  std::istringstream head(line);
  head >> kind >> version >> position.owner;
  const bool ids = version == "2";
  if (ids) head >> position.ids;
  if (!head || kind != "kafka" || (version != "1" && !ids)) return bad;
  while (std::getline(lines, line)) {
    KafkaPlace place;
    std::istringstream words(line);
    std::int32_t stream = -1;
    words >> place.begin >> place.next >> place.given >> place.metadata;
    if (ids) words >> stream;
    words >> place.partition >> place.topic;
    if (!words) return bad;
    place.stream = static_cast<std::uint32_t>(stream);
    position.places.push_back(std::move(place));
  }
  return position;
}

std::string KafkaStretchName(const KafkaPlace& place) {
  return absl::StrFormat("%s/%d@%d%s", place.topic, place.partition,
                         place.begin, place.metadata ? "" : std::string(kBare));
}

bool ParseKafkaStretchName(std::string_view name, KafkaPlace* place) {
  place->metadata = !name.ends_with(kBare);
  if (!place->metadata) name.remove_suffix(kBare.size());
  const std::size_t at = name.rfind('@');
  const std::size_t slash = name.rfind('/', at);
  if (at == std::string_view::npos || slash == std::string_view::npos ||
      !ReadNumber(name.substr(at + 1), &place->begin) ||
      !ReadNumber(name.substr(slash + 1, at - slash - 1), &place->partition)) {
    return false;
  }
  place->topic = name.substr(0, slash);
  place->next = place->begin;
  place->given = 0;
  return true;
}

std::string NewKafkaOwner() {
  std::random_device device;
  return absl::StrFormat("%08x%08x", device(), device());
}

}  // namespace tocsin
