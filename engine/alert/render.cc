#include "engine/alert/render.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/coding.h"
#include "engine/base/hash.h"

namespace tocsin {
namespace {

constexpr std::string_view kAuditSchema = "k8s.audit";

bool HasHoles(const TemplateProgram& text) {
  for (const TemplateProgram::Part& part : text.parts) {
    if (part.hole != kNoExpr) return true;
  }
  return false;
}

std::string PlainText(const TemplateProgram& text) {
  std::string out;
  for (const TemplateProgram::Part& part : text.parts) out += part.text;
  return out;
}

AlertEvent Sample(EventRef event, const RuleSet& rules) {
  AlertEvent sample;
  sample.position = event.position;
  sample.time_us = event.time_us;
  if (event.schema >= rules.schemas.size()) return sample;
  const SchemaProgram& schema = rules.schemas[event.schema];
  sample.audit = schema.name == kAuditSchema;
  std::string_view rest = event.identity, encoding;
  for (const IdentityProgram& identity : schema.identity) {
    if (!TakeSized(&rest, &encoding)) return sample;
    sample.identity.push_back({identity.name, std::string(encoding)});
  }
  if (TakeSized(&rest, &encoding) && encoding.starts_with('o')) {
    sample.kafka = encoding;
  }
  return sample;
}

void NameKey(std::string_view key, const RuleProgram& rule, Alert* alert) {
  std::string_view encoding;
  for (const KeyProgram& part : rule.by) {
    if (!TakeSized(&key, &encoding)) break;
    alert->key.push_back({part.name, std::string(encoding)});
  }
}

// Each level of `escalate` is one step more severe than the one before.
AlertLevel Raised(AlertLevel base, int level) {
  const int steps = std::max(level - 1, 0);
  const int raised = static_cast<int>(base) + steps;
  return static_cast<AlertLevel>(
      std::min(raised, static_cast<int>(AlertLevel::kCritical)));
}

AlertLevel SeverityOf(const Detection& detection, const RuleProgram& rule,
                      const AlertValues& values, EventBatch* batch,
                      Matcher* matcher) {
  const auto holds = [&](const SeverityArm& arm) {
    return matcher->Holds(batch, detection.row, detection.rule, arm.condition,
                          values);
  };
  const auto arm = detection.kind == AlertKind::kAlert
                       ? std::find_if(rule.severity_arms.begin(),
                                      rule.severity_arms.end(), holds)
                       : rule.severity_arms.end();
  const AlertLevel base =
      arm == rule.severity_arms.end() ? rule.severity : arm->severity;
  return Raised(base, detection.level);
}

AlertValues ValuesOf(const Detection& detection) {
  AlertValues values;
  values.key = detection.key;
  values.collected = &detection.collected;
  values.count = detection.count;
  values.folded = detection.folded;
  values.total = detection.total;
  values.time_us = detection.time_us;
  values.more = detection.more;
  values.slots = &detection.slots;
  values.step_counts = &detection.step_counts;
  return values;
}

// What the alert tells as values, not as text.
void RenderValues(const Detection& detection, const RuleProgram& rule,
                  const AlertValues& values, EventBatch* batch,
                  Matcher* matcher, Alert* alert) {
  const auto show = [&](ExprId expr, std::string* encoding) {
    matcher->Show(batch, detection.row, detection.rule, expr, values, encoding);
  };
  if (rule.risk != kNoExpr) show(rule.risk, &alert->risk);
  for (const NamedProgram& shown : rule.shows) {
    NamedValue value{shown.name, {}};
    show(shown.expr, &value.encoding);
    alert->show.push_back(std::move(value));
  }
}

// Texts of an alert that is told with all it knows.
void RenderTexts(const Detection& detection, const RuleProgram& rule,
                 const AlertValues& values, EventBatch* batch, Matcher* matcher,
                 Alert* alert) {
  const auto render = [&](const TemplateProgram& text) {
    return text.parts.empty() ? std::string()
                              : matcher->Render(batch, detection.row,
                                                detection.rule, text, values);
  };
  alert->title = render(rule.title);
  alert->runbook = render(rule.runbook);
  alert->summary = rule.alert.parts.empty() ? alert->title : render(rule.alert);
  if (alert->summary.empty()) alert->summary = rule.name;
}

// ... and of one that only says how an incident ended.
void RenderEndTexts(const Detection& detection, const RuleProgram& rule,
                    Alert* alert) {
  if (!HasHoles(rule.title)) alert->title = PlainText(rule.title);
  if (!HasHoles(rule.runbook)) alert->runbook = PlainText(rule.runbook);
  alert->summary =
      detection.kind == AlertKind::kResolved
          ? absl::StrFormat("%s: resolved at %s", rule.name,
                            FormatTime(detection.time_us))
          : absl::StrFormat("%s: %d more, the last at %s", rule.name,
                            detection.folded, FormatTime(detection.last_us));
}

// All but the texts and the samples.
Alert RenderFacts(const Detection& detection, const RuleProgram& rule,
                  AlertValues* values, EventBatch* batch, Matcher* matcher) {
  Alert alert;
  alert.id = ToHex(detection.id);
  alert.kind = detection.kind;
  alert.rule = rule.name;
  alert.time_us = detection.time_us;
  alert.first_us = detection.first_us;
  alert.last_us = detection.last_us;
  alert.count = detection.count;
  alert.folded = detection.folded;
  alert.total = detection.total;
  alert.tags = rule.tags;
  NameKey(detection.key, rule, &alert);
  values->severity =
      LevelName(SeverityOf(detection, rule, *values, batch, matcher));
  alert.severity = std::string(values->severity);
  if (detection.kind == AlertKind::kAlert) {
    RenderValues(detection, rule, *values, batch, matcher, &alert);
  }
  return alert;
}

void NameCollected(std::vector<std::string> collected, const RuleProgram& rule,
                   Alert* alert) {
  for (std::size_t i = 0; i < rule.collects.size() && i < collected.size();
       ++i) {
    alert->collected.push_back(
        {rule.collects[i].name, std::move(collected[i])});
  }
}

}  // namespace

Alert RenderAlert(Detection detection, const RuleSet& rules, EventBatch* batch,
                  Matcher* matcher) {
  const RuleProgram& rule = rules.rules[detection.rule];
  if (rule.texts_from_slots) batch = nullptr;
  AlertValues values = ValuesOf(detection);
  Alert alert = RenderFacts(detection, rule, &values, batch, matcher);
  if (detection.kind == AlertKind::kAlert) {
    RenderTexts(detection, rule, values, batch, matcher, &alert);
  } else {
    RenderEndTexts(detection, rule, &alert);
  }
  NameCollected(std::move(detection.collected), rule, &alert);
  for (EventRef& event : detection.events) {
    alert.events.push_back(Sample(std::move(event), rules));
  }
  return alert;
}

Alert RenderForReaders(const Detection& detection, const RuleSet& rules,
                       EventBatch* batch, Matcher* matcher) {
  const RuleProgram& rule = rules.rules[detection.rule];
  if (rule.texts_from_slots) batch = nullptr;
  AlertValues values = ValuesOf(detection);
  Alert alert = RenderFacts(detection, rule, &values, batch, matcher);
  NameCollected(detection.collected, rule, &alert);
  return alert;
}

Alert InternalAlert(std::string_view name, std::string_view subject,
                    std::string summary, std::uint64_t count,
                    std::uint64_t position, std::int64_t time_us) {
  std::string bytes;
  PutBytes(name, &bytes);
  PutBytes(subject, &bytes);
  PutNumber(position, &bytes);
  Alert alert;
  alert.id = ToHex(HashWide(bytes));
  alert.kind = AlertKind::kInternal;
  alert.rule = std::string(name);
  alert.severity = std::string(LevelName(AlertLevel::kMedium));
  alert.summary = std::move(summary);
  alert.time_us = alert.first_us = alert.last_us = time_us;
  alert.count = count;
  alert.total = count;
  return alert;
}

}  // namespace tocsin
