#include "engine/window/totals.h"

#include <algorithm>
#include <cmath>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/window/footprint.h"

namespace tocsin {
namespace {

using Kind = AggregateProgram::Kind;

bool KeepsNumbers(Kind kind) {
  return kind == Kind::kMedian || kind == Kind::kPercentile;
}

// Between the closest ranks, as PERCENTILE_CONT.
double Percentile(std::vector<double>* numbers, double percent) {
  std::sort(numbers->begin(), numbers->end());
  const double rank = percent / 100 * static_cast<double>(numbers->size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(rank));
  const std::size_t above = std::min(below + 1, numbers->size() - 1);
  const double part = rank - static_cast<double>(below);
  return (*numbers)[below] + part * ((*numbers)[above] - (*numbers)[below]);
}

}  // namespace

void Total::AddValue(std::uint64_t hash) {
  const auto at = std::lower_bound(values_.begin(), values_.end(), hash);
  if (at != values_.end() && *at == hash) return;
  if (values_.size() >= limits::kPaneValues) {
    ++left_out_;
    return;
  }
  values_.insert(at, hash);
  count_ = values_.size();
}

void Total::AddNumber(double number, bool keep) {
  ++count_;
  sum_ += number;
  least_ = std::min(least_, number);
  most_ = std::max(most_, number);
  if (!keep) return;
  if (numbers_.size() >= limits::kPaneValues) {
    ++left_out_;
  } else {
    numbers_.push_back(number);
  }
}

void Total::Merge(const Total& other) {
  left_out_ += other.left_out_;
  if (!other.values_.empty()) {
    std::vector<std::uint64_t> both;
    std::set_union(values_.begin(), values_.end(), other.values_.begin(),
                   other.values_.end(), std::back_inserter(both));
    values_ = std::move(both);
    count_ = values_.size();
    return;
  }
  count_ += other.count_;
  sum_ += other.sum_;
  least_ = std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
  numbers_.insert(numbers_.end(), other.numbers_.begin(), other.numbers_.end());
}

AggregateValue Total::Value(const AggregateProgram& aggregate) {
  AggregateValue value;
  if (aggregate.kind == Kind::kCount || aggregate.kind == Kind::kDistinct) {
    value.missing = false;
    value.is_int = true;
    value.i = static_cast<std::int64_t>(count_);
    value.f = static_cast<double>(count_);
    return value;
  }
  value.missing = count_ == 0 && aggregate.kind != Kind::kSum;
  if (value.missing) return value;
  switch (aggregate.kind) {
    case Kind::kSum:
      value.f = sum_;
      break;
    case Kind::kAvg:
      value.f = sum_ / static_cast<double>(count_);
      break;
    case Kind::kMin:
      value.f = least_;
      break;
    case Kind::kMax:
      value.f = most_;
      break;
    case Kind::kMedian:
      value.f = Percentile(&numbers_, 50);
      break;
    default:
      value.f = Percentile(&numbers_, aggregate.percent);
      break;
  }
  return value;
}

void Total::Save(std::string* out) const {
  PutNumber(count_, out);
  for (const double number : {sum_, least_, most_}) PutNumber(number, out);
  PutNumber(left_out_, out);
  PutNumber(static_cast<std::uint32_t>(numbers_.size()), out);
  for (const double number : numbers_) PutNumber(number, out);
  PutNumber(static_cast<std::uint32_t>(values_.size()), out);
  for (const std::uint64_t value : values_) PutNumber(value, out);
}

bool Total::Load(std::string_view* rest) {
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &count_) || !TakeNumber(rest, &sum_) ||
      !TakeNumber(rest, &least_) || !TakeNumber(rest, &most_) ||
      !TakeNumber(rest, &left_out_) || !TakeNumber(rest, &count) ||
      count > limits::kPaneValues) {
    return false;
  }
  numbers_.resize(count);
  for (double& number : numbers_) {
    if (!TakeNumber(rest, &number)) return false;
  }
  if (!TakeNumber(rest, &count) || count > limits::kPaneValues) return false;
  values_.resize(count);
  for (std::uint64_t& value : values_) {
    if (!TakeNumber(rest, &value)) return false;
  }
  return true;
}

std::size_t Total::Footprint() const {
  return footprint::kTotal +
         (numbers_.size() + values_.size()) * footprint::kNumber;
}

std::size_t Pane::Footprint() const {
  std::size_t bytes = footprint::kPane + last.Footprint();
  for (const Total& total : totals) bytes += total.Footprint();
  return bytes;
}

void Pane::Add(const History::Entry& entry, const Record& record,
               const RuleProgram& rule, const ConditionProgram& condition) {
  totals.resize(condition.aggregate_count);
  first_us = events == 0 ? entry.time : std::min(first_us, entry.time);
  if (events == 0 || entry.time >= last_us) last = record;
  last_us = events == 0 ? entry.time : std::max(last_us, entry.time);
  ++events;
  const auto place = [&](std::uint32_t aggregate) {
    return aggregate - condition.first_aggregate;
  };
  for (std::uint32_t i = 0; i < condition.aggregate_count; ++i) {
    const std::uint32_t number = condition.first_aggregate + i;
    if (rule.aggregates[number].kind == Kind::kCount &&
        (entry.events >> (History::kAggregateBit + number) & 1) != 0) {
      totals[i].AddCount();
    }
  }
  for (const Contribution& add : record.adds) {
    if (place(add.aggregate) >= condition.aggregate_count) continue;
    if (rule.aggregates[add.aggregate].kind != Kind::kDistinct) continue;
    totals[place(add.aggregate)].AddValue(add.value);
  }
  for (const NumberAdded& number : record.numbers) {
    if (place(number.aggregate) >= condition.aggregate_count) continue;
    totals[place(number.aggregate)].AddNumber(
        number.value, KeepsNumbers(rule.aggregates[number.aggregate].kind));
  }
}

void Pane::Merge(const Pane& other) {
  totals.resize(std::max(totals.size(), other.totals.size()));
  for (std::size_t i = 0; i < other.totals.size(); ++i) {
    totals[i].Merge(other.totals[i]);
  }
  if (other.events == 0) return;
  first_us = events == 0 ? other.first_us : std::min(first_us, other.first_us);
  if (events == 0 || other.last_us >= last_us) last = other.last;
  last_us = events == 0 ? other.last_us : std::max(last_us, other.last_us);
  events += other.events;
}

void Pane::Save(std::string* out) const {
  PutNumber(start, out);
  PutNumber(first_us, out);
  PutNumber(last_us, out);
  PutNumber(events, out);
  PutNumber(static_cast<std::uint8_t>(fired), out);
  PutNumber(static_cast<std::uint32_t>(totals.size()), out);
  for (const Total& total : totals) total.Save(out);
  last.Save(out);
}

bool Pane::Load(std::string_view* rest) {
  std::uint8_t told = 0;
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &start) || !TakeNumber(rest, &first_us) ||
      !TakeNumber(rest, &last_us) || !TakeNumber(rest, &events) ||
      !TakeNumber(rest, &told) || !TakeNumber(rest, &count) ||
      count > limits::kAggregates) {
    return false;
  }
  fired = told != 0;
  totals.resize(count);
  for (Total& total : totals) {
    if (!total.Load(rest)) return false;
  }
  return last.Load(rest);
}

}  // namespace tocsin
