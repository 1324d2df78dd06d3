// What would make a rule cheaper: each proposal is compiled, run over the
// sample and given only when it is faster there.
#pragma once

#include <vector>

#include "app/profile/profile.h"
#include "app/profile/sample.h"
#include "dsl/check/checked.h"

namespace tocsin {

// The rule alone, with the schemas, lists and tables of `rules`.
dsl::CheckedRules Only(const dsl::CheckedRules& rules,
                       const dsl::CheckedRule& rule);

class Adviser {
 public:
  // Both outlive it.
  Adviser(const dsl::CheckedRules& rules, const Sample& sample);

  // `tried` of `events` were left to the rule by the index.
  std::vector<Advice> For(const dsl::CheckedRule& rule, std::uint64_t tried,
                          std::uint64_t events) const;

 private:
  double Cost(const dsl::CheckedRule& rule) const;
  void Patterns(const dsl::CheckedRule& rule,
                std::vector<Advice>* advice) const;
  void Anchor(const dsl::CheckedRule& rule, std::vector<Advice>* advice) const;
  void Try(const dsl::CheckedRule& rule, const dsl::CheckedRule& other,
           const std::string& text, std::vector<Advice>* advice) const;

  const dsl::CheckedRules& rules_;
  const Sample& sample_;
  double nothing_ = 0;  // Of a rule that no event passes.
};

}  // namespace tocsin
