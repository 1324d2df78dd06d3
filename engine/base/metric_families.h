// Families of metrics, one after the other, as those who count give them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/base/metrics.h"

namespace tocsin {

class MetricFamilies {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // What stands before every name, and on every sample.
  explicit MetricFamilies(std::string prefix = "", Labels labels = {})
      : prefix_(std::move(prefix)), labels_(std::move(labels)) {}

  // Of one sample.
  template <typename Number>
  void Counter(const std::string& name, std::string help, Number value) {
    Begin(name, MetricType::kCounter, std::move(help));
    Add(value);
  }
  template <typename Number>
  void Gauge(const std::string& name, std::string help, Number value) {
    Begin(name, MetricType::kGauge, std::move(help));
    Add(value);
  }
  // Of samples that have all their labels.
  void Add(const std::string& name, MetricType type, std::string help,
           std::vector<MetricSample> samples) {
    families_.push_back(
        {prefix_ + name, type, std::move(help), std::move(samples)});
  }
  // Of the samples that are added next.
  void Begin(const std::string& name, MetricType type, std::string help) {
    families_.push_back({prefix_ + name, type, std::move(help), {}});
  }
  template <typename Number>
  void Add(Number value, const Labels& labels = {}) {
    MetricSample sample{labels_, static_cast<double>(value)};
    sample.labels.insert(sample.labels.end(), labels.begin(), labels.end());
    families_.back().samples.push_back(std::move(sample));
  }
  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  const std::string prefix_;
  const Labels labels_;
  std::vector<MetricFamily> families_;
};

}  // namespace tocsin
