#include "engine/shard/collected.h"

#include <algorithm>
#include <tuple>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/event/value.h"

namespace tocsin {

void Collected::See(std::size_t collect, std::size_t up_to,
                    std::string_view encoding, std::int64_t time_us,
                    std::uint64_t position, bool held) {
  newest_us_ = std::max(newest_us_, time_us);
  if (collect >= values_.size()) values_.resize(collect + 1);
  std::vector<Value>& values = values_[collect];
  const auto place = [](const Value& value) {
    return std::tie(value.time_us, value.position);
  };
  auto at = std::find_if(values.begin(), values.end(), [&](const Value& value) {
    return value.encoding == encoding;
  });
  if (at == values.end()) {
    if (values.size() < up_to) {
      at = values.emplace(values.end());
    } else {
      at = std::min_element(values.begin(), values.end(),
                            [&](const Value& a, const Value& b) {
                              return place(a) < place(b);
                            });
      if (at == values.end() ||
          place(*at) > std::tie(time_us, position)) {
        return;
      }
    }
    at->encoding = encoding;
    at->held = false;
    at->time_us = time_us;
    at->position = position;
  }
  if (place(*at) < std::tie(time_us, position)) {
    at->time_us = time_us;
    at->position = position;
  }
  at->held |= held;
}

std::vector<std::string> Collected::Take(std::size_t collects,
                                         std::int64_t from_us) {
  std::vector<std::string> taken(collects);
  for (std::size_t i = 0; i < collects && i < values_.size(); ++i) {
    std::vector<Value>& values = values_[i];
    // Stable: values of one event stay in the event's order.
    std::stable_sort(values.begin(), values.end(),
                     [](const Value& a, const Value& b) {
                       return std::tie(a.time_us, a.position) <
                              std::tie(b.time_us, b.position);
                     });
    for (Value& value : values) {
      const bool told =
          value.held || (from_us != kNothingElse && value.time_us >= from_us);
      if (told) AppendSized(value.encoding, &taken[i]);
      value.held = false;
    }
  }
  return taken;
}

void Collected::Release() {
  for (std::vector<Value>& values : values_) {
    for (Value& value : values) value.held = false;
  }
}

void Collected::Save(std::string* out) const {
  PutNumber(static_cast<std::uint32_t>(values_.size()), out);
  for (const std::vector<Value>& values : values_) {
    PutNumber(static_cast<std::uint32_t>(values.size()), out);
    for (const Value& value : values) {
      PutBytes(value.encoding, out);
      PutNumber(value.time_us, out);
      PutNumber(value.position, out);
      PutNumber(static_cast<std::uint8_t>(value.held), out);
    }
  }
}

bool Collected::Load(std::string_view* rest) {
  *this = Collected();
  std::uint32_t collects = 0;
  if (!TakeNumber(rest, &collects) || collects > rest->size()) return false;
  values_.resize(collects);
  for (std::vector<Value>& values : values_) {
    std::uint32_t count = 0;
    if (!TakeNumber(rest, &count) || count > limits::kCollected) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      Value value;
      std::string_view encoding;
      std::uint8_t held = 0;
      if (!TakeBytes(rest, &encoding) || !TakeNumber(rest, &value.time_us) ||
          !TakeNumber(rest, &value.position) || !TakeNumber(rest, &held)) {
        return false;
      }
      value.encoding = encoding;
      value.held = held != 0;
      newest_us_ = std::max(newest_us_, value.time_us);
      values.push_back(std::move(value));
    }
  }
  return true;
}

}  // namespace tocsin
