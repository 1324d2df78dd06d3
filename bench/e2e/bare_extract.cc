#include "bench/e2e/bare_extract.h"

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "simdjson.h"

namespace tocsin::bench {
namespace {

namespace od = simdjson::ondemand;

struct Child {
  std::string quoted_tail;  // The key with its closing quote.
  std::uint32_t node = 0;
};

// Keys of one level, found by length and bytes.
struct Level {
  bool wanted = false;
  bool slice = false;
  bool elements = false;
  std::array<std::vector<Child>, 16> by_length;
  bool inner = false;
};

void Unescape(std::string_view raw, std::string* out) {
  out->clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      out->push_back(raw[i]);
      continue;
    }
    const char c = raw[++i];
    if (c == 'u' && i + 4 < raw.size()) {
      unsigned unit = 0;
      for (int k = 0; k < 4; ++k) {
        const char h = raw[i + 1 + static_cast<std::size_t>(k)];
        unit = unit * 16 + static_cast<unsigned>(
                               h <= '9' ? h - '0' : (h | 0x20) - 'a' + 10);
      }
      i += 4;
      if (unit < 0x80) {
        out->push_back(static_cast<char>(unit));
      } else if (unit < 0x800) {
        out->push_back(static_cast<char>(0xC0 | (unit >> 6)));
        out->push_back(static_cast<char>(0x80 | (unit & 0x3F)));
      } else {
        out->push_back(static_cast<char>(0xE0 | (unit >> 12)));
        out->push_back(static_cast<char>(0x80 | ((unit >> 6) & 0x3F)));
        out->push_back(static_cast<char>(0x80 | (unit & 0x3F)));
      }
    } else {
      out->push_back(c == 'n' ? '\n' : c == 't' ? '\t' : c);
    }
  }
}

}  // namespace

struct BareExtractor::Impl {
  std::vector<Level> levels;
  od::parser parser;
  std::string decoded;
  BareTotals* totals = nullptr;

  void Take(std::string_view token) {
    ++totals->values;
    if (!token.empty() && token[0] == '"' &&
        std::memchr(token.data(), '\\', token.size()) != nullptr) {
      Unescape(token, &decoded);
      totals->checksum += decoded.size();
    } else {
      totals->checksum += token.size();
    }
  }

  template <typename Container>
  simdjson::error_code Slice(Container container) {
    std::string_view slice;
    if (const auto error = container.raw_json().get(slice)) return error;
    ++totals->values;
    totals->checksum += slice.size();
    return simdjson::SUCCESS;
  }

  simdjson::error_code Elements(od::value value) {
    od::array array;
    if (const auto error = value.get_array().get(array)) return error;
    for (auto element : array) {
      od::value item;
      if (const auto error = std::move(element).get(item)) return error;
      Take(item.raw_json_token());
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code Value(const Level& level, od::value value) {
    od::json_type type;
    if (const auto error = value.type().get(type)) return error;
    if (type == od::json_type::object) {
      if (level.inner) {
        od::object object;
        if (const auto error = value.get_object().get(object)) return error;
        return Object(level, object);
      }
      od::object object;
      if (const auto error = value.get_object().get(object)) return error;
      return Slice(object);
    }
    if (type == od::json_type::array) {
      if (level.elements && !level.slice) return Elements(value);
      od::array array;
      if (const auto error = value.get_array().get(array)) return error;
      return Slice(array);
    }
    Take(value.raw_json_token());
    return simdjson::SUCCESS;
  }

  simdjson::error_code Object(const Level& level, od::object object) {
    for (auto member : object) {
      od::field field;
      if (const auto error = std::move(member).get(field)) return error;
      const char* key = field.key().raw();
      const auto* quote = static_cast<const char*>(std::memchr(key, '"', 256));
      if (quote == nullptr) continue;
      const auto size = static_cast<std::size_t>(quote - key);
      for (const Child& child : level.by_length[size & 15]) {
        if (child.quoted_tail.size() == size &&
            std::memcmp(child.quoted_tail.data(), key, size) == 0) {
          if (const auto error = Value(levels[child.node], field.value())) {
            return error;
          }
          break;
        }
      }
    }
    return simdjson::SUCCESS;
  }
};

BareExtractor::BareExtractor(const Projection& projection)
    : impl_(std::make_unique<Impl>()) {
  for (const Projection::Node& node : projection.nodes()) {
    Level level;
    level.wanted = node.field != kNoField;
    level.slice = (node.want & kWantSlice) != 0;
    level.elements = (node.want & kWantElements) != 0;
    level.inner = !node.children.empty();
    for (const auto& [key, child] : node.children) {
      level.by_length[key.size() & 15].push_back({key, child});
    }
    impl_->levels.push_back(std::move(level));
  }
}

BareExtractor::~BareExtractor() = default;

void BareExtractor::Extract(std::string_view lines, BareTotals* totals) {
  impl_->totals = totals;
  const char* at = lines.data();
  const char* const end = at + lines.size();
  while (at < end) {
    const auto* feed = static_cast<const char*>(
        std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (feed == nullptr) feed = end;
    const auto size = static_cast<std::size_t>(feed - at);
    if (size > 0) {
      od::document document;
      od::object object;
      const auto capacity = static_cast<std::size_t>(end - at) + kPadding;
      if (impl_->parser.iterate(at, size, capacity).get(document) ||
          document.get_object().get(object) ||
          impl_->Object(impl_->levels[0], object)) {
        ++totals->refused;
      } else {
        ++totals->events;
      }
    }
    at = feed + 1;
  }
}

}  // namespace tocsin::bench
