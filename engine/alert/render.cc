#include "engine/alert/render.h"

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
    if (!TakeSized(&rest, &encoding)) break;
    sample.identity.push_back({identity.name, std::string(encoding)});
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

// Texts of an alert whose completing event is there.
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
  for (const NamedProgram& show : rule.shows) {
    NamedValue value{show.name, {}};
    matcher->Show(batch, detection.row, show.expr, values, &value.encoding);
    alert->show.push_back(std::move(value));
  }
}

void RenderClosedTexts(const Detection& detection, const RuleProgram& rule,
                       Alert* alert) {
  if (!HasHoles(rule.title)) alert->title = PlainText(rule.title);
  if (!HasHoles(rule.runbook)) alert->runbook = PlainText(rule.runbook);
  alert->summary =
      absl::StrFormat("%s: %d more, the last at %s", rule.name,
                      detection.folded, FormatTime(detection.last_us));
}

}  // namespace

Alert RenderAlert(Detection detection, const RuleSet& rules, EventBatch* batch,
                  Matcher* matcher) {
  const RuleProgram& rule = rules.rules[detection.rule];
  Alert alert;
  alert.id = ToHex(detection.id);
  alert.kind = detection.kind;
  alert.rule = rule.name;
  alert.severity = std::string(LevelName(rule.severity));
  alert.time_us = detection.time_us;
  alert.first_us = detection.first_us;
  alert.last_us = detection.last_us;
  alert.count = detection.count;
  alert.folded = detection.folded;
  alert.total = detection.total;
  alert.tags = rule.tags;
  NameKey(detection.key, rule, &alert);
  if (detection.kind == AlertKind::kAlert) {
    const AlertValues values{detection.key,   &detection.collected,
                             detection.count, detection.folded,
                             detection.total, detection.time_us,
                             detection.more};
    RenderTexts(detection, rule, values, batch, matcher, &alert);
  } else {
    RenderClosedTexts(detection, rule, &alert);
  }
  for (std::size_t i = 0;
       i < rule.collects.size() && i < detection.collected.size(); ++i) {
    alert.collected.push_back(
        {rule.collects[i].name, std::move(detection.collected[i])});
  }
  for (EventRef& event : detection.events) {
    alert.events.push_back(Sample(std::move(event), rules));
  }
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
