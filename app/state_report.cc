#include "app/state_report.h"

#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "engine/alert/alert.h"
#include "engine/base/coding.h"
#include "engine/base/status_macros.h"
#include "engine/base/utf8.h"
#include "engine/durable/checkpoints.h"
#include "engine/durable/merge_log.h"
#include "engine/durable/outbox.h"

namespace tocsin {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

// The source's own position stands first in what is kept of it.
std::string OwnPosition(std::string_view kept) {
  std::string_view position;
  return TakeBytes(&kept, &position) ? std::string(position) : std::string();
}

absl::Status ReadRules(StateStore* store, Checkpoints* checkpoints,
                       StateReport* report) {
  StateByRule by_rule;
  TOCSIN_RETURN_IF_ERROR(
      checkpoints->ForEachValue([&](std::string_view records) {
        ++report->values;
        report->value_bytes += records.size();
        return by_rule.Add(records)
                   ? absl::OkStatus()
                   : absl::DataLossError(
                         "the checkpoint is damaged: records of a shard");
      }));
  TOCSIN_ASSIGN_OR_RETURN(const auto names, ReadRuleNames(store));
  report->by_rule = by_rule.Take(names);
  report->shared_bytes = by_rule.shared_bytes();
  return absl::OkStatus();
}

absl::Status ReadAlerts(StateStore* store, StateReport* report) {
  return store->ForEach(
      Family::kOutbox, "", [&](std::string_view key, std::string_view value) {
        OutboxItem item;
        TOCSIN_RETURN_IF_ERROR(ReadOutboxItem(key, value, &item));
        if (item.is_alert) {
          ++report->alerts;
          report->alert_bytes += value.size();
        } else {
          report->sinks.push_back({item.sink, item.number});
        }
        return absl::OkStatus();
      });
}

absl::Status WriteItem(std::string_view family, std::string_view key,
                       std::string_view value,
                       const std::function<void(std::string_view)>& write) {
  OutboxItem item;
  TOCSIN_RETURN_IF_ERROR(ReadOutboxItem(key, value, &item));
  if (!item.is_alert) {
    write(absl::StrFormat("{\"family\":\"%s\",\"sink\":%s,\"delivered\":%d}\n",
                          family, Quoted(item.sink), item.number));
    return absl::OkStatus();
  }
  std::string alert;
  AppendJson(item.alert, &alert);
  alert.pop_back();
  write(absl::StrFormat("{\"family\":\"%s\",\"number\":%d,\"alert\":%s}\n",
                        family, item.number, alert));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StateReport> ReportState(StateStore* store) {
  StateReport report;
  Checkpoints checkpoints(store);
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<CheckpointHead> head,
                          checkpoints.Peek());
  if (head.has_value()) {
    report.has_checkpoint = true;
    report.checkpoint = head->number;
    report.cut = head->cut;
    report.rules = head->rules.size();
    for (const auto& [name, kept] : head->positions) {
      report.sources.push_back({name, OwnPosition(kept)});
    }
  }
  TOCSIN_RETURN_IF_ERROR(ReadRules(store, &checkpoints, &report));
  TOCSIN_ASSIGN_OR_RETURN(const std::deque<MergeEntry> log,
                          ReadMergeLog(store, report.cut));
  report.logged = log.size();
  TOCSIN_RETURN_IF_ERROR(ReadAlerts(store, &report));
  return report;
}

std::string StateReportText(const StateReport& report) {
  std::string out;
  if (report.has_checkpoint) {
    out += absl::StrFormat(
        "checkpoint  %d, of %d rules; %d bytes of state in %d values\n",
        report.checkpoint, report.rules, report.value_bytes, report.values);
  } else {
    out += "checkpoint  none yet\n";
  }
  if (!report.by_rule.empty()) {
    out += "       bytes        keys       holds  rule\n";
  }
  for (const RuleKept& rule : report.by_rule) {
    out += absl::StrFormat("%12d%12d%12d  %s\n", rule.bytes, rule.keys,
                           rule.holds, rule.name);
  }
  if (report.shared_bytes > 0) {
    out += absl::StrFormat("%12d%24s  (identities and samples of all rules)\n",
                           report.shared_bytes, "");
  }
  out += absl::StrFormat("merge log   %d entries behind it\n", report.logged);
  out += absl::StrFormat(
      "outbox      %d alerts, %d bytes (delivered ones stay until a checkpoint "
      "covers them)\n",
      report.alerts, report.alert_bytes);
  for (const StateReport::Sink& sink : report.sinks) {
    out += absl::StrFormat("  sink %s has had all up to %d\n", sink.name,
                           sink.delivered);
  }
  for (const StateReport::Source& source : report.sources) {
    out +=
        absl::StrFormat("source %s stands at\n  %s\n", source.name,
                        absl::CHexEscape(absl::string_view(
                            source.position.data(), source.position.size())));
  }
  return out;
}

std::string StateReportJson(const StateReport& report) {
  std::string out = absl::StrFormat(
      "{\"checkpoint\":%s,\"cut\":%d,\"rules\":%d,\"values\":%d,"
      "\"value_bytes\":%d,\"shared_bytes\":%d,\"logged\":%d,\"alerts\":%d,"
      "\"alert_bytes\":%d,"
      "\"by_rule\":[",
      report.has_checkpoint ? absl::StrFormat("%d", report.checkpoint) : "null",
      report.cut, report.rules, report.values, report.value_bytes,
      report.shared_bytes, report.logged, report.alerts, report.alert_bytes);
  const char* comma = "";
  for (const RuleKept& rule : report.by_rule) {
    out += absl::StrFormat(
        "%s{\"rule\":%s,\"uid\":\"%s\",\"bytes\":%d,\"keys\":%d,"
        "\"holds\":%d,\"collected\":%d}",
        comma, Quoted(rule.name), ToHex(rule.uid), rule.bytes, rule.keys,
        rule.holds, rule.collected);
    comma = ",";
  }
  out += "],\"sinks\":{";
  comma = "";
  for (const StateReport::Sink& sink : report.sinks) {
    out += absl::StrFormat("%s%s:%d", comma, Quoted(sink.name), sink.delivered);
    comma = ",";
  }
  out += "},\"sources\":{";
  comma = "";
  for (const StateReport::Source& source : report.sources) {
    out += absl::StrFormat("%s%s:%s", comma, Quoted(source.name),
                           Quoted(source.position));
    comma = ",";
  }
  return out + "}}\n";
}

absl::Status ExportState(StateStore* store,
                         const std::function<void(std::string_view)>& write) {
  TOCSIN_ASSIGN_OR_RETURN(const StateReport report, ReportState(store));
  write(absl::StrFormat("{\"family\":\"meta\",\"checkpoint\":%s",
                        StateReportJson(report).substr(14)));
  for (const StateReport::Source& source : report.sources) {
    write(absl::StrFormat(
        "{\"family\":\"positions\",\"source\":%s,\"position\":%s}\n",
        Quoted(source.name), Quoted(source.position)));
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::deque<MergeEntry> log,
                          ReadMergeLog(store, report.cut));
  for (const MergeEntry& entry : log) {
    write(absl::StrFormat(
        "{\"family\":\"merge\",\"number\":%d,\"kind\":%d,\"source\":%s,"
        "\"stream\":%s,\"bytes\":%d,\"time_us\":%d}\n",
        entry.number, static_cast<int>(entry.kind), Quoted(entry.source),
        Quoted(entry.stream), entry.bytes, entry.time_us));
  }
  TOCSIN_RETURN_IF_ERROR(store->ForEach(
      Family::kHistory, "", [&](std::string_view key, std::string_view value) {
        return WriteItem("history", HistoryItemKey(key), value, write);
      }));
  return store->ForEach(Family::kOutbox, "",
                        [&](std::string_view key, std::string_view value) {
                          return WriteItem("outbox", key, value, write);
                        });
}

}  // namespace tocsin
