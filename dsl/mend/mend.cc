#include "dsl/mend/mend.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "dsl/mend/edits.h"

namespace tocsin::dsl {
namespace {

// A mend may uncover what another mends. No text needs that often.
constexpr int kRounds = 16;
// Looks at the result, each of all the rules.
constexpr int kLooks = 2'000;

bool IsError(const Diagnostic& diagnostic) {
  return Describe(diagnostic.kind).severity == Severity::kError;
}

// Of syntax: what stands behind it was not looked at before.
bool IsSyntax(const Diagnostic& diagnostic) {
  return Describe(diagnostic.kind).code.starts_with("E01");
}

// A mistake wherever it stands.
using Mistake = std::tuple<FileId, Kind, std::string>;
Mistake MistakeOf(const Diagnostic& diagnostic) {
  return {diagnostic.span.file, diagnostic.kind, diagnostic.message};
}

std::size_t SyntaxErrors(const DiagnosticSink& found) {
  return static_cast<std::size_t>(std::count_if(
      found.diagnostics().begin(), found.diagnostics().end(), IsSyntax));
}

// The errors of `after` that `before` had not, or not so often.
std::vector<const Diagnostic*> NewErrors(const DiagnosticSink& before,
                                         const DiagnosticSink& after) {
  std::map<Mistake, int> known;
  for (const Diagnostic& diagnostic : before.diagnostics()) {
    ++known[MistakeOf(diagnostic)];
  }
  std::vector<const Diagnostic*> fresh;
  for (const Diagnostic& diagnostic : after.diagnostics()) {
    if (IsError(diagnostic) && --known[MistakeOf(diagnostic)] < 0) {
      fresh.push_back(&diagnostic);
    }
  }
  return fresh;
}

bool Overlap(Span a, Span b) {
  return a.file == b.file && a.begin <= b.end && b.begin <= a.end;
}

class Mender {
 public:
  Mender(const SourceSet& sources, const Examine& examine) : examine_(examine) {
    mended_.sources = sources;
    mended_.found = examine(sources);
  }

  Mended Run() {
    for (int round = 0; round < kRounds; ++round) {
      proposals_ = Proposals();
      if (proposals_.empty()) return std::move(mended_);
      Try(0, proposals_.size());
    }
    mended_.bounded = true;
    return std::move(mended_);
  }

 private:
  // Those that do not touch each other; the others have the next round. While
  // there are mistakes of syntax, theirs alone: the rest is not all looked at.
  std::vector<Diagnostic> Proposals() const {
    for (const bool syntax : {true, false}) {
      std::vector<Diagnostic> proposals;
      Edits edits;
      for (const Diagnostic& diagnostic : mended_.found.diagnostics()) {
        if (diagnostic.fix && IsSyntax(diagnostic) == syntax &&
            !refused_.contains(ProposalOf(diagnostic)) &&
            edits.Add(*diagnostic.fix)) {
          proposals.push_back(diagnostic);
        }
      }
      if (!proposals.empty()) return proposals;
    }
    return {};
  }

  // What was tried in vain is not tried again, wherever it has moved to.
  using Proposal = std::tuple<Mistake, std::string, std::string>;
  Proposal ProposalOf(const Diagnostic& diagnostic) const {
    return {MistakeOf(diagnostic),
            std::string(mended_.sources.Text(diagnostic.fix->span)),
            diagnostic.fix->text};
  }

  // Applies the proposals [first, last) when that is better, else as many of
  // them as are. The others are told where they stand then.
  void Try(std::size_t first, std::size_t last) {
    if (looks_++ >= kLooks) return;
    const std::span<Diagnostic> tried =
        std::span(proposals_).subspan(first, last - first);
    Edits edits;
    for (const Diagnostic& proposal : tried) edits.Add(*proposal.fix);
    SourceSet sources = edits.Apply(mended_.sources);
    DiagnosticSink found = examine_(sources);
    if (IsBetter(tried, edits, found)) {
      for (const Diagnostic& proposal : tried) Keep(proposal);
      mended_.sources = std::move(sources);
      mended_.found = std::move(found);
      for (Diagnostic& proposal : std::span(proposals_).subspan(last)) {
        proposal.span = edits.Map(proposal.span);
        proposal.fix->span = edits.Map(proposal.fix->span);
      }
    } else if (tried.size() == 1) {
      refused_.insert(ProposalOf(tried[0]));
    } else {
      const std::size_t middle = first + tried.size() / 2;
      Try(first, middle);
      Try(middle, last);
    }
  }

  bool IsBetter(std::span<const Diagnostic> proposals, const Edits& edits,
                const DiagnosticSink& found) const {
    for (const Diagnostic& proposal : proposals) {
      const Span place = edits.Map(proposal.span);
      for (const Diagnostic& left : found.diagnostics()) {
        if (left.kind == proposal.kind && left.message == proposal.message &&
            Overlap(left.span, place)) {
          return false;
        }
      }
    }
    const DiagnosticSink& before = mended_.found;
    if (before.suppressed() > 0) return found.errors() < before.errors();
    // Of syntax: each must leave one less, whatever is read for the first time
    // now. Of meaning: what comes to light must have a mend of its own.
    if (IsSyntax(proposals[0])) {
      return SyntaxErrors(found) + proposals.size() <= SyntaxErrors(before);
    }
    for (const Diagnostic* fresh : NewErrors(before, found)) {
      if (!fresh->fix || IsSyntax(*fresh)) return false;
    }
    return found.errors() <= before.errors();
  }

  void Keep(const Diagnostic& proposal) {
    const Span span = proposal.fix->span;
    mended_.applied.push_back(
        {span,
         mended_.sources.file(proposal.span.file).PlaceOf(proposal.span.begin),
         proposal.kind, proposal.message,
         std::string(mended_.sources.Text(span)), proposal.fix->text});
  }

  const Examine& examine_;
  Mended mended_;
  std::vector<Diagnostic> proposals_;  // Of this round.
  std::set<Proposal> refused_;
  int looks_ = 0;
};

}  // namespace

Mended Mend(const SourceSet& sources, const Examine& examine) {
  return Mender(sources, examine).Run();
}

}  // namespace tocsin::dsl
