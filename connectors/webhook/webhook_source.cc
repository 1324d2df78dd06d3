#include "connectors/webhook/webhook_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "connectors/webhook/webhook_metrics.h"
#include "engine/base/coding.h"
#include "engine/base/status_macros.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kPositionVersion = 1;
// A larger text is given back when it has been read.
constexpr std::size_t kLinesKept = 8u << 20;

struct Position {
  JournalPlace place;
  std::uint64_t given = 0;
};

SourcePosition Encode(const Position& position) {
  SourcePosition out;
  PutNumber(kPositionVersion, &out);
  PutNumber(position.place.segment, &out);
  PutNumber(position.place.offset, &out);
  PutNumber(position.given, &out);
  return out;
}

absl::StatusOr<Position> Decode(const SourcePosition& text) {
  std::string_view rest = text;
  std::uint8_t version = 0;
  Position position;
  if (!TakeNumber(&rest, &version) || version != kPositionVersion ||
      !TakeNumber(&rest, &position.place.segment) ||
      !TakeNumber(&rest, &position.place.offset) ||
      !TakeNumber(&rest, &position.given) || !rest.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "a position of version %d in the journal is not one that this program "
        "reads (version %d)",
        version, kPositionVersion));
  }
  return position;
}

}  // namespace

WebhookSource::WebhookSource(std::shared_ptr<webhook::Inbox> inbox,
                             std::shared_ptr<WebhookServer> server)
    : inbox_(std::move(inbox)),
      server_(std::move(server)),
      reader_(inbox_->journal.get()) {}

absl::StatusOr<ReadOutcome> WebhookSource::Read(char* into,
                                                std::size_t capacity) {
  while (IsThrough()) {
    if (replay_left_ == 0u) return ReadOutcome{.kind = ReadKind::kNothing};
    TOCSIN_ASSIGN_OR_RETURN(const auto outcome, NextRecord());
    if (outcome) return *outcome;
  }
  if (replay_left_ && record_.place >= inbox_->journal->opened_end()) {
    return absl::NotFoundError(
        "the journal does not hold any more what was read before");
  }
  std::uint64_t size = std::min(capacity, lines_.size() - given_);
  if (replay_left_) {
    size = std::min(size, *replay_left_);
    *replay_left_ -= size;
    if (size == 0) return ReadOutcome{.kind = ReadKind::kNothing};
  }
  std::memcpy(into, lines_.data() + given_, size);
  given_ += size;
  ReadOutcome outcome;
  outcome.kind = ReadKind::kData;
  outcome.size = size;
  return outcome;
}

absl::StatusOr<std::optional<ReadOutcome>> WebhookSource::NextRecord() {
  TOCSIN_RETURN_IF_ERROR(inbox_->journal->status());
  if (lines_.capacity() > kLinesKept) lines_ = {};
  lines_.clear();
  given_ = 0;
  ReadOutcome outcome;
  TOCSIN_ASSIGN_OR_RETURN(const JournalReader::Got got,
                          reader_.Next(&record_, &outcome.lost));
  segment_ = reader_.place().segment;
  offset_ = reader_.place().offset;
  if (got == JournalReader::Got::kNothing) {
    if (replay_left_) {
      return absl::NotFoundError("the journal ends before what was read of it");
    }
    outcome.kind = ReadKind::kNothing;
    return outcome;
  }
  const std::uint64_t before = std::exchange(given_before_, 0);
  if (got == JournalReader::Got::kLost) {
    outcome.kind = ReadKind::kLost;
    lost_ = reader_.lost_bytes();
    return outcome;
  }
  webhook::SplitCounts counts;
  splitter_.Split(record_.body, &lines_, &counts);
  if (record_.body.capacity() > kLinesKept) record_.body = {};
  given_ = std::min<std::uint64_t>(before, lines_.size());
  ++batches_;
  events_ += counts.lines;
  broken_ += counts.broken;
  return std::nullopt;
}

void WebhookSource::Wait(int timeout_ms) {
  if (IsThrough()) inbox_->journal->WaitBehind(reader_.place(), timeout_ms);
}

SourcePosition WebhookSource::position() const {
  if (IsThrough()) return Encode({reader_.place(), given_before_});
  return Encode({record_.place, given_});
}

absl::Status WebhookSource::Resume(const SourcePosition& text) {
  TOCSIN_ASSIGN_OR_RETURN(const Position position, Decode(text));
  reader_.Seek(position.place);
  lines_.clear();
  given_ = 0;
  given_before_ = reader_.place() == position.place ? position.given : 0;
  return absl::OkStatus();
}

absl::Status WebhookSource::Replay(const SourceReplay& replay) {
  replay_left_ = replay.bytes;
  return absl::OkStatus();
}

void WebhookSource::Covered(const SourcePosition& text) {
  const absl::StatusOr<Position> position = Decode(text);
  if (position.ok()) inbox_->journal->Release(position->place.segment);
}

bool WebhookSource::WantsCheckpoint() const {
  const JournalCounts counts = inbox_->journal->Counts();
  return counts.bytes >= counts.limit_bytes / 2;
}

std::vector<MetricFamily> WebhookSource::Metrics() const {
  webhook::ReadCounts counts;
  counts.batches = batches_;
  counts.events = events_;
  counts.broken = broken_;
  counts.lost_bytes = lost_;
  counts.place = {segment_, offset_};
  return webhook::WebhookMetrics(*inbox_, counts);
}

absl::StatusOr<Webhooks> OpenWebhooks(
    const std::vector<WebhookOptions>& options,
    const JournalStorageFactory& storage) {
  std::vector<WebhookRoute> routes;
  for (const WebhookOptions& one : options) {
    TOCSIN_RETURN_IF_ERROR(CheckWebhookOptions(one));
    for (const WebhookRoute& other : routes) {
      TOCSIN_RETURN_IF_ERROR(CheckWebhookPair(other.options, one));
    }
    TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<JournalStorage> folder,
                            storage(one.journal_folder));
    TOCSIN_ASSIGN_OR_RETURN(
        std::unique_ptr<Journal> journal,
        Journal::Open({one.name, one.journal_bytes}, std::move(folder)));
    routes.push_back(
        {one, std::make_shared<webhook::Inbox>(one.name, std::move(journal))});
  }
  Webhooks webhooks;
  const std::vector<WebhookRoute> kept = routes;
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<WebhookServer> server,
                          WebhookServer::Start(std::move(routes)));
  webhooks.server = std::move(server);
  for (const WebhookRoute& route : kept) {
    webhooks.sources.push_back(
        std::make_unique<WebhookSource>(route.inbox, webhooks.server));
  }
  return webhooks;
}

}  // namespace tocsin
