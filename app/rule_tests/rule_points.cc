#include "app/rule_tests/rule_points.h"

#include <algorithm>
#include <optional>

namespace tocsin {
namespace {

using dsl::RulePart;
using Kind = CoveragePoint::Kind;

// What kind of point a part is; none for what only joins others.
std::optional<Kind> PointKind(const RulePart& part) {
  switch (part.kind) {
    case RulePart::Kind::kWhere:
      return Kind::kWhere;
    case RulePart::Kind::kUnless:
      return Kind::kUnless;
    case RulePart::Kind::kCounted:
      return Kind::kCounted;
    case RulePart::Kind::kQuantifier:
      return Kind::kElements;
    case RulePart::Kind::kTest:
    case RulePart::Kind::kDerived:
      return Kind::kTest;
    default:
      return std::nullopt;
  }
}

bool Skipped(const RulePart& part) {
  return part.kind == RulePart::Kind::kSchema ||
         part.kind == RulePart::Kind::kKey ||
         part.name.starts_with("default of ");
}

// What a derived field is made of is its schema's.
bool IsOpaque(const RulePart& part) {
  return part.kind == RulePart::Kind::kDerived;
}

void AddPoints(const dsl::CheckedRules& rules,
               const std::vector<RulePart>& parts,
               std::vector<RulePoint>* points) {
  for (const RulePart& part : parts) {
    if (Skipped(part) || !rules.schemas[part.schema].alerts_of.empty()) {
      continue;
    }
    const std::optional<Kind> kind = PointKind(part);
    if (kind.has_value() && part.expr != nullptr) {
      points->push_back(
          {*kind, part.expr, part.text.empty() ? part.name : part.text});
    }
    if (!IsOpaque(part)) AddPoints(rules, part.parts, points);
  }
}

void Note(const RulePart& part, SeenParts* seen) {
  const std::optional<Kind> kind = PointKind(part);
  if (!kind.has_value() || part.expr == nullptr) return;
  SeenPart& of = (*seen)[{*kind, part.expr}];
  (part.held ? of.held : of.failed) = true;
}

}  // namespace

std::vector<RulePoint> PointsOf(const dsl::CheckedRules& rules,
                                const std::vector<RulePart>& parts) {
  std::vector<RulePoint> points;
  AddPoints(rules, parts, &points);
  return points;
}

void NoteParts(const std::vector<RulePart>& parts, SeenParts* seen) {
  const bool taken =
      std::all_of(parts.begin(), parts.end(), [](const RulePart& part) {
        return part.held || (part.kind != RulePart::Kind::kWhere &&
                             part.kind != RulePart::Kind::kSchema);
      });
  for (const RulePart& part : parts) {
    if (Skipped(part)) continue;
    if (taken || part.kind != RulePart::Kind::kUnless) Note(part, seen);
    if (!IsOpaque(part)) NoteParts(part.parts, seen);
  }
}

}  // namespace tocsin
