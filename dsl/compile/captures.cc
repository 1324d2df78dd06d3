#include "dsl/compile/captures.h"

#include <algorithm>
#include <vector>

#include "dsl/compile/compile.h"
#include "engine/base/hash.h"

namespace tocsin::dsl {
namespace {

struct Reads {
  bool event = false;
  bool other = false;  // Of an alert, a step, or a variable bound outside.
};

void Look(const CheckedExpr& expr, std::vector<std::uint32_t>* bound,
          Reads* reads) {
  switch (expr.op) {
    case ExprOp::kPath:
      if (expr.children.empty()) reads->event = true;
      break;
    case ExprOp::kDerived:
    case ExprOp::kEventTime:
      reads->event = true;
      break;
    case ExprOp::kVariable:
      if (std::find(bound->begin(), bound->end(), expr.slot) == bound->end()) {
        reads->other = true;
      }
      break;
    case ExprOp::kStep:
    case ExprOp::kStepCount:
    case ExprOp::kAggregate:
    case ExprOp::kKey:
    case ExprOp::kCollected:
    case ExprOp::kShown:
    case ExprOp::kAlertField:
      reads->other = true;
      return;
    case ExprOp::kAny:
    case ExprOp::kAll:
    case ExprOp::kNone:
    case ExprOp::kCount:
      Look(expr.children[0], bound, reads);
      bound->push_back(expr.slot);
      Look(expr.children[1], bound, reads);
      bound->pop_back();
      return;
    default:
      break;
  }
  for (const CheckedExpr& child : expr.children) Look(child, bound, reads);
}

}  // namespace

bool IsOfTheEvent(const CheckedExpr& expr) {
  Reads reads;
  std::vector<std::uint32_t> bound;
  Look(expr, &bound, &reads);
  return reads.event && !reads.other;
}

// As with `collect`: what is kept follows its meaning over a reload.
std::uint64_t Captures::HashOf(const CheckedExpr& expr, std::uint32_t event,
                               std::uint32_t schema, bool compared) const {
  CheckedCollect collect;
  collect.name = compared ? "compared" : "";
  if (event == tocsin::kNoEvent) {
    CheckedRule of;
    of.schema = schema;
    collect.expr = expr;
    return Hash64(CanonicalCollect(*rules_, of, collect));
  }
  collect.event = event;
  collect.expr.op = ExprOp::kStep;
  collect.expr.index = event;
  collect.expr.type = expr.type;
  collect.expr.children.push_back(expr);
  return Hash64(CanonicalCollect(*rules_, *rule_, collect),
                std::uint64_t{event} + 1);
}

std::uint32_t Captures::Add(const CheckedExpr& expr, ExprId id,
                            std::uint32_t event, std::uint32_t schema,
                            std::uint16_t schema_index, bool compared) {
  std::vector<CaptureProgram>& captures = program_->captures;
  const auto found = std::find_if(
      captures.begin(), captures.end(), [&](const CaptureProgram& capture) {
        return capture.event == event && capture.schema == schema_index &&
               capture.compared == compared && capture.expr == id;
      });
  const auto index = static_cast<std::uint32_t>(found - captures.begin());
  if (found == captures.end()) {
    captures.push_back({event, schema_index, compared, id,
                        HashOf(expr, event, schema, compared)});
  }
  return index;
}

std::uint32_t Captures::AddSlot(std::uint32_t capture, bool oldest) {
  std::vector<SlotProgram>& slots = program_->slots;
  const auto found =
      std::find_if(slots.begin(), slots.end(), [&](const SlotProgram& slot) {
        return slot.capture == capture && slot.oldest == oldest;
      });
  const auto index = static_cast<std::uint32_t>(found - slots.begin());
  if (found == slots.end()) slots.push_back({capture, oldest});
  return index;
}

}  // namespace tocsin::dsl
