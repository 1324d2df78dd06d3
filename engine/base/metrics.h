// Metrics in Prometheus' text form. A value is collected when it is asked for:
// whoever counts keeps plain numbers, and app/ turns them into families
// (docs/reference/metrics.md has every name).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

enum class MetricType : std::uint8_t { kCounter, kGauge };

struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

// One name with all its label sets; an empty family is not written.
struct MetricFamily {
  std::string name;
  MetricType type = MetricType::kGauge;
  std::string help;
  std::vector<MetricSample> samples;
};

// Exposition format 0.0.4. Label values may hold any bytes: invalid UTF-8 is
// repaired. Thread-safe.
std::string MetricsText(const std::vector<MetricFamily>& families);

}  // namespace tocsin
