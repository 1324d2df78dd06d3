#include "engine/alert/alert.h"
#include "engine/base/coding.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kVersion = 1;

// What an event has, as bits.
constexpr std::uint8_t kAudit = 1;
constexpr std::uint8_t kKafka = 2;  // Its place as a message follows.

void PutValues(const std::vector<NamedValue>& values, std::string* out) {
  PutNumber(static_cast<std::uint32_t>(values.size()), out);
  for (const NamedValue& value : values) {
    PutBytes(value.name, out);
    PutBytes(value.encoding, out);
  }
}

bool TakeText(std::string_view* rest, std::string* text) {
  std::string_view bytes;
  if (!TakeBytes(rest, &bytes)) return false;
  *text = bytes;
  return true;
}

// So many of something that takes four bytes at the least.
bool TakeCount(std::string_view* rest, std::uint32_t* count) {
  return TakeNumber(rest, count) && *count <= rest->size() / 4;
}

bool TakeValues(std::string_view* rest, std::vector<NamedValue>* values) {
  std::uint32_t count = 0;
  if (!TakeCount(rest, &count)) return false;
  values->resize(count);
  for (NamedValue& value : *values) {
    if (!TakeText(rest, &value.name) || !TakeText(rest, &value.encoding)) {
      return false;
    }
  }
  return true;
}

bool TakeEvents(std::string_view* rest, std::vector<AlertEvent>* events) {
  std::uint32_t count = 0;
  if (!TakeCount(rest, &count)) return false;
  events->resize(count);
  for (AlertEvent& event : *events) {
    std::uint8_t has = 0;
    if (!TakeNumber(rest, &event.position) ||
        !TakeNumber(rest, &event.time_us) || !TakeNumber(rest, &has) ||
        !TakeValues(rest, &event.identity)) {
      return false;
    }
    event.audit = (has & kAudit) != 0;
    if ((has & kKafka) != 0 && !TakeText(rest, &event.kafka)) return false;
  }
  return true;
}

}  // namespace

void AppendBytes(const Alert& alert, std::string* out) {
  PutNumber(kVersion, out);
  PutNumber(alert.kind, out);
  for (const std::string* text :
       {&alert.id, &alert.rule, &alert.severity, &alert.risk, &alert.title,
        &alert.summary, &alert.runbook}) {
    PutBytes(*text, out);
  }
  for (const std::int64_t time :
       {alert.time_us, alert.first_us, alert.last_us}) {
    PutNumber(time, out);
  }
  for (const std::uint64_t number : {alert.count, alert.folded, alert.total}) {
    PutNumber(number, out);
  }
  PutValues(alert.key, out);
  PutValues(alert.collected, out);
  PutValues(alert.show, out);
  PutNumber(static_cast<std::uint32_t>(alert.tags.size()), out);
  for (const std::string& tag : alert.tags) PutBytes(tag, out);
  PutNumber(static_cast<std::uint32_t>(alert.events.size()), out);
  for (const AlertEvent& event : alert.events) {
    PutNumber(event.position, out);
    PutNumber(event.time_us, out);
    const std::uint8_t audit = event.audit ? kAudit : 0;
    const std::uint8_t kafka = event.kafka.empty() ? 0 : kKafka;
    PutNumber(static_cast<std::uint8_t>(audit | kafka), out);
    PutValues(event.identity, out);
    if (kafka != 0) PutBytes(event.kafka, out);
  }
}

bool ReadBytes(std::string_view bytes, Alert* alert) {
  std::uint8_t version = 0;
  std::uint32_t tags = 0;
  bool ok = TakeNumber(&bytes, &version) && version == kVersion &&
            TakeNumber(&bytes, &alert->kind) &&
            alert->kind <= AlertKind::kInternal;
  for (std::string* text :
       {&alert->id, &alert->rule, &alert->severity, &alert->risk, &alert->title,
        &alert->summary, &alert->runbook}) {
    ok = ok && TakeText(&bytes, text);
  }
  for (std::int64_t* time :
       {&alert->time_us, &alert->first_us, &alert->last_us}) {
    ok = ok && TakeNumber(&bytes, time);
  }
  for (std::uint64_t* number : {&alert->count, &alert->folded, &alert->total}) {
    ok = ok && TakeNumber(&bytes, number);
  }
  ok = ok && TakeValues(&bytes, &alert->key) &&
       TakeValues(&bytes, &alert->collected) &&
       TakeValues(&bytes, &alert->show) && TakeCount(&bytes, &tags);
  if (!ok) return false;
  alert->tags.resize(tags);
  for (std::string& tag : alert->tags) {
    if (!TakeText(&bytes, &tag)) return false;
  }
  return TakeEvents(&bytes, &alert->events) && bytes.empty();
}

}  // namespace tocsin
