// Which let an expression was written as: lets are expanded when rules are
// checked, and only places in the text still tell of them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/cst/cst.h"
#include "dsl/source/source_file.h"

namespace tocsin::dsl {

class LetNames {
 public:
  // `sources` outlives it.
  LetNames(const SourceSet& sources, std::span<const cst::File> files);

  // What the author wrote at the place of a let's use: is_system,
  // creates("pods"); empty when no let stands there.
  std::string UseAt(Span span) const;
  // The let whose body holds the place; null without one.
  const std::string* Inside(Span span) const;

 private:
  struct Let {
    std::string name;
    Span body;
  };
  const SourceSet& sources_;
  std::vector<Let> lets_;
};

}  // namespace tocsin::dsl
