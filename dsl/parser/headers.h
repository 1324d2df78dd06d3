// The name of a rule and what stands between it and `{`: the place where other
// languages differ most. A wrong header is told once, and the body is read.
#pragma once

#include "dsl/parser/vocabulary.h"

namespace tocsin::dsl::syntax {

// Reads up to the body and keeps the name; a name that is none is kept broken.
// False, and nothing is consumed: neither a name nor a body is there.
bool ReadRuleHeader(State& state, Iterator& first);

struct RuleHeader : Terminal<RuleHeader> {
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator&, const AnyContext& context, Rule&,
             Attribute&) const {
    return ReadRuleHeader(StateOf(context), first);
  }
};
inline constexpr RuleHeader rule_header{};

}  // namespace tocsin::dsl::syntax
