// What can be said of an expression without an event: whether it always or
// never holds, given what else must hold. Sound, not complete: kUnknown is
// always a right answer. Contents of named lists are never looked at, since
// they change without the rule.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// What one finder may spend, in characters of SubjectKey(): nested and/or would
// cost exponentially. Ordinary rules use less than a hundredth.
inline constexpr std::size_t kBudget = 4'000'000;

enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

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
  std::map<std::string, Domain> domains;  // By SubjectKey().
  std::map<std::string, bool> decided;
  bool contradiction = false;
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

  const CheckedSchema* schema_;
  mutable std::size_t budget_ = kBudget;
};

// Unambiguous text of an expression; equal texts mean the same.
std::string SubjectKey(const CheckedExpr& expr);

}  // namespace tocsin::dsl
