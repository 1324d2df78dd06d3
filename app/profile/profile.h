// What each rule of a set costs on real events, measured: how often it was
// tried, which of its tests were evaluated and passed and what one takes, what
// its windows take and keep; and what would be faster, measured too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/rule_loader.h"
#include "engine/pipeline/pipeline.h"

namespace tocsin {

struct ProfileOptions {
  std::vector<std::string> files;
  std::uint64_t sample_bytes = 16u << 20;  // That are timed.
  std::size_t alone = 10;  // Rules whose windows are timed, most hits first.
  PipelineOptions pipeline;
};

struct TestProfile {
  std::string text;
  std::uint64_t evaluated = 0, passed = 0;  // In the sample.
  double ns = 0;                            // Of one evaluation.
};

struct ExceptionProfile {
  std::string text;
  std::string place;          // rule, defaults, tune
  std::uint64_t excused = 0;  // Over all of the input.
};

struct Advice {
  std::string text;
  double ratio = 1;  // How many times faster the rule is with it; measured.
};

struct RuleProfile {
  std::string name;
  RuleTotals totals;        // Over all of the input.
  std::uint64_t tried = 0;  // Events of the sample that the index left to it.
  double ns_event = 0;      // Of its tests, per event of the sample.
  std::vector<TestProfile> tests;  // The dearest first.
  std::vector<ExceptionProfile> exceptions;
  bool alone = false;   // The rest is known:
  double ns_match = 0;  // Of key, window and alert, per match in the sample.
  std::uint64_t state_bytes = 0;  // Kept at the end of the sample, written out.
  std::vector<Advice> advice;
};

struct Profile {
  std::string input;
  InputCounts counts;
  double seconds = 0;  // Of the whole run, one thread.
  std::uint64_t sample_events = 0;
  double extract_ns = 0;           // Of one event: decoding.
  double match_ns = 0;             // All rules.
  std::vector<RuleProfile> rules;  // The dearest first.
};

// Runs `files` through the rules once for the counts, and times a part of them.
absl::StatusOr<Profile> MeasureProfile(const LoadedRules& loaded,
                                       const ProfileOptions& options);

std::string PrintProfile(const Profile& profile, std::size_t top);
std::string PrintProfileJson(const Profile& profile, std::size_t top);

}  // namespace tocsin
