// Which columns the rules read: a path's longest front of plain keys that
// stays where the schema knows the type is a column, the rest is read from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/strings.h"
#include "engine/event/extract.h"
#include "engine/event/type.h"
#include "engine/program/expr.h"

namespace tocsin::dsl {

// A column, and what of the path lies below it.
struct ColumnPath {
  FieldId field = kNoField;
  FieldPath rest;
};

class Columns {
 public:
  // How a path's value is used: as it is; only whether it is there; as the JSON
  // text that it stands in; or as it is, by what knows columns only: then all
  // keys are of the column, also where the schema does not look further.
  enum class Use : std::uint8_t { kValue, kPresence, kJson, kColumn };

  ColumnPath Add(const Type& schema, const FieldPath& path, Use use);

  // The columns for the extractor. Symbols go to those whose texts `pool`
  // compares with constants more often than it searches in them.
  std::vector<FieldSpec> Build(const ExprPool& pool);

 private:
  struct Column {
    FieldSpec spec;
    bool scalar = false;    // Declared one; may become a symbol.
    bool elements = false;  // Read as a list of scalars.
    bool json = false;      // Read as the JSON that stands there.
  };
  FieldId Find(const std::vector<std::string>& keys);

  std::vector<Column> columns_;
  StringMap<FieldId> by_keys_;
};

}  // namespace tocsin::dsl
