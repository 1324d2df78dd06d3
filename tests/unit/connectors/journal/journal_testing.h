// Journals in a temporary folder, for their tests.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/journal/journal.h"
#include "connectors/journal/journal_reader.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "tests/unit/connectors/journal/faulty_storage.h"

namespace tocsin::testing {

// Stands still until it is set; any thread.
class TestClock : public Clock {
 public:
  std::int64_t WallMicros() const override { return us_; }
  std::int64_t SteadyMicros() const override {
    return RealClock()->SteadyMicros();
  }
  void Advance(std::int64_t us) { us_ += us; }

 private:
  std::atomic<std::int64_t> us_{1'700'000'000'000'000};
};

inline const Clock* StillClock() {
  static const TestClock* const clock = new TestClock;
  return clock;
}

inline absl::StatusOr<std::unique_ptr<Journal>> TryOpen(
    const std::string& folder, JournalOptions options = {},
    const Clock* clock = StillClock()) {
  if (options.source.empty()) options.source = "hook";
  auto storage = OpenJournalFolder(folder);
  if (!storage.ok()) return storage.status();
  return Journal::Open(std::move(options), *std::move(storage), clock);
}

inline std::unique_ptr<Journal> OpenOrDie(const std::string& folder,
                                          JournalOptions options = {},
                                          const Clock* clock = StillClock()) {
  auto journal = TryOpen(folder, std::move(options), clock);
  TOCSIN_CHECK(journal.ok());
  return *std::move(journal);
}

inline std::unique_ptr<Journal> OpenFaulty(const std::string& folder,
                                           FaultyStorage::Before before,
                                           FaultyStorage** faulty = nullptr,
                                           JournalOptions options = {}) {
  if (options.source.empty()) options.source = "hook";
  auto real = OpenJournalFolder(folder);
  TOCSIN_CHECK(real.ok());
  auto storage =
      std::make_unique<FaultyStorage>(*std::move(real), std::move(before));
  if (faulty != nullptr) *faulty = storage.get();
  auto journal =
      Journal::Open(std::move(options), std::move(storage), StillClock());
  TOCSIN_CHECK(journal.ok());
  return *std::move(journal);
}

inline std::future<AppendResult> AppendLater(Journal* journal,
                                             std::string_view body) {
  auto promise = std::make_shared<std::promise<AppendResult>>();
  std::future<AppendResult> result = promise->get_future();
  journal->Append(Body::Copy(body),
                  [promise](AppendResult done) { promise->set_value(done); });
  return result;
}

inline AppendResult Append(Journal* journal, std::string_view body) {
  return AppendLater(journal, body).get();
}

// Everything that can be read, and what is told as lost.
struct ReadBack {
  std::vector<std::string> bodies, lost;
};

inline ReadBack ReadAll(JournalReader* reader) {
  ReadBack all;
  JournalRecord record;
  std::string lost;
  for (;;) {
    const auto got = reader->Next(&record, &lost);
    TOCSIN_CHECK(got.ok());
    if (*got == JournalReader::Got::kNothing) return all;
    if (*got == JournalReader::Got::kLost) {
      all.lost.push_back(lost);
    } else {
      all.bodies.push_back(record.body);
    }
  }
}

inline ReadBack ReadAll(Journal* journal) {
  JournalReader reader(journal);
  return ReadAll(&reader);
}

}  // namespace tocsin::testing
