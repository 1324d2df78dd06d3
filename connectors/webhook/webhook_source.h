// A webhook's journal as a source: one stream of lines, the same whenever it is
// read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/journal/journal_reader.h"
#include "connectors/webhook/inbox.h"
#include "connectors/webhook/split_body.h"
#include "connectors/webhook/webhook_options.h"
#include "connectors/webhook/webhook_server.h"
#include "engine/ports/source.h"

namespace tocsin {

class WebhookSource : public Source {
 public:
  // The server runs until the last source that holds it is gone.
  WebhookSource(std::shared_ptr<webhook::Inbox> inbox,
                std::shared_ptr<WebhookServer> server);

  std::string_view name() const override { return inbox_->name; }
  // A StorageFailure as soon as the journal has one.
  absl::StatusOr<ReadOutcome> Read(char* into, std::size_t capacity) override;
  void Wait(int timeout_ms) override;
  SourcePosition position() const override;
  absl::Status Resume(const SourcePosition& position) override;
  std::string StreamName(std::uint32_t) const override { return "journal"; }
  absl::Status Replay(const SourceReplay& replay) override;
  void ReplayEnd() override { replay_left_.reset(); }
  void Covered(const SourcePosition& position) override;
  absl::Status failure() const override { return inbox_->journal->status(); }
  void Refuse(const absl::Status& status) override {
    inbox_->journal->Fail(status);
  }
  bool WantsCheckpoint() const override;
  std::vector<MetricFamily> Metrics() const override;

 private:
  // The lines of the next record; nullopt when they are there.
  absl::StatusOr<std::optional<ReadOutcome>> NextRecord();
  bool IsThrough() const { return given_ == lines_.size(); }

  const std::shared_ptr<webhook::Inbox> inbox_;
  const std::shared_ptr<WebhookServer> server_;
  JournalReader reader_;
  webhook::BodySplitter splitter_;
  JournalRecord record_;
  std::string lines_;      // Of record_.
  std::size_t given_ = 0;  // Bytes of them.
  // Bytes of the record at the reader's place that were given before.
  std::uint64_t given_before_ = 0;
  std::optional<std::uint64_t> replay_left_;
  std::atomic<std::uint64_t> batches_{0}, events_{0}, broken_{0}, lost_{0};
  std::atomic<std::uint64_t> segment_{0}, offset_{0};  // The reader's place.
};

struct Webhooks {
  std::vector<std::unique_ptr<WebhookSource>> sources;  // As the options.
  std::shared_ptr<WebhookServer> server;
};

using JournalStorageFactory =
    std::function<absl::StatusOr<std::unique_ptr<JournalStorage>>(
        const std::string& folder)>;

// Opens the journals, then listens for all of them: from now on bodies are
// taken, also before the sources are resumed. Options are checked.
absl::StatusOr<Webhooks> OpenWebhooks(
    const std::vector<WebhookOptions>& options,
    const JournalStorageFactory& storage = OpenJournalFolder);

}  // namespace tocsin
