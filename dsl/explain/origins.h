// What a rule says by itself and what others say of it: clauses that a file's
// `defaults` or a tune brings, elements that another file adds to a list. The
// checked rule has the sum; only the texts tell whose each part is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/cst/cst.h"
#include "dsl/source/source_file.h"

namespace tocsin::dsl {

struct OriginClause {
  std::string text;  // What stands behind the word, as it was written.
  std::string from;  // "tune site.rules:3", "defaults k8s.rules:2"; empty: own.
};

class Origins {
 public:
  // Both outlive it.
  Origins(const SourceSet& sources, std::span<const cst::File> files)
      : sources_(sources), files_(files) {}

  // The clauses of `word` that hold for the rule: of `tags` and `show` all, of
  // others the tune's, else the rule's own, else that of `defaults`.
  std::vector<OriginClause> ClausesOf(const CheckedRule& rule,
                                      std::string_view word) const;
  // Where the one that holds comes from; empty: from the rule itself.
  std::string From(const CheckedRule& rule, std::string_view word) const;

  // A list: "2 values (k8s.rules:12) += 1 value (site.rules:1)".
  std::string ListText(const CheckedList& list) const;
  // "site.rules:3"; empty for what is built in.
  std::string PlaceOf(Span span) const;
  // Of the first part of an expression that stands in a file.
  std::string PlaceOf(const CheckedExpr& expr) const;

 private:
  std::string PlaceOf(const cst::File& file, const cst::Node& node) const;
  std::string TextOf(const cst::File& file, const cst::Clause& clause) const;
  void Add(const cst::File& file, const std::vector<cst::Clause>& clauses,
           std::string_view word, std::string_view whose,
           std::vector<OriginClause>* found) const;

  const SourceSet& sources_;
  std::span<const cst::File> files_;
};

}  // namespace tocsin::dsl
