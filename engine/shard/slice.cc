#include "engine/shard/slice.h"

namespace tocsin {

void ShardOutput::Clear(std::size_t rules) {
  detections.clear();
  evictions.clear();
  duplicates.clear();
  forgotten = 0;
  if (deltas.size() != rules) {
    deltas.assign(rules, RuleDelta());
    is_touched.assign(rules, 0);
  } else {
    for (const std::uint32_t rule : touched) {
      deltas[rule] = RuleDelta();
      is_touched[rule] = 0;
    }
  }
  touched.clear();
}

}  // namespace tocsin
