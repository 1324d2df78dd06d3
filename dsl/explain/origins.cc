#include "dsl/explain/origins.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_format.h"
#include "dsl/check/tunes.h"

namespace tocsin::dsl {
namespace {

bool Tunes(const cst::TuneItem& tune, const CheckedRule& rule) {
  return std::any_of(
      tune.globs.begin(), tune.globs.end(),
      [&](const cst::Name& glob) { return MatchesGlob(glob.text, rule.name); });
}

// Clauses of one word that add up.
bool AddUp(std::string_view word) { return word == "tags" || word == "show"; }

std::string Values(std::size_t count) {
  return absl::StrFormat("%d value%s", count, count == 1 ? "" : "s");
}

}  // namespace

std::string Origins::PlaceOf(Span span) const {
  if (span.file >= sources_.size()) return {};
  const SourceFile& file = sources_.file(span.file);
  return absl::StrFormat("%s:%d", file.path(), file.PlaceOf(span.begin).line);
}

std::string Origins::PlaceOf(const cst::File& file,
                             const cst::Node& node) const {
  return PlaceOf(Span{file.id, node.begin, node.end});
}

std::string Origins::PlaceOf(const CheckedExpr& expr) const {
  if (expr.span.file < sources_.size() && expr.span.end > expr.span.begin) {
    return PlaceOf(expr.span);
  }
  for (const CheckedExpr& child : expr.children) {
    std::string place = PlaceOf(child);
    if (!place.empty()) return place;
  }
  return {};
}

// On one line: blanks and line ends outside of texts are laid out anew.
std::string Origins::TextOf(const cst::File& file,
                            const cst::Clause& clause) const {
  const std::string_view source =
      sources_.Text(Span{file.id, clause.word.end, clause.end});
  std::string text;
  for (std::size_t at = 0; at < source.size(); ++at) {
    const bool line_end = source[at] == '\n' || source[at] == '\r';
    if (line_end) {
      at = std::min(source.find_first_not_of(" \t\r\n", at), source.size()) - 1;
    }
    if (!text.empty() || (!line_end && source[at] != ' ')) {
      text += line_end ? ' ' : source[at];
    }
  }
  return text;
}

void Origins::Add(const cst::File& file,
                  const std::vector<cst::Clause>& clauses,
                  std::string_view word, std::string_view whose,
                  std::vector<OriginClause>* found) const {
  for (const cst::Clause& clause : clauses) {
    if (clause.word.text != word) continue;
    OriginClause one;
    one.text = TextOf(file, clause);
    if (!whose.empty()) {
      one.from = absl::StrFormat("%s %s", whose, PlaceOf(file, clause));
    }
    found->push_back(std::move(one));
  }
}

std::vector<OriginClause> Origins::ClausesOf(const CheckedRule& rule,
                                             std::string_view word) const {
  std::vector<OriginClause> own, defaults, tuned;
  for (const cst::File& file : files_) {
    const bool here = file.id == rule.span.file;
    for (const cst::Item& item : file.items) {
      if (const auto* tune = std::get_if<cst::TuneItem>(&item.value)) {
        if (Tunes(*tune, rule)) Add(file, tune->clauses, word, "tune", &tuned);
      } else if (const auto* all =
                     std::get_if<cst::DefaultsItem>(&item.value)) {
        if (here) Add(file, all->clauses, word, "defaults", &defaults);
      } else if (const auto* one = std::get_if<cst::RuleItem>(&item.value)) {
        const bool it = here && item.begin <= rule.name_span.begin &&
                        rule.name_span.begin < item.end;
        if (it) Add(file, one->clauses, word, "", &own);
      }
    }
  }
  if (!AddUp(word)) {
    return !tuned.empty() ? tuned : !own.empty() ? own : defaults;
  }
  defaults.insert(defaults.end(), own.begin(), own.end());
  defaults.insert(defaults.end(), tuned.begin(), tuned.end());
  return defaults;
}

std::string Origins::From(const CheckedRule& rule,
                          std::string_view word) const {
  const std::vector<OriginClause> clauses = ClausesOf(rule, word);
  return clauses.empty() ? "" : clauses.front().from;
}

std::string Origins::ListText(const CheckedList& list) const {
  std::string text = list.name + ": ";
  std::string added;
  for (const cst::File& file : files_) {
    for (const cst::Item& item : file.items) {
      const auto* one = std::get_if<cst::ListItem>(&item.value);
      if (one == nullptr || !one->append || one->name.text != list.name) {
        continue;
      }
      const std::size_t values =
          one->items.has_value() ? one->items->children.size() : 0;
      added +=
          absl::StrFormat(", += %s (%s)", Values(values), PlaceOf(file, item));
    }
  }
  // What stands in two places is one value of the list.
  if (added.empty()) {
    text += Values(list.values.size());
  } else {
    text += absl::StrFormat("%s in all", Values(list.values.size()));
  }
  text += absl::StrFormat(" (%s%s)", PlaceOf(list.span),
                          list.file.empty() ? "" : ", from " + list.file);
  return text + added;
}

}  // namespace tocsin::dsl
