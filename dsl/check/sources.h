// What rules read: schemas, and what other rules tell. The order in which
// rules are checked, so that each finds what it reads typed.
#pragma once

#include <cstdint>
#include <vector>

#include "dsl/check/context.h"

namespace tocsin::dsl {

// `from S`: a schema, a rule or signal (of the file's own group first), or
// `alert`. Null when there is none; reported. `depth`: of a rule that reads it.
const CheckedSchema* FindSource(const cst::Dotted& name,
                                const FileSettings& file, Context* context,
                                std::uint32_t* depth);

std::uint32_t SchemaIndex(const CheckedSchema* schema, const Context& context);

// Rules in an order in which each stands behind those it reads; circles are
// reported and what closes them is noted in the context.
class RuleOrder {
 public:
  explicit RuleOrder(Context* context);

  const std::vector<const RuleSymbol*>& rules() const { return order_; }
  void ReportUnreadSignals() const;

  // Makes the schema of what the rule tells, when another reads it, and that
  // of all alerts behind the last rule that counts among them.
  void Checked(const CheckedRule& rule);

 private:
  struct Node {
    const RuleSymbol* symbol = nullptr;
    std::vector<std::size_t> reads;  // Nodes.
    bool reads_alerts = false;
    bool reaches_alerts = false;  // Itself, or a rule that it reads.
    bool is_read = false;
    enum class State : std::uint8_t { kNew, kOpen, kDone };
    State state = State::kNew;
  };

  void Add(const RuleSymbol& symbol);
  void ReadSources(std::size_t node);
  void ReadSource(std::size_t node, const cst::Dotted& source);
  void FindReachesAlerts();
  void Visit(std::size_t node);
  void ReportCircle(std::size_t closing);
  void AddAlerts();
  void AddSchema(const std::string& name, CheckedSchema schema,
                 std::uint32_t depth);

  Context& context_;
  std::vector<Node> nodes_;
  SymbolMap<std::size_t> by_name_;
  std::vector<std::size_t> open_;
  std::vector<const RuleSymbol*> order_;
  bool alerts_read_ = false;
  CheckedSchema alerts_;
  std::uint32_t alerts_depth_ = 0;
  std::size_t sources_of_alerts_ = 0;  // Rules that do not reach alerts.
  std::size_t checked_ = 0;            // Of these.
};

}  // namespace tocsin::dsl
