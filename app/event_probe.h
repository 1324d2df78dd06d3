// One rule held against single events with the real engine: every part of the
// rule is compiled as a root of its own beside the rule, in one pool, so what
// is shown is what runs. Confined to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "dsl/check/checked.h"
#include "dsl/explain/let_names.h"
#include "dsl/explain/print_parts.h"

namespace tocsin {

class EventProbe {
 public:
  // `rules` and `rule`, which is one of them or was, outlive it. The rule may
  // be disabled.
  EventProbe(const dsl::CheckedRules& rules, const dsl::CheckedRule& rule,
             const dsl::LetNames& lets);
  ~EventProbe();

  // `json`: one event, also over several lines. InvalidArgument when no event
  // can be read from it.
  absl::StatusOr<dsl::RuleOnEvent> Look(std::string_view json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
