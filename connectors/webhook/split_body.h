// One body as an apiserver posts it becomes lines as its log would have them:
// an EventList one line an event, anything else one line. Follows from the
// bytes alone (docs/reference/journal.md, Positions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/webhook/json_scan.h"

namespace tocsin::webhook {

struct SplitCounts {
  std::uint64_t lines = 0;
  // Lines that are no whole event: given all the same, the engine decides.
  std::uint64_t broken = 0;
};

// Confined. Takes time in proportion to the body, whatever is in it.
class BodySplitter {
 public:
  // Appends the lines, each with its line feed. A broken item never takes
  // another with it: the next one is sought that is whole. Line feeds inside
  // become blanks; bytes that are no UTF-8 stay. Lists and events may stand one
  // behind the other.
  void Split(std::string_view body, std::string* lines, SplitCounts* counts);

 private:
  struct List {
    bool found = false;
    bool guessed = false;          // From an item, not from a head.
    std::size_t items = 0;         // Where the first begins.
    std::string_view api_version;  // With its quotes; empty: v1.
  };

  List FindList(std::size_t at);
  // Both give where to go on.
  std::size_t SplitItems(const List& list);
  std::size_t BrokenItem(std::size_t at, std::size_t end, const List& list);
  std::size_t SkipMembers(std::size_t at);
  std::size_t FindItem(std::size_t from, std::size_t until);
  bool IsItem(std::size_t at);
  std::size_t ValueEnd(std::size_t at);
  void AppendLine(std::string_view text);
  void EndLine(std::size_t begin);
  void AppendItem(std::string_view item, const List& list);
  void AppendBroken(std::string_view text, const List& list);

  JsonScan scan_;
  std::string_view body_;
  std::string* lines_ = nullptr;
  SplitCounts* counts_ = nullptr;
  std::size_t budget_ = 0;  // Bytes that may still be looked at in vain.
};

}  // namespace tocsin::webhook
