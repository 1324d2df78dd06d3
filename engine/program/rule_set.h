// A rule set after compilation: immutable, shared by every worker. Made by
// dsl/compile; read by match, shard and alert. Dense indexes (rules, fields,
// expressions) hold within one RuleSet only and are never stored; a rule's uid
// outlives it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/event/extract.h"
#include "engine/event/type.h"
#include "engine/program/expr.h"

namespace tocsin {

enum class AlertLevel : std::uint8_t { kInfo, kLow, kMedium, kHigh, kCritical };
std::string_view LevelName(AlertLevel level);

struct TemplateProgram {
  struct Part {
    std::string text;
    ExprId hole = kNoExpr;  // When set, `text` is empty.
  };
  std::vector<Part> parts;
};

struct KeyProgram {
  std::string name;
  ExprId expr = kNoExpr;
  bool missing_ok = false;
  bool each = false;
  ExprId among = kNoExpr;  // A boolean: the member test.
};

struct NamedProgram {
  std::string name;
  ExprId expr = kNoExpr;
};

struct AggregateProgram {
  enum class Kind : std::uint8_t { kCount, kDistinct };
  Kind kind = Kind::kCount;
  ExprId filter = kNoExpr;
  std::vector<ExprId> values;
  std::uint64_t threshold = 1;
};

struct CollectProgram {
  std::string name;
  ExprId expr = kNoExpr;
  std::size_t up_to = 10;
  std::uint64_t hash = 0;  // Of its name and the canonical expression.
};

struct RuleProgram {
  std::string name;
  Hash128 uid;  // Of the name and the canonical typed meaning.
  std::uint16_t schema = 0;
  ExprId filter = kNoExpr;  // A boolean.
  std::vector<KeyProgram> by;
  std::vector<AggregateProgram> aggregates;  // Empty: a filter.
  std::int64_t window_us = 0;
  bool once = false;  // then once per hold_us; else every.
  std::int64_t hold_us = 0;
  std::vector<CollectProgram> collects;
  std::vector<NamedProgram> shows;  // Schema's first, then the rule's own.
  std::size_t schema_shows = 0;
  std::uint64_t keys = 0;
  TemplateProgram alert, title, runbook;  // Without parts: not written.
  AlertLevel severity = AlertLevel::kMedium;
  std::vector<std::string> tags;
};

struct TimeProgram {
  FieldId field = kNoField;
  TimeFormat format = TimeFormat::kRfc3339;
  std::string pattern;
};

struct IdentityProgram {
  std::string name;  // As written: auditID
  FieldId field = kNoField;
};

struct SchemaProgram {
  std::string name;
  std::vector<TimeProgram> times;
  bool identity_position = false;
  std::vector<IdentityProgram> identity;
  std::vector<std::string> content_without;  // kind, apiVersion for k8s.audit.
  ExprId match = kNoExpr;                    // kNoExpr: takes every event.
};

struct RuleSet {
  std::vector<RuleProgram> rules;      // Enabled ones, by name.
  std::vector<SchemaProgram> schemas;  // In the order in which they are tried.
  ExprPool exprs;
  Projection projection{{}, {}};
  std::uint64_t generation = 0;
};

}  // namespace tocsin
