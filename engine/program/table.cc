#include "engine/program/table.h"

#include <utility>

#include "engine/base/check.h"

namespace tocsin {

PreparedTable::PreparedTable(std::string name,
                             const std::vector<std::vector<Constant>>& rows,
                             std::span<const std::uint32_t> key,
                             std::size_t columns)
    : name_(std::move(name)) {
  by_key_.reserve(rows.size());
  std::string sized, encoding;
  for (const std::vector<Constant>& row : rows) {
    TOCSIN_CHECK(row.size() == columns);
    sized.clear();
    for (const std::uint32_t part : key) {
      encoding.clear();
      AppendCanonical(row[part], &encoding);
      AppendSized(encoding, &sized);
    }
    if (!by_key_.emplace(sized, cells_.size()).second) continue;
    cells_.insert(cells_.end(), row.begin(), row.end());
  }
}

const Constant* PreparedTable::Find(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : cells_.data() + found->second;
}

}  // namespace tocsin
