// What the receiver and the source of one name share: the journal, and what
// each of them counts.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "connectors/journal/journal.h"

namespace tocsin::webhook {

// Any thread.
class CodeCounts {
 public:
  static constexpr int kCodes[] = {200, 400, 401, 404, 405, 411, 413,
                                   415, 417, 429, 431, 503, 505};
  void Add(int code);
  std::uint64_t Of(std::size_t index) const { return counts_[index]; }

 private:
  std::array<std::atomic<std::uint64_t>, std::size(kCodes)> counts_{};
};

// Of one address; any thread.
struct ListenerCounts {
  CodeCounts codes;  // Of requests that named no source.
  std::atomic<std::uint64_t> open{0}, accepted{0};
  std::atomic<std::uint64_t> no_room{0}, evicted{0}, tls{0}, timeout{0};
  std::atomic<std::uint64_t> reloads{0}, reload_failures{0};
  std::atomic<std::uint64_t> in_flight{0};  // Bytes.
};

// Any thread.
struct Inbox {
  Inbox(std::string source, std::unique_ptr<Journal> store)
      : name(std::move(source)), journal(std::move(store)) {}
  const std::string name;
  const std::unique_ptr<Journal> journal;
  CodeCounts codes;
  std::atomic<std::uint64_t> received_bytes{0};  // Of bodies that were stored.
  // Refused, beside those that the journal had no room for.
  std::atomic<std::uint64_t> in_flight{0}, too_often{0};
  // Of the address; null but for the first source at one, which tells it.
  std::shared_ptr<const ListenerCounts> listener;
};

}  // namespace tocsin::webhook
