// Several replacements in a set of texts at once, and where things are then.
#pragma once

#include <string>
#include <vector>

#include "dsl/diag/diagnostic.h"
#include "dsl/source/source_file.h"

namespace tocsin::dsl {

// Replacements that do not touch each other: by file, then place.
class Edits {
 public:
  // False, and nothing is added, when it touches one that is there.
  bool Add(const Fix& fix);
  bool empty() const { return fixes_.empty(); }

  SourceSet Apply(const SourceSet& sources) const;
  // Where `span` is behind them; what stands for it, when it was replaced.
  Span Map(Span span) const;

 private:
  std::vector<Fix> fixes_;
};

}  // namespace tocsin::dsl
