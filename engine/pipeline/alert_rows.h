// Rules over alerts: who reads which rule's alerts, and the alerts of a stretch
// of the sequence as rows for their readers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/alert/detection.h"
#include "engine/event/extract.h"
#include "engine/match/match.h"
#include "engine/program/rule_set.h"
#include "engine/shard/slice.h"

namespace tocsin {

class AlertReaders {
 public:
  AlertReaders() = default;
  explicit AlertReaders(const RuleSet& rules);

  // The schemas by which the alerts of a rule are read; none: nobody does.
  std::span<const std::uint16_t> Of(std::uint32_t rule) const {
    return schemas_[rule];
  }

 private:
  std::vector<std::vector<std::uint16_t>> schemas_;  // By rule.
};

// Reused. The rows of one stratum's alerts, in the order in which they stand
// in the sequence.
struct AlertRows {
  EventBatch batch;
  MatchResult matched;
  // By matched event: a deadline's alert stands before the event at its
  // position, another right behind it.
  std::vector<char> of_deadline;

  void Clear();
};

// Reads alerts as the rules over them do. Confined to one worker at a time.
class AlertMatcher {
 public:
  // `rules` outlives it.
  AlertMatcher(const RuleSet* rules, std::uint64_t key_seed);
  ~AlertMatcher();

  // `told`: detections of one stratum that somebody reads, in order; `render`
  // gives what their readers see. `clock_before_us`: the clock as of the event
  // before the slice.
  void Match(const Slice& slice, std::int64_t clock_before_us,
             std::span<const Detection* const> told,
             const AlertReaders& readers,
             const std::function<Alert(const Detection&)>& render,
             AlertRows* rows);
  // Decides what reads nothing of an event: texts from slots.
  Matcher* matcher() { return &matcher_; }

 private:
  struct Line {
    const Detection* detection = nullptr;
    std::uint16_t schema = 0;
  };

  const RuleSet& rules_;
  Projection projection_;  // The rule set's, but no alert is an envelope.
  std::unique_ptr<Extractor> extractor_;
  SymbolTables symbols_;
  Matcher matcher_;
  std::vector<Line> lines_;
  std::string text_;
};

}  // namespace tocsin
