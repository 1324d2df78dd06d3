#include "app/rules_in_use.h"

#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/quantity.h"
#include "app/state_rules.h"
#include "app/terminal.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

constexpr char kKept[] = "rules not reloaded; the old ones stay in use";
constexpr std::size_t kNamesLogged = 20;

void LogDiagnostics(const LoadedRules& loaded) {
  for (const dsl::Diagnostic& one : loaded.diagnostics.diagnostics()) {
    const dsl::KindRecord& kind = dsl::Describe(one.kind);
    if (kind.severity != dsl::Severity::kError) continue;
    const dsl::SourceFile& file = loaded.sources.file(one.span.file);
    const dsl::Place place = file.PlaceOf(one.span.begin);
    Log(LogLevel::kError, one.message,
        {{"code", std::string(kind.code)},
         {"file", file.path()},
         {"line", absl::StrFormat("%d", place.line)},
         {"column", absl::StrFormat("%d", place.column)},
         {"help", one.help}});
  }
}

// A log line about names, of which there may be many.
void LogNames(const std::string& message, std::vector<std::string> names) {
  if (names.empty()) return;
  const std::size_t more =
      names.size() > kNamesLogged ? names.size() - kNamesLogged : 0;
  names.resize(names.size() - more);
  std::string text = absl::StrJoin(names, ", ");
  if (more > 0) text += absl::StrFormat(" and %d more", more);
  Log(LogLevel::kInfo, message, {{"rules", text}});
}

}  // namespace

std::shared_ptr<const RuleSet> RulesInUse::Load() {
  const std::unique_ptr<LoadedRules> loaded = LoadRulesOrTell(
      paths_, UseColour(ColourMode::kAuto, 2), false, lateness_us_);
  if (loaded == nullptr) return nullptr;
  if (loaded->rules->rules.empty()) {
    PrintError(kNoRuleEnabled);
    return nullptr;
  }
  Use(*loaded);
  return loaded->rules;
}

absl::Status RulesInUse::Reload(Pipeline* pipeline) {
  const std::lock_guard one_at_a_time(reload_mutex_);
  LoadOptions options;
  options.lint = false;
  options.tests = false;
  const auto loaded = LoadRules(paths_, options);
  if (!loaded.ok()) {
    return Refuse(kKept, std::string(Message(loaded.status())));
  }
  if ((*loaded)->rules == nullptr) {
    LogDiagnostics(**loaded);
    return Refuse(kKept, Plural((*loaded)->diagnostics.errors(), "error") +
                             " in the rules");
  }
  if ((*loaded)->rules->rules.empty()) return Refuse(kKept, kNoRuleEnabled);
  pipeline->Publish((*loaded)->rules);
  LogChanges(**loaded);
  Use(**loaded);
  Log(LogLevel::kInfo, "rules reloaded", {{"rules", DescribeRules(**loaded)}});
  LogExpired();
  const std::lock_guard lock(mutex_);
  ++reloads_;
  return absl::OkStatus();
}

void RulesInUse::ReloadData(Pipeline* pipeline,
                            const std::vector<std::string>& changed) {
  const std::lock_guard one_at_a_time(reload_mutex_);
  const std::unique_ptr<LoadedRules> loaded = LoadDataAgain(sources_);
  if (loaded->rules == nullptr) {
    LogDiagnostics(*loaded);
    Refuse("lists and tables not read again; the old contents stay in use",
           Plural(loaded->diagnostics.errors(), "error") + " in " +
               absl::StrJoin(changed, ", "))
        .IgnoreError();  // It was logged and counted.
    return;
  }
  pipeline->Publish(loaded->rules);
  Use(*loaded);
  Log(LogLevel::kInfo, "lists and tables read again",
      {{"changed", absl::StrJoin(changed, ", ")}});
  const std::lock_guard lock(mutex_);
  ++reloads_;
}

// State belongs to the uid, the hash of a rule's name and meaning.
void RulesInUse::LogChanges(const LoadedRules& loaded) const {
  std::vector<std::string> changed, added;
  std::map<std::string, Hash128> gone = meanings_;
  for (const RuleProgram& rule : loaded.rules->rules) {
    const auto before = meanings_.find(rule.name);
    gone.erase(rule.name);
    if (before == meanings_.end()) {
      added.push_back(rule.name);
    } else if (before->second != rule.uid) {
      changed.push_back(rule.name);
    }
  }
  std::vector<std::string> dropped;
  for (const auto& [name, uid] : gone) dropped.push_back(name);
  LogNames("rules whose meaning changed begin without state", changed);
  LogNames("rules that are new", added);
  LogNames("rules that are gone, and their state", dropped);
}

void RulesInUse::KeepNamesIn(StateStore* store) {
  store_ = store;
  KeepNames();
}

// Nothing depends on them, and a store that fails is told of by those who need
// it.
void RulesInUse::KeepNames() {
  if (store_ != nullptr) WriteRuleNames(meanings_, store_).IgnoreError();
}

void RulesInUse::LogExpired() {
  for (const Expired& one : expired_) {
    Log(LogLevel::kWarning, "an exception no longer holds",
        {{"rule", one.rule},
         {"since", one.until},
         {"file", one.file},
         {"line", absl::StrFormat("%d", one.line)}});
  }
}

void RulesInUse::Use(const LoadedRules& loaded) {
  const std::int64_t now_us = RealClock()->WallMicros();
  sources_ = loaded.sources;
  meanings_.clear();
  for (const RuleProgram& rule : loaded.rules->rules) {
    meanings_[rule.name] = rule.uid;
  }
  KeepNames();
  expired_.clear();
  // A tune's exception is one, of however many rules.
  std::set<std::pair<dsl::FileId, std::uint32_t>> told;
  const auto look = [&](const dsl::CheckedRule& rule,
                        const dsl::CheckedFilter& filter) {
    const dsl::Span span = filter.expr.span;
    if (!filter.until_us.has_value() || *filter.until_us > now_us) return;
    if (span.file >= sources_.size()) return;
    if (!told.insert({span.file, span.begin}).second) return;
    const dsl::SourceFile& file = sources_.file(span.file);
    expired_.push_back({rule.name, file.path(), FormatTime(*filter.until_us),
                        file.PlaceOf(span.begin).line});
  };
  for (const dsl::CheckedRule& rule : loaded.checked.rules) {
    if (!rule.enabled) continue;
    for (const dsl::CheckedFilter& filter : rule.filters) look(rule, filter);
    for (const dsl::CheckedEvent& event : rule.events) {
      for (const dsl::CheckedFilter& filter : event.filters) {
        look(rule, filter);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  loaded_us_ = now_us;
  rules_ = loaded.rules->rules.size();
  data_files_ = loaded.data_files;
}

absl::Status RulesInUse::Refuse(const std::string& what,
                                const std::string& why) {
  Log(LogLevel::kError, what, {{"reason", why}});
  const std::lock_guard lock(mutex_);
  ++failures_;
  return absl::InvalidArgumentError(why);
}

std::vector<DataFile> RulesInUse::DataFiles() const {
  const std::lock_guard lock(mutex_);
  return data_files_;
}

void RulesInUse::Count(ServiceCounts* counts) const {
  const std::lock_guard lock(mutex_);
  counts->reloads = reloads_;
  counts->reload_failures = failures_;
  counts->loaded_us = loaded_us_;
  counts->rules = rules_;
}

}  // namespace tocsin
