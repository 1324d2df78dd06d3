// What leaves the engine: one alert, and its one line of JSON
// (docs/reference/alert.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/hash.h"

namespace tocsin {

enum class AlertKind : std::uint8_t {
  kAlert,
  kClosed,    // A hold that ended with folded detections.
  kResolved,  // Of `then edge`: what stood stands no more; the id is the
              // alert's.
  kInternal,  // Rule tocsin.*: eviction, gap, bad clock.
};

// A member of `key`, `collected` or `show`: its name and canonical encoding
// (engine/event/value.h); `collected` holds sized encodings, one a value.
struct NamedValue {
  std::string name;
  std::string encoding;
};

struct AlertEvent {
  std::uint64_t position = 0;  // The event's ordinal in its sequence, from 1.
  std::int64_t time_us = 0;
  std::vector<NamedValue> identity;
  bool audit = false;  // k8s.audit: auditID and stage also stand at the top.
  std::string kafka;   // Canonical encoding of its place; empty: no message.
};

struct Alert {
  std::string id;  // 32 hex digits, stable across runs and restarts.
  AlertKind kind = AlertKind::kAlert;
  std::string rule;
  std::string severity;
  std::string risk;  // Canonical encoding; empty: the rule has none.
  std::string title;
  std::string summary;
  std::int64_t time_us = 0;
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
  std::uint64_t count = 0;
  std::uint64_t folded = 0;
  std::uint64_t total = 0;
  std::vector<NamedValue> key;
  std::vector<NamedValue> collected;
  std::vector<NamedValue> show;
  std::vector<std::string> tags;
  std::string runbook;
  std::vector<AlertEvent> events;
};

// Appends the alert as one line of JSON with its line feed; members in the
// order of docs/reference/alert.md, always all of them.
void AppendJson(const Alert& alert, std::string* out);

// Appends the alert as rules over alerts read it, as one line of JSON: values
// by their names at the top; of two of one name the fixed one (rule, count,
// total, time, severity, risk, tags, id) is read, then the key, the collected
// one, the rule's `show`, the schema's.
void AppendReadersJson(const Alert& alert, std::string* out);

// The alert as bytes on its way (docs/reference/state.md), and back: false when
// they are none.
void AppendBytes(const Alert& alert, std::string* out);
bool ReadBytes(std::string_view bytes, Alert* alert);

// Appends the alert as a person reads it on a terminal.
void AppendText(const Alert& alert, bool colour, std::string* out);

}  // namespace tocsin
