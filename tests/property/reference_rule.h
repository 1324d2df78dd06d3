// One rule over placed events: keys, what arrives, what is due. Everything a
// key ever sent is kept, and every decision is taken from the whole of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/property/reference_condition.h"
#include "tests/property/reference_window.h"

namespace tocsin::reference {

// A hold, an escalation, or what stands between an edge's two alerts.
struct Incident {
  bool on = false;
  std::int64_t fired = 0;
  std::int64_t last = 0;  // The latest detection.
  std::uint64_t folded = 0, total = 0;
  std::size_t levels = 0;  // Reached, of an escalation.
  std::int64_t last_held = 0;
};

struct KeyState {
  std::vector<Value> key;
  std::vector<EntryPtr> entries;  // By arrival.
  std::map<std::string, std::int64_t> identities;
  std::set<std::string> done;            // What was decided.
  std::set<std::int64_t> fired_windows;  // By start.
  std::int64_t decided = INT64_MIN;      // The latest event decided.
  std::int64_t window_end = INT64_MIN;   // The latest window decided.
  bool silent_member = false;            // Of `among`, from the start.
  bool in_order = true;
  bool late = false;
};

// Something that is decided when the clock has passed `time`.
struct Due {
  enum class Kind : std::uint8_t {
    kEvent,     // A condition that waits: for one event.
    kDeadline,  // Of `a then not b`.
    kSilence,
    kResume,  // The event behind a silence: it resolves.
    kWindow,  // A window's end.
    kStop,    // Of an edge.
    kHoldEnd,
  };
  std::int64_t time = 0;
  std::uint64_t ordinal = 0;  // Of the event that set it.
  std::string key;
  Kind kind = Kind::kEvent;
  std::string tag;  // Names it among what was decided.
  EntryPtr entry;   // The event it is about.
  WindowSpan window;
};

// An arriving event or a deadline at which the condition stands.
struct Detected {
  std::int64_t time = 0;
  const Entry* completing = nullptr;  // Null: a member never seen.
  Evidence evidence;
  bool newest = true;
};

class RuleRun {
 public:
  using Tell = std::function<void(Told)>;
  RuleRun(const dsl::CheckedRules& rules, const dsl::CheckedRule& rule,
          const Options& options, Tell tell);

  // The first event that reached the rule set.
  void Start(std::int64_t ts);
  void Arrive(const EventPtr& event);
  // The first of what is due before `clock`, and its decision.
  std::optional<Due> Next(std::int64_t clock) const;
  void Decide(const Due& due);
  // Everything due before `clock` has been decided.
  void Passed(std::int64_t clock) { floor_ = std::max(floor_, clock); }

  const dsl::CheckedRule& rule() const { return rule_; }
  const RuleCounts& counts() const { return counts_; }

 private:
  using Conditions = dsl::CheckedCondition::Kind;

  // What arrives (reference_rule.cc).
  bool Passes(const std::vector<dsl::CheckedFilter>& filters,
              Scope& scope) const;
  bool Among(const dsl::CheckedKey& part, const Value& value) const;
  std::vector<Value> KeyPart(const dsl::CheckedKey& part, Scope& scope);
  std::vector<std::vector<Value>> Keys(const std::vector<dsl::CheckedKey>& by,
                                       Scope& scope);
  void Enter(const EventPtr& event, const std::vector<Value>& key,
             const std::vector<bool>& of);
  bool Duplicate(const Event& event, KeyState* state) const;
  EntryPtr MakeEntry(const EventPtr& event, const std::vector<bool>& of,
                     const KeyState& state);
  void AddContributions(const dsl::CheckedCondition& condition, Scope& scope,
                        const KeyState& state, Entry* entry) const;
  Contribution Adds(const dsl::CheckedAggregate& aggregate, Scope& scope,
                    const Entry& entry) const;
  void OnArrival(KeyState* state, const EntryPtr& entry, bool newest);
  std::optional<Evidence> InWindows(KeyState* state, const Entry& e);

  // What is due (reference_due.cc).
  bool InSessions() const;
  bool Waits() const;
  std::vector<Due> DuesOf(const std::string& key, const KeyState& state) const;
  void EventDues(const KeyState& state, std::vector<Due>* out) const;
  void AbsenceDues(const KeyState& state, std::vector<Due>* out) const;
  void SilenceDues(const KeyState& state, std::vector<Due>* out) const;
  void WindowDues(const KeyState& state, std::vector<Due>* out) const;
  void StopDue(const KeyState& state, const Incident& open,
               std::vector<Due>* out) const;
  void DecideEvent(KeyState* state, const Due& due);
  void DecideWindow(KeyState* state, const Due& due);

  // After firing (reference_tell.cc).
  Incident& IncidentOf(const KeyState& state);
  const Incident* FindIncident(const KeyState& state) const;
  void Detect(KeyState* state, const Detected& detected);
  void Resolve(KeyState* state, std::int64_t time);
  void Close(KeyState* state, Incident* incident);
  void TellAlert(const KeyState& state, const Detected& detected,
                 const Incident& incident, std::size_t level);
  std::vector<NamedValue> KeyValues(const KeyState& state) const;
  std::vector<Value> Collected(const KeyState& state, const Detected& detected,
                               std::size_t which, bool* more) const;
  std::string Severity(Scope& scope, std::size_t level) const;
  void AddSamples(const Evidence& evidence, Alert* alert) const;

  static Entries InOrder(const KeyState& state);

  const dsl::CheckedRules& rules_;
  const dsl::CheckedRule& rule_;
  const dsl::CheckedCondition& condition_;
  Context context_;
  Options options_;
  Tell tell_;
  std::map<std::string, KeyState> keys_;
  std::map<std::string, Incident> incidents_;  // By the held parts of the key.
  std::uint64_t ordinals_ = 0;
  std::int64_t floor_ = INT64_MIN;
  std::optional<std::int64_t> started_;
  RuleCounts counts_;
};

// Sized encodings: the bytes that name a key.
std::string KeyBytes(const std::vector<Value>& key);
// The elements of a list, or the value itself; without what is missing.
std::vector<Value> Elements(const Value& value);

}  // namespace tocsin::reference
