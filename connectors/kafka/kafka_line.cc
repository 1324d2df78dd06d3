#include "connectors/kafka/kafka_line.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "engine/base/utf8.h"
#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin {
namespace {

// What a place may take beside key and headers: names and numbers.
constexpr std::size_t kPlaceRoom = 1'024;

void AppendNumber(std::int64_t number, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out->append(digits, end);
}

// Copies, with blanks for line feeds; gives the place behind.
char* CopyOneLine(std::string_view from, char* into) {
  if (from.empty()) return into;
  std::memcpy(into, from.data(), from.size());
  char* const end = into + from.size();
  while (void* const feed =
             std::memchr(into, '\n', static_cast<std::size_t>(end - into))) {
    into = static_cast<char*>(feed);
    *into++ = ' ';
  }
  return end;
}

// Every writer has the kind of a list in front, or, sorted, behind the items.
bool MayBeEventList(std::string_view object) {
  constexpr std::string_view kKind = "\"EventList\"";
  constexpr std::size_t kEnds = 256;
  const std::string_view end =
      object.substr(object.size() - std::min(object.size(), kEnds));
  return object.substr(0, kEnds).find(kKind) != std::string_view::npos ||
         end.find(kKind) != std::string_view::npos;
}

// The list of the object's items, when it says that it is an EventList.
std::string_view ItemsOfEventList(std::string_view object) {
  if (!MayBeEventList(object)) return {};
  std::string_view items;
  bool list = false;
  JsonMembers members(object);
  JsonMembers::Member member;
  while (members.Next(&member)) {
    if (member.key == "kind") list = member.value == "\"EventList\"";
    if (member.key == "items") items = member.value;
  }
  return list && items.starts_with('[') ? items : std::string_view();
}

// Where the next of the items begins; its end when there is none.
std::size_t NextItem(std::string_view items, std::size_t at) {
  while (at < items.size() && items[at] != '{') {
    if (!IsJsonBlank(items[at]) && items[at] != ',') return items.size();
    ++at;
  }
  return at;
}

}  // namespace

std::size_t KafkaLine::Prepare(const rd_kafka_message_t& message,
                               bool metadata) {
  place_.clear();
  cut_ = false;
  const std::string_view payload(static_cast<const char*>(message.payload),
                                 message.payload == nullptr ? 0 : message.len);
  const std::string_view object = TrimJsonBlanks(payload);
  poison_ = object.size() < 2 || object.front() != '{' || object.back() != '}';
  if (poison_) {
    PreparePoison(message);
  } else if (payload.size() + kPlaceRoom > limits::kLineBytes) {
    before_ = object.substr(0, 1);
    AppendPlace(message);
    behind_ = object.substr(1);
    if (TrimJsonBlanks(behind_) != "}") place_ += ',';
  } else if (!metadata) {
    before_ = object;
    behind_ = {};
  } else {
    const bool list = PrepareList(object, message);
    before_ = list ? list_ : object.substr(0, object.size() - 1);
    if (TrimJsonBlanks(before_) != "{") place_ += ',';
    AppendPlace(message);
    behind_ = "}";
  }
  return before_.size() + place_.size() + behind_.size() + 1;
}

void KafkaLine::Write(char* into) const {
  into = CopyOneLine(before_, into);
  if (!place_.empty()) std::memcpy(into, place_.data(), place_.size());
  into = CopyOneLine(behind_, into + place_.size());
  *into = '\n';
}

void KafkaLine::PreparePoison(const rd_kafka_message_t& message) {
  before_ = {};
  place_ = absl::StrFormat("kafka %s/%d@%d: ", rd_kafka_topic_name(message.rkt),
                           message.partition, message.offset);
  behind_ = message.payload == nullptr
                ? std::string_view("null")
                : std::string_view(static_cast<const char*>(message.payload),
                                   message.len);
}

bool KafkaLine::PrepareList(std::string_view object,
                            const rd_kafka_message_t& message) {
  const std::string_view items = ItemsOfEventList(object);
  if (items.empty()) return false;
  AppendPlace(message);
  const std::string place = std::move(place_);
  place_.clear();
  list_.assign(object.data(), items.data());
  std::size_t copied = 0;
  std::size_t end = 1;
  for (std::size_t at = NextItem(items, end); at < items.size();
       at = NextItem(items, end)) {
    end = JsonValueEnd(items, at);
    const bool bare =
        TrimJsonBlanks(items.substr(at + 1, end - at - 2)).empty();
    list_ += items.substr(copied, end - 1 - copied);
    if (!bare) list_ += ',';
    list_ += place;
    copied = end - 1;
    if (items[copied] != '}' ||
        list_.size() + (items.size() - copied) + place.size() + kPlaceRoom >
            limits::kLineBytes) {
      return false;
    }
  }
  list_ += items.substr(copied);
  list_.append(items.data() + items.size(), object.data() + object.size() - 1);
  return true;
}

void KafkaLine::AppendPlace(const rd_kafka_message_t& message) {
  if (topic_ != message.rkt || partition_ != message.partition) {
    topic_ = message.rkt;
    partition_ = message.partition;
    prefix_ = "\"kafka\":{\"topic\":";
    AppendJsonString(rd_kafka_topic_name(message.rkt), &prefix_);
    absl::StrAppendFormat(&prefix_,
                          ",\"partition\":%d,\"offset\":", message.partition);
  }
  place_ += prefix_;
  AppendNumber(message.offset, &place_);
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t time_ms = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) {
    place_ += ",\"timestamp_ms\":";
    AppendNumber(time_ms, &place_);
  }
  if (message.key != nullptr) {
    const std::string_view key(static_cast<const char*>(message.key),
                               message.key_len);
    cut_ = place_.size() + key.size() > limits::kKafkaPlaceBytes;
    if (!cut_) {
      place_ += ',';
      AppendText("key", key);
    }
  }
  AppendHeaders(message);
  if (cut_) place_ += ",\"cut\":true";
  place_ += '}';
}

void KafkaLine::AppendHeaders(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;
  }
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  place_ += ",\"headers\":{";
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
       RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    if (place_.size() + std::strlen(name) + size > limits::kKafkaPlaceBytes) {
      cut_ = true;
      break;
    }
    if (place_.back() != '{') place_ += ',';
    if (value == nullptr) {
      AppendJsonString(name, &place_);
      place_ += ":null";
    } else {
      AppendText(name, {static_cast<const char*>(value), size});
    }
  }
  place_ += '}';
}

void KafkaLine::AppendText(std::string_view name, std::string_view bytes) {
  if (IsUtf8(bytes)) {
    AppendJsonString(name, &place_);
    place_ += ':';
    AppendJsonString(bytes, &place_);
    return;
  }
  AppendJsonString(std::string(name) + "_base64", &place_);
  place_ += ":\"";
  place_ += absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  place_ += '"';
}

}  // namespace tocsin
