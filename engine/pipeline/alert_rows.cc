#include "engine/pipeline/alert_rows.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace tocsin {
namespace {

constexpr std::string_view kAllAlerts = "alert";

Projection WithoutEnvelopes(const Projection& projection) {
  const std::span<const FieldSpec> fields = projection.fields();
  return Projection({fields.begin(), fields.end()}, {});
}

// `alert` is of the rules below the first that reads it (language.md, "Rules
// over alerts"): what reads alerts does not count among them.
std::uint32_t FirstReaderOfAll(const RuleSet& rules) {
  std::uint32_t first = rules.strata;
  for (const FeedProgram& feed : rules.feeds) {
    if (rules.schemas[feed.schema].alerts_of == kAllAlerts) {
      first = std::min(first, rules.rules[feed.rule].stratum);
    }
  }
  return first;
}

// The clock that the readers of an alert see: of its event; of a deadline its
// own time, so that it is never behind the clock.
std::int64_t ClockOf(const Detection& detection, const Slice& slice,
                     std::int64_t clock_before_us) {
  const std::uint64_t at = detection.position - slice.first_position;
  if (!detection.deadline) {
    return at < slice.clocks.size() ? slice.clocks[at] : slice.clock_us;
  }
  const std::int64_t before =
      at == 0 || slice.clocks.empty()
          ? clock_before_us
          : slice.clocks[std::min<std::uint64_t>(at, slice.clocks.size()) - 1];
  return std::max(detection.deadline_us, before);
}

}  // namespace

AlertReaders::AlertReaders(const RuleSet& rules)
    : schemas_(rules.rules.size()) {
  std::vector<bool> read(rules.schemas.size(), false);
  for (const FeedProgram& feed : rules.feeds) read[feed.schema] = true;
  const std::uint32_t first_of_all = FirstReaderOfAll(rules);
  for (std::uint16_t i = 0; i < rules.schemas.size(); ++i) {
    const std::string& of = rules.schemas[i].alerts_of;
    if (of.empty() || !read[i]) continue;
    for (std::uint32_t rule = 0; rule < rules.rules.size(); ++rule) {
      const RuleProgram& program = rules.rules[rule];
      const bool takes = of == kAllAlerts
                             ? !program.signal && program.stratum < first_of_all
                             : program.name == of;
      if (takes) schemas_[rule].push_back(i);
    }
  }
}

void AlertRows::Clear() {
  batch.Clear();
  matched.Clear();
  of_deadline.clear();
}

AlertMatcher::AlertMatcher(const RuleSet* rules, std::uint64_t key_seed)
    : rules_(*rules),
      projection_(WithoutEnvelopes(rules->projection)),
      extractor_(MakeSimdjsonExtractor()),
      symbols_(projection_),
      matcher_(rules, &symbols_, key_seed) {}

AlertMatcher::~AlertMatcher() = default;

void AlertMatcher::Match(const Slice& slice, std::int64_t clock_before_us,
                         std::span<const Detection* const> told,
                         const AlertReaders& readers,
                         const std::function<Alert(const Detection&)>& render,
                         AlertRows* rows) {
  rows->Clear();
  lines_.clear();
  text_.clear();
  for (const Detection* detection : told) {
    const std::size_t begin = text_.size();
    AppendReadersJson(render(*detection), &text_);
    const std::string line = text_.substr(begin);
    bool first = true;
    for (const std::uint16_t schema : readers.Of(detection->rule)) {
      if (!first) text_ += line;
      lines_.push_back({detection, schema});
      first = false;
    }
  }
  EventBatch& batch = rows->batch;
  batch.Reserve(text_.size());
  std::memcpy(batch.bytes.data(), text_.data(), text_.size());
  batch.input_size = text_.size();
  extractor_->Extract(projection_, &symbols_, &batch);
  for (Row& row : batch.rows) {
    row.schema = lines_[row.line].schema;
    row.time_us = lines_[row.line].detection->time_us;
  }
  matcher_.MatchAlerts(&batch, &rows->matched);
  for (MatchedEvent& event : rows->matched.events) {
    const Detection& detection = *lines_[batch.rows[event.row].line].detection;
    event.late = false;
    event.identity = detection.id;
    event.position = detection.position;
    event.clock_us = ClockOf(detection, slice, clock_before_us);
    rows->of_deadline.push_back(detection.deadline ? 1 : 0);
  }
}

}  // namespace tocsin
