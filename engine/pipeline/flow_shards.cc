// The shards' step: ApplyPart(). A cut rises from stratum to stratum: what one
// has told is read by the rules over it.
#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/alert/render.h"
#include "engine/pipeline/context.h"
#include "engine/pipeline/flow.h"

namespace tocsin {
namespace {

// A row, and what orders it: the alert of a deadline stands before the event
// at its position, any other right behind it.
struct PlacedRow {
  RowRef ref;
  std::uint64_t position = 0;
  enum class Kind : std::uint8_t { kDeadline, kEvent, kAlert };
  Kind kind = Kind::kEvent;
  std::int64_t clock_us = 0;
};

bool StandsBefore(const PlacedRow& a, const PlacedRow& b) {
  const auto place = [](const PlacedRow& row) {
    const bool deadline = row.kind == PlacedRow::Kind::kDeadline;
    return std::make_tuple(row.position, row.kind, deadline ? row.clock_us : 0);
  };
  return place(a) < place(b);
}

}  // namespace

void Flow::ApplyPart(std::size_t part) {
  Cut* cut = nullptr;
  {
    MutexLock lock(&mutex_);
    cut = CutForShards();
  }
  ShardWork& work = cut->work[cut->stratum];
  shards_.Apply(cut->slice, cut->stratum, part, &work);
  {
    MutexLock lock(&mutex_);
    if (++cut->parts_done < work.parts.size()) return;
    if (cut->stratum + 1 == rules_->strata) {
      CountBudget(cut);
      cut->state = Cut::State::kApplied;
      return;
    }
    cut->state = Cut::State::kRising;
  }
  Rise(cut);
  MutexLock lock(&mutex_);
  ++cut->stratum;
  Split(cut);
}

// All strata of the cut have been applied.
void Flow::CountBudget(Cut* cut) {
  for (std::uint32_t stratum = 0; stratum < rules_->strata; ++stratum) {
    const ShardWork& work = cut->work[stratum];
    for (std::size_t i = 0; i < work.parts.size(); ++i) {
      const ShardOutput& output = work.outputs[i];
      for (const std::uint32_t rule : output.touched) {
        budget_.Add(rule, output.deltas[rule]);
      }
    }
  }
  budget_.End(cut->slice);
}

// Everything of the cut's stratum has been applied.
void Flow::Rise(Cut* cut) {
  TellReaders(cut->stratum, cut);
  TakeRows(cut->stratum + 1, cut);
}

// What the stratum told and somebody reads, as rows for its readers.
void Flow::TellReaders(std::uint32_t stratum, Cut* cut) {
  std::vector<const Detection*> told;
  const ShardWork& work = cut->work[stratum];
  for (std::size_t i = 0; i < work.parts.size(); ++i) {
    for (const Detection& detection : work.outputs[i].detections) {
      if (detection.kind == AlertKind::kAlert &&
          !readers_.Of(detection.rule).empty()) {
        told.push_back(&detection);
      }
    }
  }
  AlertRows& rows = cut->alerts[stratum];
  rows.Clear();
  if (told.empty()) return;
  std::sort(told.begin(), told.end(),
            [](const Detection* a, const Detection* b) {
              return LeavesBefore(*a, *b);
            });
  MutexLock lock(&alerts_mutex_);
  AlertMatcher* const matcher = MadeAlertMatcher();
  Context* const context =
      cut->events == 0 ? nullptr : contexts_[cut->chunk->context].get();
  if (context != nullptr) context->mutex.Lock();
  matcher->Match(
      cut->slice, cut->clock_before_us, told, readers_,
      [&](const Detection& detection) {
        return context == nullptr
                   ? RenderForReaders(detection, *rules_, nullptr,
                                      matcher->matcher())
                   : RenderForReaders(detection, *rules_, &cut->chunk->batch,
                                      context->matcher.get());
      },
      &rows);
  if (context != nullptr) context->mutex.Unlock();
}

// The stratum's rows of the chunk's events and of the alerts below it.
void Flow::TakeRows(std::uint32_t stratum, Cut* cut) {
  ShardWork& work = cut->work[stratum];
  work.rows.clear();
  const bool all = rules_->strata == 1;
  const auto is_of = [&](const MatchedRow& row) {
    return all || rules_->rules[row.rule].stratum == stratum;
  };
  const MatchResult& matched = *cut->matched;
  for (std::size_t i = cut->first_matched; i < cut->matched_end; ++i) {
    if (!is_of(matched.rows[i])) continue;
    work.rows.push_back({&matched, static_cast<std::uint32_t>(i)});
  }
  if (stratum > 0) PlaceAlerts(stratum, cut);
  ShardSet::Sort(*rules_, &work);
}

void Flow::PlaceAlerts(std::uint32_t stratum, Cut* cut) {
  std::vector<RowRef>& rows = cut->work[stratum].rows;
  std::vector<PlacedRow> placed;
  const auto add = [&](const RowRef& ref, PlacedRow::Kind kind) {
    const MatchedEvent& event =
        ref.matched->events[ref.matched->rows[ref.row].event];
    placed.push_back({ref, event.position, kind, event.clock_us});
  };
  for (const RowRef& ref : rows) add(ref, PlacedRow::Kind::kEvent);
  for (std::uint32_t below = 0; below < stratum; ++below) {
    const AlertRows& alerts = cut->alerts[below];
    for (std::uint32_t i = 0; i < alerts.matched.rows.size(); ++i) {
      const MatchedRow& row = alerts.matched.rows[i];
      if (rules_->rules[row.rule].stratum != stratum) continue;
      add({&alerts.matched, i}, alerts.of_deadline[row.event] != 0
                                    ? PlacedRow::Kind::kDeadline
                                    : PlacedRow::Kind::kAlert);
    }
  }
  std::stable_sort(placed.begin(), placed.end(), StandsBefore);
  rows.clear();
  for (const PlacedRow& row : placed) rows.push_back(row.ref);
}

AlertMatcher* Flow::MadeAlertMatcher() {
  if (alert_matcher_ == nullptr) {
    alert_matcher_ =
        std::make_unique<AlertMatcher>(rules_.get(), options_.key_seed);
  }
  return alert_matcher_.get();
}

}  // namespace tocsin
