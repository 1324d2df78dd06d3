#include "bench/parse/on_demand.h"

#include <simdjson.h>

#include <cstring>
#include <vector>

#include "engine/base/limits.h"

namespace tocsin::bench {
namespace {

namespace ondemand = simdjson::ondemand;

// A field's value: the raw token without its quotes, decoded when escaped.
void TakeText(simdjson::simdjson_result<ondemand::value> result,
              Folded* folded) {
  ondemand::value value;
  if (result.get(value) != simdjson::SUCCESS) return;
  std::string_view token = value.raw_json_token();
  if (token.size() < 2 || token[0] != '"') return;
  while (token.back() != '"') token.remove_suffix(1);
  token = token.substr(1, token.size() - 2);
  if (std::memchr(token.data(), '\\', token.size()) != nullptr &&
      value.get_string().get(token) != simdjson::SUCCESS) {
    return;
  }
  folded->Text(token);
}

void TakeList(simdjson::simdjson_result<ondemand::value> result,
              Folded* folded) {
  ondemand::array list;
  if (result.get_array().get(list) != simdjson::SUCCESS) return;
  for (auto element : list) TakeText(element, folded);
}

// `key` is the raw key behind its quote; the name brings the closing quote.
template <std::size_t N>
bool Is(const char* key, const char (&name)[N]) {
  return std::memcmp(key, name, N - 1) == 0;
}

template <typename Each>
bool ForEach(ondemand::object object, Each each) {
  for (auto field : object) {
    ondemand::raw_json_string key;
    if (field.key().get(key) != simdjson::SUCCESS) return false;
    each(key.raw(), field);
  }
  return true;
}

template <typename Field>
void TakeUser(Field& field, Folded* folded) {
  ondemand::object user;
  if (field.value().get_object().get(user) != simdjson::SUCCESS) return;
  ForEach(user, [folded](const char* key, auto& member) {
    if (Is(key, "username\""))
      TakeText(member.value(), folded);
    else if (Is(key, "groups\""))
      TakeList(member.value(), folded);
  });
}

template <typename Field>
void TakeObjectRef(Field& field, Folded* folded) {
  ondemand::object reference;
  if (field.value().get_object().get(reference) != simdjson::SUCCESS) return;
  ForEach(reference, [folded](const char* key, auto& member) {
    if (Is(key, "resource\"") || Is(key, "namespace\"") || Is(key, "name\"") ||
        Is(key, "subresource\"")) {
      TakeText(member.value(), folded);
    }
  });
}

template <typename Field>
void TakeStatus(Field& field, Folded* folded) {
  ondemand::object status;
  if (field.value().get_object().get(status) != simdjson::SUCCESS) return;
  ForEach(status, [folded](const char* key, auto& member) {
    std::int64_t code = 0;
    if (Is(key, "code\"") &&
        member.value().get_int64().get(code) == simdjson::SUCCESS) {
      folded->Number(code);
    }
  });
}

bool ReadEvent(ondemand::document* document, Folded* folded) {
  ondemand::object event;
  if (document->get_object().get(event) != simdjson::SUCCESS) return false;
  return ForEach(event, [folded](const char* key, auto& field) {
    switch (*key) {
      case 'v':
        if (Is(key, "verb\"")) TakeText(field.value(), folded);
        break;
      case 'u':
        if (Is(key, "user\""))
          TakeUser(field, folded);
        else if (Is(key, "userAgent\""))
          TakeText(field.value(), folded);
        break;
      case 's':
        if (Is(key, "stage\"") || Is(key, "stageTimestamp\"")) {
          TakeText(field.value(), folded);
        } else if (Is(key, "sourceIPs\"")) {
          TakeList(field.value(), folded);
        }
        break;
      case 'o':
        if (Is(key, "objectRef\"")) TakeObjectRef(field, folded);
        break;
      case 'r':
        if (Is(key, "requestURI\""))
          TakeText(field.value(), folded);
        else if (Is(key, "responseStatus\""))
          TakeStatus(field, folded);
        break;
      default:
        break;
    }
  });
}

}  // namespace

class OnDemandLoop::Impl {
 public:
  Impl() : buffer_(limits::kChunkBytes + simdjson::SIMDJSON_PADDING) {}

  template <typename Read>
  Folded Run(std::string_view chunk, Read read) {
    if (buffer_.size() < chunk.size() + simdjson::SIMDJSON_PADDING) {
      buffer_.resize(chunk.size() + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(buffer_.data(), chunk.data(), chunk.size());
    Folded folded;
    const char* at = buffer_.data();
    const char* const end = at + chunk.size();
    while (at < end) {
      const auto* feed = static_cast<const char*>(
          std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (feed == nullptr) feed = end;
      const auto size = static_cast<std::size_t>(feed - at);
      ondemand::document document;
      const bool ok =
          parser_.iterate(at, size, size + simdjson::SIMDJSON_PADDING)
                  .get(document) == simdjson::SUCCESS &&
          read(&document, &folded);
      ok ? ++folded.events : ++folded.refused;
      at = feed + 1;
    }
    return folded;
  }

 private:
  std::vector<char> buffer_;
  ondemand::parser parser_;
};

OnDemandLoop::OnDemandLoop() : impl_(std::make_unique<Impl>()) {}
OnDemandLoop::~OnDemandLoop() = default;

Folded OnDemandLoop::Read(std::string_view chunk) {
  return impl_->Run(chunk, ReadEvent);
}

Folded OnDemandLoop::IndexOnly(std::string_view chunk) {
  return impl_->Run(chunk, [](ondemand::document*, Folded*) { return true; });
}

}  // namespace tocsin::bench
