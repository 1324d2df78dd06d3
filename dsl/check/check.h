// The door of the checker: trees in, meaning out, everything wrong reported.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "dsl/check/checked.h"
#include "dsl/cst/cst.h"
#include "dsl/diag/diagnostic.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {

struct CheckOptions {
  // Reads a list file named in a rule file; `from` is the rule file's path.
  // The checker itself touches no file system.
  std::function<bool(const std::string& from, const std::string& name,
                     std::string* bytes, std::string* error)>
      read_file;
  std::int64_t now_us = 0;  // For `until` warnings; 0: none are given.
  bool lint = true;
  bool strict = false;  // Also what is only missing: titles, runbooks, tests.
  bool tests = true;    // `test` blocks, too: who only runs rules needs none.
  // Of the sources, where it is known: who only checks does not know it.
  std::optional<std::int64_t> lateness_us;
  // Lower in tests only: files past the real ones would be megabytes.
  struct Limits {
    std::size_t rules = limits::kRules;
    std::size_t list_items = limits::kListItems;
  } limits;
};

// Checks whole files together: names are global to a rule set. Works over what
// is whole in incomplete files. `ok` only without any error in `sink`.
CheckedRules Check(std::span<const cst::File> files, const SourceSet& sources,
                   const CheckOptions& options, DiagnosticSink* sink);

}  // namespace tocsin::dsl
