// A JSON value of an event's body, read whole for the few events that survive
// the cheap tests: a flat tape of nodes over the batch's bytes. The same
// contract as extract.h (last duplicate wins, keys decoded, U+FFFD, numbers).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/extract.h"

namespace tocsin {

// Node i of a tape. Children of a list or object follow it in order; `next` is
// the index of the node behind its subtree. A member of an object is its value
// node, with the key beside it.
struct TapeNode {
  CellKind kind = CellKind::kMissing;
  bool shadowed = false;  // An earlier duplicate: skip it.
  std::uint32_t next = 0;
  std::uint32_t count = 0;  // Children that are not shadowed.
  std::string_view key;     // Decoded.
  std::string_view text;    // kString: decoded. kList, kObject: its JSON.
  union {
    std::int64_t i = 0;
    std::uint64_t u;
    double f;
  };
};

// Reused between values: Parse() and Clear() forget the last one but keep the
// memory, up to kKeptBytes of nodes and as much of decoded text. Confined to
// one worker.
class JsonTape {
 public:
  static constexpr std::size_t kKeptBytes = 1u << 20;

  // Reads one JSON value (valid UTF-8). False when the grammar is broken or
  // deeper than limits::kJsonDepth: the value then reads as missing. `json`
  // must outlive the tape's use.
  bool Parse(std::string_view json);
  // Appends a further value (json_parse, another body) without forgetting the
  // others; returns its root, or -1.
  std::int64_t Append(std::string_view json);
  void Clear();
  const TapeNode& node(std::uint32_t index) const { return nodes_[index]; }
  // The child under a key, or an element (negative from the end); 0 when absent
  // (node 0 is always a kMissing sentinel; a value's root is node 1 after
  // Parse()).
  std::uint32_t Member(std::uint32_t object, std::string_view key) const;
  std::uint32_t Element(std::uint32_t list, std::int64_t index) const;
  // Bytes held between values; meant for a cleared tape.
  std::size_t held() const;

 private:
  class Reader;
  std::string* NewText();
  // All but the first `from` texts are free again.
  void ForgetTexts(std::size_t from);

  std::vector<TapeNode> nodes_ = std::vector<TapeNode>(1);
  // Stable homes of decoded text.
  std::vector<std::unique_ptr<std::string>> decoded_;
  std::size_t decoded_used_ = 0;
  std::size_t text_bytes_ = 0;  // Capacity of those not in use.
};

}  // namespace tocsin
