// Clauses of rules, signals, `defaults` and `tune`.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/parser/lower.h"

namespace tocsin::dsl::syntax {
namespace {

using std::string_view;

constexpr std::array kMeta = std::to_array<string_view>(
    {"title", "description", "severity", "risk", "tags", "runbook",
     "references", "falsepositives", "enabled", "owner", "id"});
constexpr std::array kDefaults =
    std::to_array<string_view>({"where", "unless", "then", "late"});
constexpr std::array kTune =
    std::to_array<string_view>({"unless", "then", "keys", "late"});

template <typename Words>
bool Has(const Words& words, string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool MayStandIn(string_view owner, string_view word) {
  if (owner == "defaults") return Has(kMeta, word) || Has(kDefaults, word);
  if (owner == "tune") return Has(kMeta, word) || Has(kTune, word);
  return true;
}

}  // namespace

std::vector<cst::Clause> Lowerer::Clauses(const SyntaxNode& item,
                                          string_view owner) {
  std::vector<cst::Clause> clauses;
  for (const SyntaxNode& kid : item.kids) {
    if (kid.kind == SyntaxKind::kClause ||
        kid.kind == SyntaxKind::kUnknownClause) {
      clauses.push_back(Clause(kid, owner));
    }
  }
  return clauses;
}

cst::Clause Lowerer::Clause(const SyntaxNode& node, string_view owner) {
  cst::Clause clause;
  static_cast<cst::Node&>(clause) = PlaceOf(node);
  if (node.kind == SyntaxKind::kUnknownClause) {
    MarkIncomplete();
    clause.word = Name(node);
    return clause;
  }
  if (!node.kids.empty()) clause.word = Name(node.kids[0]);
  if (node.broken || node.kids.empty()) {
    MarkIncomplete();
    ReportInside(node);
    return clause;
  }
  if (!MayStandIn(owner, clause.word.text)) {
    Report(
        Kind::kMisplaced, clause.word,
        absl::StrFormat("`%s` does not stand in `%s`", clause.word.text, owner))
        .help = owner == "tune"
                    ? "tune takes unless, then, keys, late and metadata"
                    : "defaults take where, unless, then, late and metadata";
    return clause;
  }
  FillClause(node, &clause);
  return clause;
}

void Lowerer::FillClause(const SyntaxNode& node, cst::Clause* clause) {
  const string_view word = clause->word.text;
  const SyntaxNode* second = node.kids.size() > 1 ? &node.kids[1] : nullptr;
  if (word == "then") return FillThen(node, clause);
  if (word == "event") return FillEvent(node, clause);
  if (word == "tags") {
    clause->value = Tags(node);  // None: `tags []`.
    return;
  }
  if (second == nullptr) {
    MarkIncomplete();
    return;
  }
  if (word == "title" || word == "runbook" || word == "alert") {
    clause->value = cst::TextClause{Template(*second), std::nullopt};
  } else if (word == "description" || word == "owner" || word == "id") {
    clause->value = cst::TextClause{std::nullopt, Literal(*second)};
  } else if (word == "severity") {
    clause->value = Severity(node);
  } else if (word == "risk") {
    clause->value = cst::RiskClause{Expr(*second)};
  } else if (word == "references" || word == "falsepositives") {
    clause->value = cst::ListClause{Expr(*second)};
  } else if (word == "enabled") {
    clause->value = cst::EnabledClause{Text(*second) == "true"};
  } else if (word == "from") {
    clause->value = cst::FromClause{Dotted(*second)};
  } else if (word == "where") {
    clause->value = cst::WhereClause{Expr(*second)};
  } else if (word == "unless") {
    const SyntaxNode* until = Kid(node, SyntaxKind::kUntil);
    clause->value = cst::UnlessClause{
        Expr(*second),
        MaybeLiteral(until == nullptr ? nullptr : &until->kids[0])};
  } else if (word == "by") {
    clause->value = cst::ByClause{KeyParts(node)};
  } else if (word == "when") {
    clause->value = cst::WhenClause{Condition(*second)};
  } else if (word == "collect") {
    const SyntaxNode* up_to = Kid(node, SyntaxKind::kUpTo);
    clause->value = cst::CollectClause{
        Expr(*second),
        MaybeLiteral(up_to == nullptr ? nullptr : &up_to->kids[0]),
        Name(*NameKid(node))};
  } else if (word == "show") {
    cst::ShowClause show;
    for (const SyntaxNode& kid : std::span(node.kids).subspan(1)) {
      show.items.push_back(Named(kid));
    }
    clause->value = std::move(show);
  } else if (word == "keys") {
    clause->value = cst::KeysClause{Literal(*second)};
  } else {
    clause->value = cst::LateClause{Text(*second) == "now"};
  }
}

cst::SeverityClause Lowerer::Severity(const SyntaxNode& node) {
  cst::SeverityClause severity;
  for (std::size_t i = 1; i < node.kids.size(); ++i) {
    if (node.kids[i].kind == SyntaxKind::kWord) {
      severity.arms.push_back({Name(node.kids[i]), std::nullopt});
    } else {
      severity.arms.back().condition = Expr(node.kids[i]);
    }
  }
  return severity;
}

cst::TagsClause Lowerer::Tags(const SyntaxNode& node) {
  cst::TagsClause tags;
  for (const SyntaxNode& kid : std::span(node.kids).subspan(1)) {
    if (kid.kind == SyntaxKind::kTag) {
      tags.tags.push_back(Name(kid));
    } else {
      tags.append = true;
    }
  }
  return tags;
}

void Lowerer::FillThen(const SyntaxNode& node, cst::Clause* clause) {
  using Then = cst::ThenClause::Kind;
  cst::ThenClause then;
  const string_view what = Text(node.kids[1]);
  then.kind = what == "once"    ? Then::kOncePer
              : what == "reset" ? Then::kReset
              : what == "edge"  ? Then::kEdge
              : what == "every" ? Then::kEvery
                                : Then::kEscalate;
  then.per = MaybeLiteral(Kid(node, SyntaxKind::kDuration));
  if (const SyntaxNode* per = Kid(node, SyntaxKind::kPer)) {
    then.per_names = Names(per);
  }
  for (const SyntaxNode& kid : node.kids) {
    if (kid.kind == SyntaxKind::kNumber) then.levels.push_back(Literal(kid));
  }
  clause->value = std::move(then);
}

void Lowerer::FillEvent(const SyntaxNode& node, cst::Clause* clause) {
  cst::EventClause event;
  event.name = Name(*NameKid(node));
  if (const SyntaxNode* from = Kid(node, SyntaxKind::kFrom)) {
    event.from = Dotted(from->kids[0]);
  }
  if (const SyntaxNode* by = Kid(node, SyntaxKind::kBy)) {
    event.by = KeyParts(*by);
  }
  event.condition = Expr(*ExprKid(node));
  clause->value = std::move(event);
}

std::vector<cst::KeyPart> Lowerer::KeyParts(const SyntaxNode& parent) {
  std::vector<cst::KeyPart> parts;
  for (const SyntaxNode& node : parent.kids) {
    if (node.kind != SyntaxKind::kKeyPart) continue;
    cst::KeyPart part;
    static_cast<cst::Node&>(part) = PlaceOf(node);
    for (const SyntaxNode& kid : node.kids) {
      if (kid.kind != SyntaxKind::kWord) break;
      (Text(kid) == "?" ? part.missing_ok : part.each) = true;
    }
    part.expr = Expr(*ExprKid(node));
    part.as = MaybeName(Kid(node, SyntaxKind::kAs));
    part.among = MaybeName(Kid(node, SyntaxKind::kAmong));
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace tocsin::dsl::syntax
