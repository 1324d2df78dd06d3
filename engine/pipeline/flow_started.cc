// When each rule started: the time of the first event that reached the rule set
// after the rule was first loaded. It goes by the rule's meaning, over reloads
// and restarts.
#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/coding.h"
#include "engine/pipeline/flow.h"

namespace tocsin {
namespace {

using Started = std::vector<std::int64_t>;

bool AllStarted(const Started& started) {
  return std::find(started.begin(), started.end(), kNotStarted) ==
         started.end();
}

bool HasMembers(const RuleProgram& rule) { return !rule.members.empty(); }

}  // namespace

// Before `rules_` changes.
void Flow::AdoptStarted(const RuleSet& rules) {
  std::map<Hash128, std::int64_t> known;
  if (rules_ != nullptr) {
    for (std::size_t i = 0; i < rules_->rules.size(); ++i) {
      known.emplace(rules_->rules[i].uid, (*started_)[i]);
    }
  }
  Started started(rules.rules.size(), kNotStarted);
  for (std::size_t i = 0; i < started.size(); ++i) {
    const auto found = known.find(rules.rules[i].uid);
    if (found != known.end()) started[i] = found->second;
  }
  all_started_ = AllStarted(started);
  started_ = std::make_shared<const Started>(std::move(started));
  armed_ = std::none_of(rules.rules.begin(), rules.rules.end(), HasMembers);
}

// The rules of a slice start with its first event, if not before.
void Flow::StampStarted(Cut* cut) {
  cut->arms = false;
  if (cut->stamped.has_taken) {
    cut->arms = !std::exchange(armed_, true);
    cut->arm_us = cut->stamped.taken_us;
    if (!std::exchange(all_started_, true)) {
      auto started = std::make_shared<Started>(*started_);
      std::replace(started->begin(), started->end(), kNotStarted,
                   cut->stamped.taken_us);
      started_ = std::move(started);
    }
  }
  cut->started = started_;
}

void Flow::SaveStarted(std::string* out) const {
  std::map<Hash128, std::int64_t> started;
  for (std::size_t i = 0; i < started_->size(); ++i) {
    if ((*started_)[i] != kNotStarted) {
      started.emplace(rules_->rules[i].uid, (*started_)[i]);
    }
  }
  PutNumber(static_cast<std::uint32_t>(started.size()), out);
  for (const auto& [uid, us] : started) {
    PutNumber(uid.high, out);
    PutNumber(uid.low, out);
    PutNumber(us, out);
  }
}

bool Flow::LoadStarted(std::string_view* rest) {
  std::uint32_t count = 0;
  if (!TakeNumber(rest, &count)) return false;
  std::map<Hash128, std::int64_t> known;
  for (; count > 0; --count) {
    Hash128 uid;
    std::int64_t us = 0;
    if (!TakeNumber(rest, &uid.high) || !TakeNumber(rest, &uid.low) ||
        !TakeNumber(rest, &us)) {
      return false;
    }
    known.emplace(uid, us);
  }
  Started started = *started_;
  for (std::size_t i = 0; i < started.size(); ++i) {
    const auto found = known.find(rules_->rules[i].uid);
    if (found != known.end()) started[i] = found->second;
  }
  all_started_ = AllStarted(started);
  started_ = std::make_shared<const Started>(std::move(started));
  return true;
}

}  // namespace tocsin
