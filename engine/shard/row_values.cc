#include "engine/shard/row_values.h"

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/hash.h"
#include "engine/event/value.h"

namespace tocsin {

void RowValues::Read(const RuleProgram& rule, std::uint64_t seed,
                     std::string_view values) {
  adds.clear();
  collects.clear();
  std::string_view encoding;
  for (std::size_t i = 0; i < rule.aggregates.size(); ++i) {
    const std::uint8_t aggregate = static_cast<std::uint8_t>(i);
    std::uint8_t counts = 0;
    TOCSIN_CHECK(TakeNumber(&values, &counts));
    if (rule.aggregates[i].kind == AggregateProgram::Kind::kCount) {
      if (counts != 0) adds.push_back({aggregate, 0});
      continue;
    }
    std::uint32_t n = 0;
    TOCSIN_CHECK(TakeNumber(&values, &n));
    for (; n > 0; --n) {
      TOCSIN_CHECK(TakeSized(&values, &encoding));
      if (counts != 0) adds.push_back({aggregate, Hash64(encoding, seed)});
    }
  }
  for (std::uint32_t i = 0; i < rule.collects.size(); ++i) {
    std::uint32_t n = 0;
    TOCSIN_CHECK(TakeNumber(&values, &n));
    for (; n > 0; --n) {
      TOCSIN_CHECK(TakeSized(&values, &encoding));
      collects.push_back({i, encoding});
    }
  }
}

}  // namespace tocsin
