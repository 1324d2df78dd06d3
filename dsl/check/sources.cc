#include "dsl/check/sources.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/alert_type.h"
#include "dsl/check/schemas.h"

namespace tocsin::dsl {
namespace {

constexpr std::string_view kAlerts = "alert";

// The rule of that name: of the file's group, or of any by its whole name.
const RuleSymbol* FindRule(const std::string& name, const FileSettings& file,
                           const Context& context) {
  const SymbolMap<RuleSymbol>& rules = context.symbols.rules;
  if (!file.group.empty()) {
    const auto own = rules.find(file.group + "." + name);
    if (own != rules.end()) return &own->second;
  }
  const auto found = rules.find(name);
  return found == rules.end() ? nullptr : &found->second;
}

}  // namespace

std::uint32_t SchemaIndex(const CheckedSchema* schema, const Context& context) {
  for (std::uint32_t i = 0; i < context.schemas.size(); ++i) {
    if (&context.schemas[i] == schema) return i;
  }
  return 0;
}

const CheckedSchema* FindSource(const cst::Dotted& name,
                                const FileSettings& file, Context* context,
                                std::uint32_t* depth) {
  *depth = 0;
  const auto of = [&](std::string_view rule) -> const CheckedSchema* {
    const auto found = context->alert_schemas.find(rule);
    if (found == context->alert_schemas.end()) return nullptr;  // In a circle.
    *depth = found->second.depth;
    return &context->schemas[found->second.schema];
  };
  const Symbols& symbols = context->symbols;
  if (symbols.schemas.contains(name.text)) {
    return FindSchema(name, file, context);
  }
  if (name.text == kAlerts) return of(kAlerts);
  const RuleSymbol* rule = FindRule(name.text, file, *context);
  if (rule != nullptr) return of(rule->name);
  std::vector<std::string_view> names;
  for (const auto& [known, symbol] : symbols.rules) names.push_back(known);
  std::string_view nearest;
  const std::string help = DidYouMean(name.text, names, &nearest);
  if (nearest.empty()) return FindSchema(name, file, context);
  Diagnostic& d = context->report.Emit(
      Kind::kUnknownSchema, At(file, name),
      absl::StrFormat("no schema, rule or signal `%s`", name.text));
  d.help = help;
  d.fix = Fix{At(file, name), std::string(nearest)};
  return nullptr;
}

RuleOrder::RuleOrder(Context* context) : context_(*context) {
  for (const auto& [name, symbol] : context_.symbols.rules) Add(symbol);
  for (std::size_t i = 0; i < nodes_.size(); ++i) ReadSources(i);
  FindReachesAlerts();
  // Those that count among all alerts come before the first that reads them.
  for (const bool reaches : {false, true}) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].reaches_alerts == reaches) Visit(i);
    }
  }
  alerts_ = AlertSchema(std::string(kAlerts));
  for (const Node& node : nodes_) {
    if (!node.reaches_alerts) ++sources_of_alerts_;
  }
  if (sources_of_alerts_ == 0 && alerts_read_) AddAlerts();
}

// Behind the last rule that counts among all alerts.
void RuleOrder::AddAlerts() {
  AddSchema(std::string(kAlerts), alerts_, std::max(alerts_depth_, 1u));
}

void RuleOrder::AddSchema(const std::string& name, CheckedSchema schema,
                          std::uint32_t depth) {
  context_.alert_schemas[name] = {
      static_cast<std::uint32_t>(context_.schemas.size()), depth};
  context_.schemas.push_back(std::move(schema));
}

void RuleOrder::Add(const RuleSymbol& symbol) {
  by_name_[symbol.name] = nodes_.size();
  nodes_.emplace_back().symbol = &symbol;
}

void RuleOrder::ReadSources(std::size_t node) {
  for (const cst::Clause& clause : nodes_[node].symbol->item->clauses) {
    if (const auto* from = std::get_if<cst::FromClause>(&clause.value)) {
      ReadSource(node, from->source);
    } else if (const auto* event =
                   std::get_if<cst::EventClause>(&clause.value)) {
      if (event->from.has_value()) ReadSource(node, *event->from);
    }
  }
}

void RuleOrder::ReadSource(std::size_t node, const cst::Dotted& source) {
  if (context_.symbols.schemas.contains(source.text)) return;
  if (source.text == kAlerts) {
    nodes_[node].reads_alerts = true;
    alerts_read_ = true;
    return;
  }
  const FileSettings& file = *nodes_[node].symbol->file;
  const RuleSymbol* rule = FindRule(source.text, file, context_);
  if (rule == nullptr) return;
  const std::size_t read = by_name_[rule->name];
  nodes_[node].reads.push_back(read);
  nodes_[read].is_read = true;
}

