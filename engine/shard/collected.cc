#include "engine/shard/collected.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/event/value.h"
#include "engine/window/footprint.h"

namespace tocsin {

void Collected::Drop(const Value& value, Values* values) {
  values->dropped_us = std::max(values->dropped_us, value.time_us);
  values->dropped_held |= value.held;
}

// At the limit the one goes that lies before the window, the oldest first; when
// none does, the one that was seen longest ago.
void Collected::See(std::size_t collect, const Limits& limits,
                    std::string_view encoding, std::int64_t time_us,
                    bool held) {
  newest_us_ = std::max(newest_us_, time_us);
  if (collect >= values_.size()) {
    footprint_ += (collect + 1 - values_.size()) * footprint::kCollect;
    values_.resize(collect + 1);
  }
  Values& values = values_[collect];
  const std::uint64_t order = ++seen_;
  const auto known = std::find_if(
      values.kept.begin(), values.kept.end(),
      [&](const Value& value) { return value.encoding == encoding; });
  if (known != values.kept.end()) {
    known->time_us = std::max(known->time_us, time_us);
    known->order = order;
    known->held |= held;
    return;
  }
  values.kept.push_back({std::string(encoding), time_us, order, held});
  footprint_ += footprint::kValue + encoding.size();
  if (values.kept.size() <= limits.up_to) return;
  const std::int64_t lowest =
      newest_us_ < kNone + limits.span_us ? kNone : newest_us_ - limits.span_us;
  const auto rank = [lowest](const Value& value) {
    const bool outside = !value.held && value.time_us < lowest;
    return std::make_tuple(!outside, outside ? value.time_us : 0, value.order);
  };
  const auto gone = std::min_element(
      values.kept.begin(), values.kept.end(),
      [&](const Value& a, const Value& b) { return rank(a) < rank(b); });
  footprint_ -= footprint::kValue + gone->encoding.size();
  Drop(*gone, &values);
  values.kept.erase(gone);
}

void Collected::Take(std::int64_t from_us, std::vector<std::string>* taken,
                     std::uint64_t* more) {
  const auto told = [from_us](std::int64_t time_us, bool held) {
    return held || (from_us != kNothingElse && time_us >= from_us);
  };
  for (std::size_t i = 0; i < values_.size() && i < taken->size(); ++i) {
    Values& values = values_[i];
    std::sort(values.kept.begin(), values.kept.end(),
              [](const Value& a, const Value& b) { return a.order < b.order; });
    for (Value& value : values.kept) {
      if (told(value.time_us, value.held)) {
        AppendSized(value.encoding, &(*taken)[i]);
      }
      value.held = false;
    }
    if (i < 64 && told(values.dropped_us, values.dropped_held)) {
      *more |= std::uint64_t{1} << i;
    }
    values.dropped_held = false;
  }
}

void Collected::Remap(const std::vector<std::size_t>& from) {
  std::vector<Values> values(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] < values_.size()) values[i] = std::move(values_[from[i]]);
  }
  values_ = std::move(values);
  CountFootprint();
}

void Collected::CountFootprint() {
  footprint_ = values_.size() * footprint::kCollect;
  for (const Values& values : values_) {
    for (const Value& value : values.kept) {
      footprint_ += footprint::kValue + value.encoding.size();
    }
  }
}

void Collected::Save(std::string* out) const {
  PutNumber(seen_, out);
  PutNumber(newest_us_, out);
  PutNumber(static_cast<std::uint32_t>(values_.size()), out);
  for (const Values& values : values_) {
    PutNumber(values.dropped_us, out);
    PutNumber(static_cast<std::uint8_t>(values.dropped_held), out);
    PutNumber(static_cast<std::uint32_t>(values.kept.size()), out);
    for (const Value& value : values.kept) {
      PutBytes(value.encoding, out);
      PutNumber(value.time_us, out);
      PutNumber(value.order, out);
      PutNumber(static_cast<std::uint8_t>(value.held), out);
    }
  }
}

bool Collected::Load(std::string_view* rest) {
  *this = Collected();
  std::uint32_t collects = 0;
  if (!TakeNumber(rest, &seen_) || !TakeNumber(rest, &newest_us_) ||
      !TakeNumber(rest, &collects) || collects > rest->size()) {
    return false;
  }
  values_.resize(collects);
  for (Values& values : values_) {
    std::uint32_t count = 0;
    std::uint8_t held = 0;
    if (!TakeNumber(rest, &values.dropped_us) || !TakeNumber(rest, &held) ||
        !TakeNumber(rest, &count) || count > limits::kCollected) {
      return false;
    }
    values.dropped_held = held != 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      Value value;
      std::string_view encoding;
      if (!TakeBytes(rest, &encoding) || !TakeNumber(rest, &value.time_us) ||
          !TakeNumber(rest, &value.order) || !TakeNumber(rest, &held)) {
        return false;
      }
      value.encoding = encoding;
      value.held = held != 0;
      values.kept.push_back(std::move(value));
    }
  }
  CountFootprint();
  return true;
}

}  // namespace tocsin
