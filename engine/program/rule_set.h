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
#include "engine/program/condition_program.h"
#include "engine/program/expr.h"
#include "engine/program/table.h"

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

struct CollectProgram {
  std::string name;
  ExprId expr = kNoExpr;
  std::size_t up_to = 10;
  std::uint64_t hash = 0;          // Of its name and the canonical expression.
  std::uint32_t event = kNoEvent;  // Only of this event.
  std::uint16_t schema = kNoSchema;  // Only of events of this schema, if any.
};

// A named filter of a rule.
struct EventProgram {
  std::string name;
  std::uint16_t schema = 0;
};

// What a rule takes from one schema under one key: several when its events
// have schemas or keys of their own.
struct FeedProgram {
  std::uint32_t rule = 0;
  std::uint16_t schema = 0;
  ExprId filter = kNoExpr;  // A boolean; with events, that one of them passes.
  std::vector<KeyProgram> by;
  struct Event {
    std::uint32_t event = 0;
    ExprId filter = kNoExpr;  // Complete.
  };
  std::vector<Event> events;  // Empty: a rule without events.
};

// A value that an event leaves behind for later: for a step's `where`, and for
// the texts of an alert that is told when the event is gone.
struct CaptureProgram {
  std::uint32_t event = kNoEvent;    // kNoEvent: of every event of the rule.
  std::uint16_t schema = kNoSchema;  // Only of events of this schema, if any.
  // To be compared: a text past limits::kValueBytes keeps its front and the
  // hash of the whole. Else it is only cut.
  bool compared = false;
  ExprId expr = kNoExpr;
  std::uint64_t hash = 0;  // Of the event and the canonical expression.
};

// A captured value as an alert reads it: of the newest (or the oldest) event
// of the capture's step in the evidence; for kNoEvent of the completing one.
// Op::kCaptured's index.
struct SlotProgram {
  std::uint32_t capture = 0;
  bool oldest = false;
};

enum class ThenKind : std::uint8_t {
  kEvery,
  kOncePer,
  kReset,
  kEdge,
  kEscalate
};

struct SeverityArm {
  AlertLevel severity = AlertLevel::kMedium;
  ExprId condition = kNoExpr;
};

struct RuleProgram {
  std::string name;
  Hash128 uid;                 // Of the name and the canonical typed meaning.
  bool signal = false;         // Read by other rules only.
  std::uint32_t stratum = 0;   // 0: reads no alerts; else above what it reads.
  std::uint16_t schema = 0;    // Its own; events may have others.
  ExprId filter = kNoExpr;     // A boolean. With events: see feeds.
  std::vector<KeyProgram> by;  // With keys of the events' own: the first's.
  std::vector<EventProgram> events;
  // Of the whole condition, in the order of its tree.
  std::vector<AggregateProgram> aggregates;  // Empty: a filter.
  ConditionProgram condition;
  std::int64_t window_us = 0;  // The longest.
  // Decided on arrival; else behind the clock, when the event is gone.
  bool monotone = true;
  bool late_now = false;
  std::vector<CaptureProgram> captures;
  std::vector<SlotProgram> slots;
  // Texts, shows, severity and risk read slots, not the completing event.
  bool texts_from_slots = false;
  std::vector<std::string> members;  // kSilent with `among`: their keys.
  ThenKind then = ThenKind::kEvery;
  bool once = false;  // kOncePer: once per hold_us.
  std::int64_t hold_us = 0;
  std::vector<std::uint32_t> hold_per;  // Key parts; empty: the whole key.
  std::vector<std::uint64_t> levels;    // kEscalate, ascending.
  std::vector<CollectProgram> collects;
  std::vector<NamedProgram> shows;  // Schema's first, then the rule's own.
  std::size_t schema_shows = 0;
  std::uint64_t keys = 0;
  TemplateProgram alert, title, runbook;  // Without parts: not written.
  AlertLevel severity = AlertLevel::kMedium;
  std::vector<SeverityArm> severity_arms;  // The first that holds.
  ExprId risk = kNoExpr;
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
  std::vector<std::string>
      content_without;       // Of k8s.audit: kind, apiVersion, kafka.
  FieldId kafka = kNoField;  // Where a message stood; not of alerts.
  ExprId match = kNoExpr;    // kNoExpr: takes every event.
  // Of alerts, not of a source's events: of this rule, or "alert": of all that
  // are no signals.
  std::string alerts_of;
};

struct RuleSet {
  std::vector<RuleProgram> rules;      // Enabled ones, by name.
  std::vector<FeedProgram> feeds;      // By rule.
  std::uint32_t strata = 1;            // One more than the highest stratum.
  std::vector<SchemaProgram> schemas;  // In the order in which they are tried.
  // Op::kLookup's index.
  std::vector<std::shared_ptr<const PreparedTable>> tables;
  ExprPool exprs;
  Projection projection{{}, {}};
  std::uint64_t generation = 0;
};

}  // namespace tocsin
