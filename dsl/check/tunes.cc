#include "dsl/check/tunes.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_format.h"

namespace tocsin::dsl {
namespace {

// Whether two of the clause add up instead of standing against each other.
bool AddsUp(const cst::Clause& clause) {
  if (std::holds_alternative<cst::UnlessClause>(clause.value) ||
      std::holds_alternative<cst::BadClause>(clause.value)) {
    return true;
  }
  const auto* tags = std::get_if<cst::TagsClause>(&clause.value);
  return tags != nullptr && tags->append;
}

void ReportTwice(const TuneSymbol& tune, Context* context) {
  const auto& clauses = tune.item->clauses;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    if (AddsUp(clauses[i])) continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (AddsUp(clauses[j]) || clauses[j].word.text != clauses[i].word.text) {
        continue;
      }
      Diagnostic& d = context->report.Emit(
          Kind::kDuplicateClause, At(*tune.file, clauses[i].word),
          absl::StrFormat("`%s` may stand once in a `tune`",
                          clauses[i].word.text));
      d.notes.push_back(
          {At(*tune.file, clauses[j].word), "first written here"});
    }
  }
}

// Two tunes that set the same thing of one rule.
void ReportConflicts(const RuleSymbol& rule, Context* context) {
  struct Place {
    const TuneSymbol* tune;
    const cst::Clause* clause;
  };
  std::map<std::string_view, Place> set;
  for (const TuneSymbol* tune : rule.tunes) {
    for (const cst::Clause& clause : tune->item->clauses) {
      if (AddsUp(clause)) continue;
      const auto [place, fresh] =
          set.emplace(clause.word.text, Place{tune, &clause});
      if (fresh || place->second.tune == tune) continue;
      Diagnostic& d = context->report.Emit(
          Kind::kTuneConflict, At(*tune->file, clause),
          absl::StrFormat("two tunes set `%s` of rule `%s`", clause.word.text,
                          rule.name));
      d.notes.push_back({At(*place->second.tune->file, *place->second.clause),
                         "the other one"});
      d.notes.push_back({rule.name_span, "the rule"});
      d.help = "keep one of them, or name fewer rules in one";
    }
  }
}

void ReportNoRule(const TuneSymbol& tune, const cst::Name& glob,
                  Context* context) {
  const Span span = At(*tune.file, glob);
  Diagnostic& d = context->report.Emit(
      Kind::kTuneOfNothing, span,
      absl::StrFormat("no rule or signal is named `%s`", glob.text));
  std::vector<std::string_view> names;
  for (const auto& [name, rule] : context->symbols.rules) {
    names.push_back(name);
    // The group was left out.
    if (name.size() > glob.text.size() &&
        std::string_view(name).substr(name.size() - glob.text.size() - 1) ==
            "." + glob.text) {
      d.help = absl::StrFormat("with its group: %s", name);
      d.fix = Fix{span, name};
      return;
    }
  }
  std::string_view nearest;
  d.help = DidYouMean(glob.text, names, &nearest);
  if (!nearest.empty()) {
    d.fix = Fix{span, std::string(nearest)};
  } else {
    d.help = "a rule's whole name, with its group: falco.secret_read, falco.*";
  }
}

// A rule that could not be read may be the one that is meant.
bool MayBeUnread(std::string_view glob, const Context& context) {
  for (const std::string& name : context.symbols.unreadable) {
    if (MatchesGlob(glob, name)) return true;
    for (const FileSettings& file : context.files) {
      if (MatchesGlob(glob, file.group + "." + name)) return true;
    }
  }
  return false;
}

}  // namespace

// Greedy, with the last star remembered: linear for each star.
bool MatchesGlob(std::string_view glob, std::string_view name) {
  std::size_t g = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t from = 0;
  while (n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      from = n;
    } else if (g < glob.size() && glob[g] == name[n]) {
      ++g;
      ++n;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      n = ++from;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

void MatchTunes(Context* context) {
  for (const TuneSymbol& tune : context->symbols.tunes) {
    ReportTwice(tune, context);
    for (const cst::Name& glob : tune.item->globs) {
      bool found = false;
      for (auto& [name, rule] : context->symbols.rules) {
        if (!MatchesGlob(glob.text, name)) continue;
        found = true;
        auto& tunes = rule.tunes;
        if (std::find(tunes.begin(), tunes.end(), &tune) == tunes.end()) {
          tunes.push_back(&tune);
        }
      }
      if (found || glob.text.empty() || MayBeUnread(glob.text, *context)) {
        continue;
      }
      ReportNoRule(tune, glob, context);
    }
  }
  for (const auto& [name, rule] : context->symbols.rules) {
    ReportConflicts(rule, context);
  }
}

}  // namespace tocsin::dsl
