#include "engine/shard/incident.h"

#include <algorithm>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/window/footprint.h"

namespace tocsin {

void Incident::Fold(std::int64_t time_us, std::uint64_t position,
                    std::uint16_t schema, std::string_view identity) {
  folded_first_us = folded == 0 ? time_us : std::min(folded_first_us, time_us);
  folded_last_us = folded == 0 ? time_us : std::max(folded_last_us, time_us);
  ++folded;
  ++total;
  if (samples.size() < limits::kSamples) {
    samples.emplace_back();
  } else {
    const auto middle = samples.begin() + limits::kSamples / 2;
    std::rotate(middle, middle + 1, samples.end());
  }
  EventRef& sample = samples.back();
  sample.position = position;
  sample.time_us = time_us;
  sample.schema = schema;
  sample.identity.assign(identity);
}

std::size_t Incident::Footprint() const {
  std::size_t bytes = footprint::kIncident + key.size() + held.footprint();
  for (const EventRef& sample : samples) {
    bytes += footprint::kSample + sample.identity.size();
  }
  return bytes;
}

void Incident::Save(std::string* out) const {
  PutBytes(key, out);
  PutNumber(id.high, out);
  PutNumber(id.low, out);
  for (const std::int64_t time :
       {fired_us, due_us, folded_first_us, folded_last_us}) {
    PutNumber(time, out);
  }
  for (const std::uint64_t number : {setter, folded, total}) {
    PutNumber(number, out);
  }
  PutNumber(static_cast<std::uint32_t>(samples.size()), out);
  for (const EventRef& sample : samples) {
    PutNumber(sample.position, out);
    PutNumber(sample.time_us, out);
    PutNumber(sample.schema, out);
    PutBytes(sample.identity, out);
  }
  PutNumber(level, out);
  held.Save(out);
}

bool Incident::Load(std::string_view* rest) {
  std::string_view bytes;
  if (!TakeBytes(rest, &bytes)) return false;
  key = bytes;
  bool ok = TakeNumber(rest, &id.high) && TakeNumber(rest, &id.low);
  for (std::int64_t* time :
       {&fired_us, &due_us, &folded_first_us, &folded_last_us}) {
    ok = ok && TakeNumber(rest, time);
  }
  for (std::uint64_t* number : {&setter, &folded, &total}) {
    ok = ok && TakeNumber(rest, number);
  }
  std::uint32_t count = 0;
  if (!ok || !TakeNumber(rest, &count) || count > limits::kSamples)
    return false;
  samples.resize(count);
  for (EventRef& sample : samples) {
    if (!TakeNumber(rest, &sample.position) ||
        !TakeNumber(rest, &sample.time_us) ||
        !TakeNumber(rest, &sample.schema) || !TakeBytes(rest, &bytes)) {
      return false;
    }
    sample.identity = bytes;
  }
  return TakeNumber(rest, &level) && held.Load(rest);
}

}  // namespace tocsin
