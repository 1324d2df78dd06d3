#include "app/service_metrics.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/base/metric_families.h"

namespace tocsin {
namespace {

using Samples = std::vector<MetricSample>;

double AsDouble(std::uint64_t count) { return static_cast<double>(count); }

// One sample a reason: {reason="malformed"} 3
Samples ByReason(
    const std::vector<std::pair<const char*, std::uint64_t>>& reasons) {
  Samples samples;
  for (const auto& [reason, count] : reasons) {
    samples.push_back({{{"reason", reason}}, AsDouble(count)});
  }
  return samples;
}

void AddInput(const InputCounts& input, MetricFamilies* families) {
  families->Counter("tocsin_input_bytes_total", "Bytes read from sources.",
                    input.bytes);
  families->Counter("tocsin_input_lines_total", "Lines read, blank ones too.",
                    input.lines);
  families->Counter("tocsin_input_events_total", "Events decoded.",
                    input.events);
  families->Add("tocsin_input_dropped_total", MetricType::kCounter,
                "Lines and events that no rule saw, by reason.",
                ByReason({{"malformed", input.malformed},
                          {"too_long", input.too_long},
                          {"too_deep", input.too_deep},
                          {"not_an_object", input.not_an_object},
                          {"schema", input.no_schema},
                          {"duplicate", input.duplicates}}));
  families->Add("tocsin_input_odd_total", MetricType::kCounter,
                "Events that were decoded although something was odd.",
                ByReason({{"repaired", input.repaired},
                          {"duplicate_key", input.duplicate_keys},
                          {"salvaged", input.salvaged},
                          {"number_lost", input.number_lost},
                          {"no_time", input.no_time},
                          {"bad_clock", input.bad_clock},
                          {"bad_body", input.bad_bodies}}));
  families->Counter("tocsin_input_late_total",
                    "Events that arrived behind the event-time clock.",
                    input.late);
  families->Counter("tocsin_input_identities_forgotten_total",
                    "Matches forgotten before their 15 minutes.",
                    input.forgotten);
  families->Gauge("tocsin_input_last_event_timestamp_seconds",
                  "Event time of the latest event.",
                  static_cast<double>(input.last_us) / 1e6);
}

void AddRules(const std::vector<RuleTotals>& rules, MetricFamilies* families) {
  const auto each = [&](const char* name, MetricType type, const char* help,
                        std::uint64_t RuleTotals::*member) {
    Samples samples;
    for (const RuleTotals& rule : rules) {
      samples.push_back({{{"rule", rule.name}}, AsDouble(rule.*member)});
    }
    families->Add(name, type, help, std::move(samples));
  };
  constexpr MetricType kCounter = MetricType::kCounter;
  each("tocsin_rule_matches_total", kCounter,
       "Events that passed the rule's filter.", &RuleTotals::matches);
  each("tocsin_rule_no_key_total", kCounter,
       "Matches without a part of the rule's key.", &RuleTotals::no_key);
  each("tocsin_rule_each_overflow_total", kCounter,
       "Elements of `by each` past the limit.", &RuleTotals::each_overflow);
  each("tocsin_rule_detections_total", kCounter,
       "Events at which the condition stood.", &RuleTotals::detections);
  each("tocsin_rule_alerts_total", kCounter, "Alerts told.",
       &RuleTotals::alerts);
  each("tocsin_rule_folded_total", kCounter,
       "Detections folded into an alert before them.", &RuleTotals::folded);
  each("tocsin_rule_late_total", kCounter,
       "Matches that arrived behind the event-time clock.", &RuleTotals::late);
  each("tocsin_rule_duplicates_total", kCounter,
       "Matches that had been seen before.", &RuleTotals::duplicates);
  each("tocsin_rule_evictions_total", kCounter,
       "Keys evicted while their state mattered.", &RuleTotals::evictions);
  each("tocsin_rule_keys", MetricType::kGauge,
       "Keys held: those with a window, and those with a hold.",
       &RuleTotals::keys);
  each("tocsin_rule_over_budget_total", kCounter,
       "Keys evicted because the state budget was reached.",
       &RuleTotals::over_budget);
  each("tocsin_rule_state_bytes", MetricType::kGauge,
       "State held, as the state budget counts it.", &RuleTotals::bytes);
}

void AddService(const ServiceCounts& service, MetricFamilies* families) {
  families->Gauge("tocsin_service_ready", "1 while events are being read.",
                  service.ready ? 1 : 0);
  families->Gauge("tocsin_service_start_timestamp_seconds",
                  "When the service started.",
                  static_cast<double>(service.started_us) / 1e6);
  families->Gauge("tocsin_rules_loaded", "Rules in use.", service.rules);
  families->Gauge("tocsin_rules_loaded_timestamp_seconds",
                  "When the rules in use were loaded.",
                  static_cast<double>(service.loaded_us) / 1e6);
  families->Counter("tocsin_rules_reloads_total",
                    "Reloads that put new rules into use.", service.reloads);
  families->Counter("tocsin_rules_reload_failures_total",
                    "Reloads that kept the old rules.",
                    service.reload_failures);
  Samples alerts, failures;
  for (const ServiceCounts::Sink& sink : service.sinks) {
    alerts.push_back({{{"sink", sink.name}}, AsDouble(sink.alerts)});
    failures.push_back({{{"sink", sink.name}}, AsDouble(sink.failures)});
  }
  families->Add("tocsin_sink_alerts_total", MetricType::kCounter,
                "Alerts delivered.", std::move(alerts));
  families->Add("tocsin_sink_failures_total", MetricType::kCounter,
                "Deliveries that failed and were tried again.",
                std::move(failures));
}

void AddDurable(const DurableCounts& durable, const ServiceCounts& service,
                MetricFamilies* families) {
  families->Gauge("tocsin_replaying",
                  "1 while what was read before a restart is read again.",
                  durable.replaying ? 1 : 0);
  families->Counter("tocsin_checkpoints_total", "Checkpoints made.",
                    durable.checkpoints);
  families->Gauge("tocsin_checkpoint_bytes", "State that the last one holds.",
                  durable.checkpoint_bytes);
  families->Gauge("tocsin_checkpoint_seconds",
                  "From its place in the sequence until it was valid.",
                  static_cast<double>(durable.checkpoint_us) / 1e6);
  families->Gauge("tocsin_checkpoint_stall_seconds",
                  "Of that, the longest that rules stood still for it at once.",
                  static_cast<double>(durable.checkpoint_stall_us) / 1e6);
  families->Gauge("tocsin_checkpoint_timestamp_seconds",
                  "When the last one became valid.",
                  static_cast<double>(durable.checkpoint_at_us) / 1e6);
  families->Counter("tocsin_commits_total",
                    "Synced writes of alerts and of what they depend on.",
                    durable.commits);
  families->Counter("tocsin_storage_no_room_total",
                    "Writes that found no room and were tried again.",
                    durable.no_room);
  families->Counter("tocsin_source_gaps_total",
                    "Ranges that a source could not give (tocsin.gap).",
                    durable.lost);
  families->Gauge("tocsin_outbox_alerts", "Alerts that some sink has not had.",
                  service.outbox.waiting);
  families->Gauge("tocsin_outbox_bytes", "Their bytes.", service.outbox.bytes);
  families->Counter(
      "tocsin_history_shed_total",
      "Delivered alerts that a nearly full disk kept no room for.",
      service.outbox.shed);
  families->Counter("tocsin_dead_letters_lost_total",
                    "Dropped lines that could not be kept for a later look.",
                    service.letters_lost);
  families->Counter("tocsin_outbox_repeated_total",
                    "Alerts that came again after a restart and were known.",
                    service.outbox.repeated);
}

// Pages that are in memory now, of /proc/self/statm.
void AddProcess(MetricFamilies* families) {
  std::FILE* const statm = std::fopen("/proc/self/statm", "re");
  if (statm == nullptr) return;
  unsigned long long size = 0, resident = 0;
  const bool read = std::fscanf(statm, "%llu %llu", &size, &resident) == 2;
  std::fclose(statm);
  if (!read) return;
  families->Gauge("process_resident_memory_bytes", "Memory in use.",
                  static_cast<double>(resident) *
                      static_cast<double>(sysconf(_SC_PAGESIZE)));
}

}  // namespace

std::vector<MetricFamily> CollectMetrics(const PipelineCounts& pipeline,
                                         const ServiceCounts& service,
                                         const std::string& version) {
  MetricFamilies families;
  families.Add("tocsin_build_info", MetricType::kGauge,
               "Always 1; the version is a label.",
               {{{{"version", version}}, 1}});
  AddService(service, &families);
  AddInput(pipeline.input, &families);
  AddRules(pipeline.rules, &families);
  AddDurable(pipeline.durable, service, &families);
  AddProcess(&families);
  std::vector<MetricFamily> all = families.Take();
  // One family a name, whichever sources give it.
  for (const MetricFamily& family : service.sources) {
    const auto same = [&](const MetricFamily& one) {
      return one.name == family.name;
    };
    const auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end()) {
      all.push_back(family);
    } else {
      found->samples.insert(found->samples.end(), family.samples.begin(),
                            family.samples.end());
    }
  }
  return all;
}

}  // namespace tocsin
