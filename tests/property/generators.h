// Seeded random schemas, rules and event streams, as text, so that parser and
// checker are in the loop. Everything follows from the seed.
//
// Values come from small vocabularies, so that tests hold about as often as
// not. Streams hold what real ones do: missing fields, nulls, wrong types,
// duplicates, equal times, spans of exactly a window and one microsecond more,
// disorder, bad clocks, lines that are no events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/testing/random.h"

namespace tocsin::testing {

enum class Order : std::uint8_t {
  kInTime,          // Never an earlier time behind a later one.
  kWithinLateness,  // Any order that no clock calls late.
  kWild,            // Late events and clocks far ahead, too.
};

struct GeneratedCase {
  std::string rules;               // One file.
  std::vector<std::string> lines;  // Without line feeds.
  bool identity_position = false;
};

// `lateness_us` is what the stream's disorder keeps to, unless kWild.
GeneratedCase GenerateCase(std::uint64_t seed, Order order,
                           std::int64_t lateness_us);

// A schema declaration, and rules over it (generate_rules.cc).
std::string GenerateSchema(Random* random, bool identity_position);
std::string GenerateRules(Random* random);
// Lines of one stream of that schema (generate_events.cc). `spans_us`: lengths
// of windows and holds to put events exactly at.
std::vector<std::string> GenerateLines(
    Random* random, Order order, std::int64_t lateness_us,
    const std::vector<std::int64_t>& spans_us);

// ---- one construct at a time, over the schema of exact cases
// -------------------------------------------------------------------

enum class Construct : std::uint8_t {
  kAfterFiring,  // reset, edge, escalate of counts
  kSequence,
  kWhere,
  kWithout,
  kThenNot,
  kNotThen,
  kParts,
  kNew,
  kSilent,
  kSum,
  kTest,    // Arithmetic, ratios, averages, percentiles.
  kWindow,  // Tumbling, hopping, session.
  kJoined,  // Conditions by `and` and `or`.
  kChain,   // A rule that reads a signal.
};

struct TimedEvent {
  std::int64_t us = 0;  // Behind the first day of 2026.
  std::string members;
  bool twice = false;  // Delivered a second time.
};

struct LanguageCase {
  std::string rules;
  std::vector<TimedEvent> events;  // In the order of arrival; few are late.
};

LanguageCase GenerateLanguageCase(std::uint64_t seed, Construct construct,
                                  std::int64_t lateness_us);

}  // namespace tocsin::testing