void RuleOrder::FindReachesAlerts() {
  std::vector<std::vector<std::size_t>> readers(nodes_.size());
  std::vector<std::size_t> work;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const std::size_t read : nodes_[i].reads) readers[read].push_back(i);
    if (!nodes_[i].reads_alerts) continue;
    nodes_[i].reaches_alerts = true;
    work.push_back(i);
  }
  while (!work.empty()) {
    const std::size_t node = work.back();
    work.pop_back();
    for (const std::size_t reader : readers[node]) {
      if (nodes_[reader].reaches_alerts) continue;
      nodes_[reader].reaches_alerts = true;
      work.push_back(reader);
    }
  }
}

// Without recursion: a chain may be as long as there are rules.
void RuleOrder::Visit(std::size_t node) {
  if (nodes_[node].state != Node::State::kNew) return;
  struct Frame {
    std::size_t node;
    std::size_t next;
  };
  std::vector<Frame> frames = {{node, 0}};
  nodes_[node].state = Node::State::kOpen;
  open_.push_back(node);
  while (!frames.empty()) {
    Frame& frame = frames.back();
    Node& at = nodes_[frame.node];
    if (frame.next == at.reads.size()) {
      at.state = Node::State::kDone;
      order_.push_back(at.symbol);
      open_.pop_back();
      frames.pop_back();
      continue;
    }
    const std::size_t read = at.reads[frame.next++];
    if (nodes_[read].state == Node::State::kOpen) {
      ReportCircle(read);
    } else if (nodes_[read].state == Node::State::kNew) {
      nodes_[read].state = Node::State::kOpen;
      open_.push_back(read);
      frames.push_back({read, 0});
    }
  }
}

// Told at the first rule of the circle by name.
void RuleOrder::ReportCircle(std::size_t closing) {
  const auto begin = std::find(open_.begin(), open_.end(), closing);
  std::vector<std::size_t> circle(begin, open_.end());
  const auto first = std::min_element(
      circle.begin(), circle.end(), [&](std::size_t a, std::size_t b) {
        return nodes_[a].symbol->name < nodes_[b].symbol->name;
      });
  std::rotate(circle.begin(), first, circle.end());
  std::string chain;
  for (const std::size_t node : circle) {
    chain += nodes_[node].symbol->name + " -> ";
  }
  chain += nodes_[circle.front()].symbol->name;
  Diagnostic& d = context_.report.Emit(
      Kind::kRuleCircle, nodes_[circle.front()].symbol->name_span,
      circle.size() == 1
          ? absl::StrFormat("rule `%s` reads what it tells itself",
                            nodes_[circle.front()].symbol->name)
          : absl::StrFormat("rules read each other in a circle: %s", chain));
  d.help = "an alert cannot be its own cause; let one of them read a source";
  for (std::size_t i = 1; i < circle.size(); ++i) {
    const RuleSymbol& symbol = *nodes_[circle[i]].symbol;
    d.notes.push_back({symbol.name_span, "part of the circle"});
  }
}

void RuleOrder::ReportUnreadSignals() const {
  for (const Node& node : nodes_) {
    if (!node.symbol->item->signal || node.is_read) continue;
    context_.report
        .Emit(Kind::kUnusedSignal, node.symbol->name_span,
              absl::StrFormat("no rule reads signal `%s`, and it is never "
                              "delivered",
                              node.symbol->name))
        .help = "make it a `rule`, or read it: from " + node.symbol->name;
  }
}

void RuleOrder::Checked(const CheckedRule& rule) {
  const Node& node = nodes_[by_name_[rule.name]];
  if (node.is_read) {
    CheckedSchema schema = AlertSchema(rule.name);
    AddAlertFields(rule, context_.schemas, &schema);
    AddSchema(rule.name, std::move(schema), rule.depth + 1);
  }
  if (!alerts_read_ || node.reaches_alerts) return;
  if (!rule.signal) {
    AddAlertFields(rule, context_.schemas, &alerts_);
    alerts_depth_ = std::max(alerts_depth_, rule.depth + 1);
  }
  if (++checked_ == sources_of_alerts_) AddAlerts();
}

}  // namespace tocsin::dsl
