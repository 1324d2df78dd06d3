// Which feeds of rules an event may match, from what it holds in the indexed
// columns: the cost does not grow with the number of rules.
//
// The value of an indexed column falls into a class: the tests on that column
// that it passes. Classes are remembered by symbol or number. The classes of
// all columns together select a list of candidates, made on first sight by
// three-valued evaluation of every feed (tests on indexed columns known, all
// others open) and remembered. What grows with the input is bounded: past a
// limit everything is forgotten and learnt again.
//
// Confined to one worker.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/strings.h"
#include "engine/match/evaluator.h"
#include "engine/program/index_plan.h"

namespace tocsin {

class CandidateIndex {
 public:
  struct Candidate {
    std::uint32_t feed = 0;  // Into RuleSet::feeds.
    // Conjuncts still to be tested, cheapest first; none: it matches.
    std::uint32_t first_test = 0, test_count = 0;
  };

  // `rules` outlives it.
  CandidateIndex(const RuleSet* rules, SchemaIndex plan);

  // The candidates for the evaluator's row, by feed. Valid until the next call.
  std::span<const Candidate> Find(Evaluator* evaluator);
  std::span<const ExprId> Tests(const Candidate& candidate) const {
    return {tests_.data() + candidate.first_test, candidate.test_count};
  }

 private:
  using Class = std::uint16_t;
  struct Column {
    IndexedField plan;
    // Which atoms say that the field is a text, by that text: a value never
    // seen before costs one look here, not one test a rule. And the rest.
    StringMap<std::vector<std::uint16_t>> equal;
    std::vector<std::uint16_t> others;
    std::vector<Class> by_symbol;  // kUnknown: not seen yet.
    absl::flat_hash_map<std::int64_t, Class> by_int;
    std::vector<std::vector<bool>> classes;  // Per class, what atoms are true.
    StringMap<Class> by_answers;
    Class missing = kUnknown, null = kUnknown, yes = kUnknown, no = kUnknown;
  };
  struct Found {
    std::uint32_t first = 0, count = 0;
  };
  enum class Truth : std::uint8_t { kFalse, kTrue, kOpen };

  void SortAtoms(Column* column) const;
  Class ClassOf(Column* column, Evaluator* evaluator);
  Class Classify(Column* column, Evaluator* evaluator);
  Found Select(std::string_view tuple);
  Truth Decide(ExprId id);
  Truth DecideNew(const ExprNode& node);
  void Forget();

  static constexpr Class kUnknown = 0xFFFF;

  const RuleSet& rules_;
  std::vector<std::uint32_t> of_schema_;
  std::vector<Column> columns_;
  // Per node: which column's atom it is, and which of its atoms.
  struct Atom {
    std::uint16_t column = 0xFFFF;
    std::uint16_t number = 0;
  };
  std::vector<Atom> atoms_;
  std::string tuple_;
  std::string answers_;
  StringMap<Found> found_;
  std::vector<Candidate> candidates_;
  std::vector<ExprId> tests_;
  // Of the selection under way: the tuple's classes, and what is decided.
  std::vector<Class> now_;
  std::vector<std::uint32_t> decided_;  // Selection number * 4 + truth.
  std::uint32_t selection_ = 0;
  bool full_ = false;
};

}  // namespace tocsin
