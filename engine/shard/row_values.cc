#include "engine/shard/row_values.h"

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/hash.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

using Kind = AggregateProgram::Kind;

void ReadTuples(std::uint8_t aggregate, std::uint64_t seed,
                std::string_view* values, std::vector<Contribution>* adds) {
  std::uint32_t n = 0;
  std::uint8_t counts = 0;
  std::string_view encoding;
  TOCSIN_CHECK(TakeNumber(values, &counts) && TakeNumber(values, &n));
  for (; n > 0; --n) {
    TOCSIN_CHECK(TakeSized(values, &encoding));
    if (counts != 0) adds->push_back({aggregate, Hash64(encoding, seed)});
  }
}

void ReadNumbers(std::uint8_t aggregate, std::string_view* values,
                 std::vector<NumberAdded>* numbers) {
  std::uint32_t n = 0;
  double number = 0;
  TOCSIN_CHECK(TakeNumber(values, &n));
  for (; n > 0; --n) {
    TOCSIN_CHECK(TakeNumber(values, &number));
    numbers->push_back({aggregate, number});
  }
}

}  // namespace

void RowValues::Read(const RuleProgram& rule, std::uint64_t seed,
                     std::string_view values) {
  events = 0;
  adds.clear();
  numbers.clear();
  thresholds.clear();
  captures.clear();
  collects.clear();
  std::string_view encoding;
  if (!rule.events.empty()) TOCSIN_CHECK(TakeNumber(&values, &events));
  for (std::size_t i = 0; i < rule.aggregates.size(); ++i) {
    const auto aggregate = static_cast<std::uint8_t>(i);
    const std::size_t before = adds.size() + numbers.size();
    const Kind kind = rule.aggregates[i].kind;
    if (kind == Kind::kCount) {
      std::uint8_t counts = 0;
      TOCSIN_CHECK(TakeNumber(&values, &counts));
      if (counts != 0) adds.push_back({aggregate, 0});
    } else if (kind == Kind::kDistinct || kind == Kind::kNew) {
      ReadTuples(aggregate, seed, &values, &adds);
    } else {
      ReadNumbers(aggregate, &values, &numbers);
    }
    if (adds.size() + numbers.size() > before) {
      events |= std::uint64_t{1} << (History::kAggregateBit + i);
    }
    if (rule.aggregates[i].threshold_of == kNoExpr) continue;
    thresholds.resize(rule.aggregates.size());
    TOCSIN_CHECK(TakeNumber(&values, &thresholds[i]));
  }
  for (std::size_t i = 0; i < rule.captures.size(); ++i) {
    TOCSIN_CHECK(TakeSized(&values, &encoding));
    captures.push_back(encoding);
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
