// Schemas, lists and tables as they mean: what rules read and look up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dsl/check/checked_expr.h"

namespace tocsin::dsl {

struct CheckedList {
  std::string name;
  TypeKind element = TypeKind::kString;
  std::vector<Constant> values;
  std::string file;  // Where it was read from, or empty.
  Span span;
};

struct CheckedTimeSource {
  FieldPath path;
  TimeFormat format = TimeFormat::kRfc3339;
  std::string pattern;
};

struct CheckedField {  // derive NAME TYPE = E, show E as NAME
  std::string name;
  CheckedExpr expr;
};

struct CheckedSchema {
  std::string name;
  Type type;  // kObject
  std::vector<CheckedTimeSource> times;
  bool identity_position = false;
  std::vector<FieldPath> identity;
  std::vector<std::string> unwrap;  // Keys of envelopes: items, Records.
  std::optional<CheckedExpr> match;
  std::vector<CheckedField> derives;
  std::vector<CheckedField> shows;
  std::optional<CheckedExpr> default_where;
  std::vector<FieldPath> default_unless_mentioned;
  bool built_in = false;
  // Of the alerts of this rule or signal (`from R`), or of all rules that are
  // no signals and do not read `alert` themselves, directly or through others
  // ("alert"): such a schema takes no events of a source. Its `type` has a
  // field for each key, collect and show of the rule, and
  // count total time severity risk rule tags id; of two of one name the fixed
  // one is told, then the key, the collect, the rule's show, the schema's.
  std::string alerts_of;
  Span span;
};

// A table from a file: looked up by its whole key.
struct CheckedTable {
  struct Column {
    std::string name;
    Type type;  // Scalar.
    bool optional = false;
  };
  std::string name;
  std::vector<Column> columns;
  std::vector<std::uint32_t> key;           // Into columns, as written.
  std::vector<std::vector<Constant>> rows;  // A missing value: monostate.
  std::string file;
  Span span;
};

}  // namespace tocsin::dsl
