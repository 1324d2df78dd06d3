// What can be said of an expression without an event: whether it always or
// never holds, given what else must hold. Sound, not complete: kUnknown is
// always a right answer. Contents of named lists are never looked at, since
// they change without the rule.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dsl/check/checked.h"
#include "engine/base/hash.h"

namespace tocsin::dsl {

// What one finder may spend, in characters of what SubjectKey() hashes and
// values that are copied or compared: nested and/or would cost exponentially.
// Ordinary rules use less than a hundredth.
inline constexpr std::size_t kBudget = 1'000'000;

enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

// Stands for the text of an expression: equal keys mean the same. A collision
// of two hashes of this width is not expected in the life of the product.
// `cost`, when given: characters of that text.
Hash128 SubjectKey(const CheckedExpr& expr, std::size_t* cost = nullptr);

// What holds: values that scalar fields can have, and tests decided before.
struct Facts {
  struct Bound {
    Constant value;
    bool open = false;
  };
  struct Domain {
    std::optional<std::vector<Constant>> in;  // One of these, and there.
    std::vector<Constant> out;                // None of these.
    std::optional<Bound> low, high;
  };
  absl::flat_hash_map<Hash128, Domain> domains;  // By SubjectKey().
  absl::flat_hash_map<Hash128, bool> decided;
  bool contradiction = false;

  // What a copy of these, or one look at each, costs.
  std::size_t Cost() const;
};

class TruthFinder {
 public:
  // `schema` may be null; it outlives the finder.
  explicit TruthFinder(const CheckedSchema* schema) : schema_(schema) {}

  Truth Decide(const CheckedExpr& expr, const Facts& facts) const;
  // Adds what follows from `expr` being `holds`.
  void Assume(const CheckedExpr& expr, bool holds, Facts* facts) const;

  // Calls `visit` with the facts of each conjunction: the whole, and each
  // alternative of an `or` within it.
  void VisitConjunctions(const CheckedExpr& expr, const Facts& facts,
                         const std::function<void(const Facts&)>& visit) const;

 private:
  Truth DecideAnd(const CheckedExpr& expr, const Facts& facts) const;
  Truth DecideOr(const CheckedExpr& expr, const Facts& facts) const;
  Truth DecideTest(const CheckedExpr& expr, const Facts& facts) const;
  Truth DecideByInterval(const CheckedExpr& test,
                         const Facts::Domain& domain) const;
  Truth DecideByLimit(const CheckedExpr& test) const;
  void AssumeTest(const CheckedExpr& test, bool holds, Facts* facts) const;
  void AssumeOr(const CheckedExpr& expr, Facts* facts) const;
  const Field* FieldOf(const CheckedExpr& subject) const;

  // Takes the cost of looking at an expression off what is left of the
  // budget; false when it is used up, and then nothing more is known.
  bool Spend(std::size_t cost) const;
  // A copy of `facts`, paid for; empty when the budget is used up.
  Facts Copy(const Facts& facts) const;

  const CheckedSchema* schema_;
  mutable std::size_t budget_ = kBudget;
};

}  // namespace tocsin::dsl
