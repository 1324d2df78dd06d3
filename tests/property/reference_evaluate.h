// The reference evaluator: checked rules and whole inputs in, alerts out, slow
// and obvious. Written from the description of the language, not from the
// engine: it keeps every event of every key for ever and tests every span.
//
// Not bounded: memory grows with the input, a detection costs the square of the
// key's events. No eviction, no second schema for one event but those of
// alerts, one source. Single-threaded; touches the process's TZ for zones.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dsl/check/checked.h"
#include "engine/alert/alert.h"
#include "tests/property/reference_value.h"

namespace tocsin::reference {

struct Options {
  std::int64_t lateness_us = 5'000'000;
  std::int64_t max_skew_us = 300'000'000;
  bool closed = false;
};

// One event as it was read and placed.
struct Event {
  Value root;
  std::uint64_t position = 0;  // From 1, of all events.
  std::uint32_t schema = 0;
  std::int64_t ts = 0;
  std::int64_t clock = 0;  // As of this event.
  bool has_schema = false;
  bool has_time = true;
  std::vector<NamedValue> identity;
  std::string fingerprint;  // Equal for two deliveries; empty: never equal.
  bool late() const { return ts < clock; }
};

struct Reading {
  std::vector<std::shared_ptr<const Event>> events;
  std::uint64_t malformed = 0, too_deep = 0, not_an_object = 0;
  std::uint64_t no_schema = 0, bad_clock = 0, late = 0, no_time = 0;
};

// What language.md's order lets an alert depend on beside the alert itself.
struct Told {
  Alert alert;                 // Without id.
  std::uint64_t position = 0;  // Of the completing event.
  bool in_order = true;        // The completing event was the key's newest.
  bool key_in_order = true;    // So were all of the key's so far.
  bool key_late = false;       // The key has seen an event behind the clock.
  // For rules that read alerts.
  std::vector<Value> key, collected, shown;
  Value risk;
};

struct RuleCounts {
  std::string name;
  std::uint64_t matches = 0, no_key = 0, each_overflow = 0, duplicates = 0;
  std::uint64_t detections = 0, alerts = 0, folded = 0, late = 0;
};

struct Result {
  Reading reading;
  std::vector<Told> alerts;       // By completing event, then rule, then key.
  std::vector<RuleCounts> rules;  // Enabled ones, by name.
};

// `files` are whole inputs, read one after the other as one source.
Reading ReadEvents(const dsl::CheckedRules& rules,
                   std::span<const std::string> files, const Options& options);

Result Run(const dsl::CheckedRules& rules, std::span<const std::string> files,
           const Options& options);

}  // namespace tocsin::reference
