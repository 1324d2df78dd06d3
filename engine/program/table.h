// A table from a file, ready to be looked up by its whole key. Immutable, read
// by every worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/strings.h"
#include "engine/event/value.h"

namespace tocsin {

class PreparedTable {
 public:
  // `key`: which columns are the key, in the order in which it is written.
  // Every row has all columns; of rows with equal keys the first stands.
  PreparedTable(std::string name,
                const std::vector<std::vector<Constant>>& rows,
                std::span<const std::uint32_t> key, std::size_t columns);

  const std::string& name() const { return name_; }
  std::size_t size() const { return by_key_.size(); }
  // `key`: the sized canonical encodings of its parts. Null when there is no
  // such row; else its columns.
  const Constant* Find(std::string_view key) const;

 private:
  std::string name_;
  std::vector<Constant> cells_;  // Row by row.
  StringMap<std::size_t> by_key_;
};

}  // namespace tocsin
