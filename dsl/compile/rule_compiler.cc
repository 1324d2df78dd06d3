#include "dsl/compile/rule_compiler.h"

#include <algorithm>
#include <utility>

#include "dsl/compile/compile.h"

namespace tocsin::dsl {
namespace {

AlertLevel LevelOf(AlertSeverity severity) {
  static_assert(static_cast<int>(AlertSeverity::kCritical) ==
                static_cast<int>(AlertLevel::kCritical));
  return static_cast<AlertLevel>(static_cast<int>(severity));
}

ThenKind ThenOf(CheckedThen::Kind kind) {
  switch (kind) {
    case CheckedThen::Kind::kEvery:
      return ThenKind::kEvery;
    case CheckedThen::Kind::kOncePer:
      return ThenKind::kOncePer;
    case CheckedThen::Kind::kReset:
      return ThenKind::kReset;
    case CheckedThen::Kind::kEdge:
      return ThenKind::kEdge;
    case CheckedThen::Kind::kEscalate:
      return ThenKind::kEscalate;
  }
  return ThenKind::kEvery;
}

// Keys are one when their nodes are.
bool SameKeys(const std::vector<KeyProgram>& a,
              const std::vector<KeyProgram>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const KeyProgram& x, const KeyProgram& y) {
                      return x.expr == y.expr && x.missing_ok == y.missing_ok &&
                             x.each == y.each && x.among == y.among;
                    });
}

// The schemas whose `show` the rule's alerts carry: its own, or its events'.
std::vector<std::uint32_t> SchemasOf(const CheckedRule& rule) {
  if (rule.events.empty()) return {rule.schema};
  std::vector<std::uint32_t> schemas;
  for (const CheckedEvent& event : rule.events) {
    if (std::find(schemas.begin(), schemas.end(), event.schema) ==
        schemas.end()) {
      schemas.push_back(event.schema);
    }
  }
  return schemas;
}

bool IsSilentCondition(const CheckedCondition& condition) {
  return condition.kind == CheckedCondition::Kind::kSilent ||
         std::any_of(condition.children.begin(), condition.children.end(),
                     IsSilentCondition);
}

}  // namespace

ExprId RuleCompiler::Root(const CheckedExpr& expr) {
  const ExprId id = exprs_.Compile(expr);
  builder_.AddRoot(id);
  return id;
}

std::vector<KeyProgram> RuleCompiler::Keys(const std::vector<CheckedKey>& by) {
  std::vector<KeyProgram> keys;
  for (const CheckedKey& key : by) {
    KeyProgram made{key.name, Root(key.expr), key.missing_ok, key.each,
                    kNoExpr};
    if (key.among.has_value()) {
      made.among = exprs_.CompileAmong(key);
      builder_.AddRoot(made.among);
    }
    keys.push_back(std::move(made));
  }
  return keys;
}

// One feed for each schema and key of the rule's events.
void RuleCompiler::Feeds(const CheckedRule& rule, std::uint32_t index,
                         RuleProgram* program,
                         std::vector<FeedProgram>* feeds) {
  const std::size_t first = feeds->size();
  for (std::uint32_t i = 0; i < rule.events.size(); ++i) {
    const CheckedEvent& event = rule.events[i];
    exprs_.SetScope(event.schema, &rule);
    FeedProgram feed;
    feed.rule = index;
    feed.schema = schema_index_[event.schema];
    feed.by = Keys(event.by);
    const ExprId filter = exprs_.CompileFilters(event.filters);
    builder_.AddRoot(filter);
    const auto same = std::find_if(
        feeds->begin() + static_cast<std::ptrdiff_t>(first), feeds->end(),
        [&](const FeedProgram& other) {
          return other.schema == feed.schema && SameKeys(other.by, feed.by);
        });
    FeedProgram& of =
        same == feeds->end() ? feeds->emplace_back(std::move(feed)) : *same;
    of.events.push_back({i, filter});
    program->events.push_back({event.name, schema_index_[event.schema]});
  }
  exprs_.SetScope(rule.schema, &rule);
  if (rule.events.empty()) {
    FeedProgram feed;
    feed.rule = index;
    feed.schema = schema_index_[rule.schema];
    feed.filter = exprs_.CompileFilters(rule.filters);
    builder_.AddRoot(feed.filter);
    feed.by = Keys(rule.by);
    feeds->push_back(std::move(feed));
  }
  for (std::size_t i = first; i < feeds->size(); ++i) {
    FeedProgram& feed = (*feeds)[i];
    if (feed.events.empty()) continue;
    std::vector<ExprId> filters;
    for (const FeedProgram::Event& event : feed.events) {
      filters.push_back(event.filter);
    }
    ExprNode any;
    any.op = Op::kOr;
    feed.filter = builder_.Add(any, filters);
    builder_.AddRoot(feed.filter);
  }
  program->filter = (*feeds)[first].filter;
  program->by = (*feeds)[first].by;
}

void RuleCompiler::Then(const CheckedRule& rule, RuleProgram* program) const {
  program->then = ThenOf(rule.then.kind);
  program->once = program->then == ThenKind::kOncePer;
  program->hold_us = rule.then.hold_us;
  program->hold_per = rule.then.per;
  program->levels = rule.then.levels;
}

