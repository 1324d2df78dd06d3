#include "connectors/webhook/webhook_metrics.h"

#include "absl/strings/str_format.h"
#include "engine/base/metric_families.h"

namespace tocsin::webhook {
namespace {

template <typename Number>
std::uint64_t Count(const Number& number) {
  return static_cast<std::uint64_t>(number);
}

void AddRequests(const Inbox& inbox, MetricFamilies* families) {
  families->Begin("requests_total", MetricType::kCounter,
                  "Requests answered, by code.");
  for (std::size_t i = 0; i < std::size(CodeCounts::kCodes); ++i) {
    const std::uint64_t other =
        inbox.listener == nullptr ? 0 : inbox.listener->codes.Of(i);
    families->Add(Count(inbox.codes.Of(i) + other),
                  {{"code", absl::StrFormat("%d", CodeCounts::kCodes[i])}});
  }
  families->Counter("received_bytes_total", "Bytes of bodies that were stored.",
                    Count(inbox.received_bytes));
}

void AddJournal(const Inbox& inbox, const ReadCounts& read,
                MetricFamilies* families) {
  const JournalCounts journal = inbox.journal->Counts();
  families->Counter("duplicate_batches_total", "Bodies that had come before.",
                    Count(journal.repeated));
  families->Begin("refused_batches_total", MetricType::kCounter,
                  "Bodies refused for want of room, told to come again.");
  families->Add(Count(journal.full), {{"reason", "journal_full"}});
  families->Add(Count(journal.no_space), {{"reason", "no_space"}});
  families->Add(Count(inbox.in_flight), {{"reason", "in_flight"}});
  families->Add(Count(inbox.too_often), {{"reason", "requests_per_peer"}});
  families->Gauge("journal_bytes", "Bytes of the journal on disk.",
                  Count(journal.bytes));
  families->Gauge("journal_limit_bytes", "How many there may be.",
                  Count(journal.limit_bytes));
  families->Gauge("journal_unread_bytes", "Bytes that were not read yet.",
                  Count(inbox.journal->BytesBehind(read.place)));
  families->Counter("journal_lost_bytes_total",
                    "Bytes passed over because they were damaged.",
                    Count(read.lost_bytes));
  families->Counter("journal_syncs_total", "Group commits.",
                    Count(journal.syncs));
  families->Counter("journal_sync_seconds_total", "Time they took.",
                    static_cast<double>(journal.sync_us) / 1e6);
}

void AddListener(const ListenerCounts& listener, MetricFamilies* families) {
  families->Gauge("connections", "Connections that are open.",
                  Count(listener.open));
  families->Counter("connections_total", "Connections accepted.",
                    Count(listener.accepted));
  families->Begin("connections_refused_total", MetricType::kCounter,
                  "Connections that the receiver ended.");
  families->Add(Count(listener.no_room), {{"reason", "no_room"}});
  families->Add(Count(listener.evicted), {{"reason", "evicted"}});
  families->Add(Count(listener.tls), {{"reason", "tls"}});
  families->Add(Count(listener.timeout), {{"reason", "timeout"}});
  families->Gauge("in_flight_bytes", "Bytes of bodies not yet answered.",
                  Count(listener.in_flight));
  families->Begin("secret_reloads_total", MetricType::kCounter,
                  "Certificates and tokens read again, by outcome.");
  families->Add(Count(listener.reloads), {{"outcome", "done"}});
  families->Add(Count(listener.reload_failures), {{"outcome", "failed"}});
}

}  // namespace

std::vector<MetricFamily> WebhookMetrics(const Inbox& inbox,
                                         const ReadCounts& read) {
  MetricFamilies families("tocsin_source_", {{"source", inbox.name}});
  AddRequests(inbox, &families);
  families.Counter("batches_total", "Bodies given to the engine.",
                   Count(read.batches));
  families.Counter("events_total", "Lines given to the engine.",
                   Count(read.events));
  families.Counter(
      "broken_items_total",
      "Items and bodies that are no whole JSON; given all the same.",
      Count(read.broken));
  AddJournal(inbox, read, &families);
  if (inbox.listener != nullptr) AddListener(*inbox.listener, &families);
  return families.Take();
}

}  // namespace tocsin::webhook
