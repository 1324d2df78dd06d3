// What aggregates come to: of the events of one pane, and of panes together.
// A pane is a stretch of event time that is only ever taken whole
// (language.md: sum avg min max median percentile, and every tumbling, hopping
// or session window).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/match/condition_tests.h"
#include "engine/program/rule_set.h"
#include "engine/window/history.h"

namespace tocsin {

// Of one aggregate.
class Total {
 public:
  // Adds what an event gave; `events` as History::Entry has it.
  void AddCount() { ++count_; }
  void AddValue(std::uint64_t hash);
  void AddNumber(double number, bool keep);
  void Merge(const Total& other);
  AggregateValue Value(const AggregateProgram& aggregate);
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  // Values that limits::kPaneValues made it leave out.
  std::uint64_t left_out() const { return left_out_; }
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);
  std::size_t Footprint() const;

 private:
  void SortValues();

  std::uint64_t count_ = 0;  // Of events, of numbers; distinct: of values.
  double sum_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  double most_ = -std::numeric_limits<double>::infinity();
  std::vector<double> numbers_;        // Median and percentile.
  std::vector<std::uint64_t> values_;  // Distinct, sorted.
  std::uint64_t left_out_ = 0;
};

// The totals of a stretch, of the aggregates [first, first + count) of a rule.
struct Pane {
  std::int64_t start = 0;
  std::int64_t first_us = 0, last_us = 0;  // Of its events.
  std::uint64_t events = 0;
  std::vector<Total> totals;
  Record last;         // Of its latest event.
  bool fired = false;  // Of a session: its alert is told.

  void Add(const History::Entry& entry, const Record& record,
           const RuleProgram& rule, const ConditionProgram& condition);
  void Merge(const Pane& other);
  void Save(std::string* out) const;
  bool Load(std::string_view* rest);
  std::size_t Footprint() const;
};

}  // namespace tocsin