// The keys of all members, whether or not they ever send: written as the key
// part of an event of theirs is.
void RuleCompiler::Members(const CheckedRule& rule,
                           RuleProgram* program) const {
  if (!IsSilentCondition(rule.condition) || rule.by.size() != 1 ||
      !rule.by[0].among.has_value()) {
    return;
  }
  const bool text = rule.by[0].expr.type.kind == TypeKind::kString;
  for (const Constant& member : rules_.lists[*rule.by[0].among].values) {
    std::string encoding, key;
    const auto* ip = std::get_if<IpAddress>(&member.value);
    if (ip != nullptr && text) {
      AppendCanonicalText(FormatIp(*ip), &encoding);
    } else {
      AppendCanonical(member, &encoding);
    }
    AppendSized(encoding, &key);
    program->members.push_back(std::move(key));
  }
  std::sort(program->members.begin(), program->members.end());
  program->members.erase(
      std::unique(program->members.begin(), program->members.end()),
      program->members.end());
}

void RuleCompiler::Collects(const CheckedRule& rule, RuleProgram* program) {
  for (const CheckedCollect& collect : rule.collects) {
    CollectProgram made;
    made.name = collect.name;
    made.event = collect.event == tocsin::kNoEvent ? EventNamedIn(collect.expr)
                                                   : collect.event;
    made.schema = conditions_.SchemaOf(rule, made.event);
    made.expr = conditions_.Of(rule, made.event, collect.expr);
    made.up_to = collect.up_to;
    made.hash = Hash64(CanonicalCollect(rules_, rule, collect));
    program->collects.push_back(std::move(made));
  }
}

void RuleCompiler::SetTextScope(std::uint32_t schema, const CheckedRule& rule,
                                const RuleProgram& program) {
  exprs_.SetScope(schema, &rule);
  if (program.texts_from_slots) {
    exprs_.SetReading(ExprCompiler::Reading::kSlots);
  }
}

// Events of two schemas may show different values under one name.
void RuleCompiler::AddSchemaShow(NamedProgram show, RuleProgram* program) {
  std::vector<NamedProgram>& shows = program->shows;
  const auto same = std::find_if(
      shows.begin(), shows.end(),
      [&](const NamedProgram& other) { return other.name == show.name; });
  if (same == shows.end()) {
    shows.push_back(std::move(show));
    return;
  }
  ExprNode either;
  either.op = Op::kCoalesce;
  same->expr = builder_.Add(either, {same->expr, show.expr});
  builder_.AddRoot(same->expr);
}

void RuleCompiler::Shows(const CheckedRule& rule, RuleProgram* program) {
  for (const std::uint32_t schema : SchemasOf(rule)) {
    SetTextScope(schema, rule, *program);
    for (const CheckedField& show : rules_.schemas[schema].shows) {
      AddSchemaShow({show.name, Root(show.expr)}, program);
    }
  }
  program->schema_shows = program->shows.size();
  SetTextScope(rule.schema, rule, *program);
  for (const CheckedField& show : rule.shows) {
    program->shows.push_back({show.name, Root(show.expr)});
  }
}

TemplateProgram RuleCompiler::Template(
    const std::optional<CheckedTemplate>& text) {
  TemplateProgram program;
  if (!text.has_value()) return program;
  for (const CheckedTemplate::Part& part : text->parts) {
    TemplateProgram::Part made;
    if (part.hole.has_value()) {
      made.hole = Root(*part.hole);
    } else {
      made.text = part.text;
    }
    program.parts.push_back(std::move(made));
  }
  return program;
}

void RuleCompiler::Texts(const CheckedRule& rule, RuleProgram* program) {
  SetTextScope(rule.schema, rule, *program);
  program->alert = Template(rule.alert);
  program->title = Template(rule.title);
  program->runbook = Template(rule.runbook);
  program->severity = LevelOf(rule.severity);
  for (const CheckedRule::SeverityArm& arm : rule.severity_arms) {
    program->severity_arms.push_back(
        {LevelOf(arm.severity), Root(arm.condition)});
  }
  if (rule.risk.has_value()) program->risk = Root(*rule.risk);
}

RuleProgram RuleCompiler::Compile(const CheckedRule& rule, std::uint32_t index,
                                  std::vector<FeedProgram>* feeds) {
  RuleProgram program;
  captures_.Begin(&rules_, &rule, &program);
  program.name = rule.name;
  program.uid = HashWide(CanonicalForm(rules_, rule));
  program.signal = rule.signal;
  program.stratum = rule.depth;
  program.schema = schema_index_[rule.schema];
  Feeds(rule, index, &program, feeds);
  exprs_.SetScope(rule.schema, &rule);
  program.condition = conditions_.Compile(rule, rule.condition, &program);
  program.window_us = LongestWindow(rule.condition);
  program.monotone = IsDecidedOnArrival(rule.condition);
  program.late_now = rule.late_now;
  // What reads alerts is rendered when their batch is gone.
  program.texts_from_slots =
      !rule.events.empty() || !program.monotone || rule.depth > 0;
  Members(rule, &program);
  Then(rule, &program);
  Collects(rule, &program);
  Shows(rule, &program);
  Texts(rule, &program);
  program.keys = rule.keys;
  program.tags = rule.tags;
  exprs_.SetReading(ExprCompiler::Reading::kEvent);
  return program;
}

}  // namespace tocsin::dsl
