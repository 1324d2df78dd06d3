#include "engine/shard/budget.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/coding.h"
#include "engine/shard/slice.h"

namespace tocsin {

std::uint64_t BudgetLevel(const std::vector<std::uint64_t>& used,
                          std::uint64_t budget) {
  const std::uint64_t total =
      std::accumulate(used.begin(), used.end(), std::uint64_t{0});
  if (total <= budget - budget / 4) return kNoBudget;
  std::vector<std::uint64_t> sorted = used;
  std::sort(sorted.begin(), sorted.end());
  if (total <= budget) return sorted.back() + (budget - total);
  std::uint64_t rest = budget;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const std::uint64_t share = rest / (sorted.size() - i);
    if (sorted[i] > share) return share;
    rest -= sorted[i];
  }
  return kNoBudget;
}

void StateBudget::Find(BudgetPlan* plan) const {
  for (BudgetPlan::Limited& limited : plan->limited) {
    limited.rule = BudgetPlan::kGone;
    for (std::uint32_t i = 0; i < rules_->rules.size(); ++i) {
      if (rules_->rules[i].uid == limited.uid) limited.rule = i;
    }
  }
}

void StateBudget::Adopt(const RuleSet& rules,
                        std::vector<std::uint64_t> bytes) {
  rules_ = &rules;
  used_ = std::move(bytes);
  behind_.assign(used_.size(), 0);
  for (BudgetPlan& plan : plans_) Find(&plan);
}

void StateBudget::Begin(Slice* slice) {
  slice->budget_point = 0;
  slice->budget_plan = nullptr;
  if (budget_ == 0) return;
  const std::uint64_t point = (slice->first_position / every_ + 1) * every_;
  if (point <= slice->end_position()) slice->budget_point = point;
  if (!plans_.empty() && plans_.front().from < slice->end_position()) {
    slice->budget_plan = &plans_.front();
  }
}

void StateBudget::Add(std::uint32_t rule, const RuleDelta& delta) {
  used_[rule] += static_cast<std::uint64_t>(delta.bytes);
  behind_[rule] += delta.bytes - delta.bytes_before;
}

void StateBudget::End(const Slice& slice) {
  if (slice.budget_plan != nullptr) plans_.pop_front();
  if (slice.budget_point != 0) Look(slice.budget_point);
  std::fill(behind_.begin(), behind_.end(), 0);
}

void StateBudget::Look(std::uint64_t position) {
  std::vector<std::uint64_t> used = used_;
  for (std::size_t i = 0; i < used.size(); ++i) {
    used[i] -= static_cast<std::uint64_t>(behind_[i]);
  }
  BudgetPlan plan;
  plan.from = position + every_;
  plan.level = BudgetLevel(used, budget_);
  if (plan.level != kNoBudget) {
    for (std::uint32_t i = 0; i < used.size(); ++i) {
      if (used[i] <= plan.level / 2) continue;
      plan.limited.push_back({rules_->rules[i].uid, i, used[i]});
    }
  }
  const bool limits = !plan.limited.empty();
  if (limits || limits_) plans_.push_back(std::move(plan));
  limits_ = limits;
}

void StateBudget::Save(std::string* out) const {
  PutNumber(static_cast<std::uint8_t>(limits_), out);
  PutNumber(static_cast<std::uint32_t>(plans_.size()), out);
  for (const BudgetPlan& plan : plans_) {
    PutNumber(plan.from, out);
    PutNumber(plan.level, out);
    PutNumber(static_cast<std::uint32_t>(plan.limited.size()), out);
    for (const BudgetPlan::Limited& limited : plan.limited) {
      PutNumber(limited.uid.high, out);
      PutNumber(limited.uid.low, out);
      PutNumber(limited.used, out);
    }
  }
}

bool StateBudget::Load(std::string_view* rest) {
  std::uint8_t limits = 0;
  std::uint32_t plans = 0;
  if (!TakeNumber(rest, &limits) || !TakeNumber(rest, &plans) ||
      plans > rest->size()) {
    return false;
  }
  limits_ = limits != 0;
  plans_.clear();
  for (; plans > 0; --plans) {
    BudgetPlan& plan = plans_.emplace_back();
    std::uint32_t count = 0;
    if (!TakeNumber(rest, &plan.from) || !TakeNumber(rest, &plan.level) ||
        !TakeNumber(rest, &count) || count > rest->size()) {
      return false;
    }
    plan.limited.resize(count);
    for (BudgetPlan::Limited& limited : plan.limited) {
      if (!TakeNumber(rest, &limited.uid.high) ||
          !TakeNumber(rest, &limited.uid.low) ||
          !TakeNumber(rest, &limited.used)) {
        return false;
      }
    }
    Find(&plan);
  }
  return true;
}

}  // namespace tocsin
