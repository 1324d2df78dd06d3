// The rules that a service runs: loaded, loaded again while it runs, and what
// was counted about that.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "app/data_files.h"
#include "app/rule_loader.h"
#include "app/service_metrics.h"
#include "engine/base/hash.h"
#include "engine/pipeline/pipeline.h"
#include "engine/state/state_store.h"

namespace tocsin {

// Guarded.
class RulesInUse {
 public:
  RulesInUse(std::vector<std::string> paths, std::int64_t lateness_us)
      : paths_(std::move(paths)), lateness_us_(lateness_us) {}

  // The first load: nothing runs without rules. Null, and told on stderr, when
  // there is none to run.
  std::shared_ptr<const RuleSet> Load();

  // From now on the names of the rules in use stand in `store`, for whoever
  // looks at the state.
  void KeepNamesIn(StateStore* store);

  // Loads again and publishes; keeps the old rules when there is any error.
  absl::Status Reload(Pipeline* pipeline);

  // The rules as they are in use, with the new contents of lists and tables.
  void ReloadData(Pipeline* pipeline, const std::vector<std::string>& changed);

  // Logs the exceptions whose day has passed.
  void LogExpired();

  std::vector<DataFile> DataFiles() const;
  void Count(ServiceCounts* counts) const;

 private:
  struct Expired {
    std::string rule, file, until;
    std::size_t line = 0;
  };

  // With reload_mutex_, or before there is another thread.
  void Use(const LoadedRules& loaded);
  // What becomes of the state of rules, against those in use.
  void LogChanges(const LoadedRules& loaded) const;
  void KeepNames();
  absl::Status Refuse(const std::string& what, const std::string& why);

  const std::vector<std::string> paths_;
  const std::int64_t lateness_us_;
  std::mutex reload_mutex_;
  StateStore* store_ = nullptr;
  dsl::SourceSet sources_;                   // The texts of the rules in use.
  std::map<std::string, Hash128> meanings_;  // Of the rules in use, by name.
  std::vector<Expired> expired_;
  mutable std::mutex mutex_;
  std::vector<DataFile> data_files_;
  std::uint64_t reloads_ = 0, failures_ = 0, rules_ = 0;
  std::int64_t loaded_us_ = 0;
};

}  // namespace tocsin
