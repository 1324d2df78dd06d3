// The only file that sees prometheus-cpp, and the one place where what it
// throws is caught.
#include "engine/base/metrics.h"

#include <exception>

#include "engine/base/utf8.h"
#include "prometheus/text_serializer.h"

namespace tocsin {
namespace {

prometheus::ClientMetric ToClient(const MetricSample& sample, MetricType type) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) {
    metric.label.push_back({name, ValidUtf8(value)});
  }
  if (type == MetricType::kCounter) {
    metric.counter.value = sample.value;
  } else {
    metric.gauge.value = sample.value;
  }
  return metric;
}

}  // namespace

std::string MetricsText(const std::vector<MetricFamily>& families) {
  std::vector<prometheus::MetricFamily> out;
  for (const MetricFamily& family : families) {
    if (family.samples.empty()) continue;
    prometheus::MetricFamily& one = out.emplace_back();
    one.name = family.name;
    one.help = family.help;
    one.type = family.type == MetricType::kCounter
                   ? prometheus::MetricType::Counter
                   : prometheus::MetricType::Gauge;
    for (const MetricSample& sample : family.samples) {
      one.metric.push_back(ToClient(sample, family.type));
    }
  }
  try {
    return prometheus::TextSerializer().Serialize(out);
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace tocsin
