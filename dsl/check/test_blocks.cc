// One TestBlock a `test`; its statements in order. A statement that could not
// be read was reported; the test then is checked as far as it goes and is not
// among those that can be run.
#include "dsl/check/test_blocks.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/test_json.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

// What every alert has; see docs/reference/alert.md.
constexpr std::array<std::string_view, 15> kAlertFields = {
    "rule",  "severity", "title", "summary", "time", "first", "last", "count",
    "total", "folded",   "tags",  "runbook", "kind", "id",    "risk"};

std::string_view ShortName(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

class TestBlock {
 public:
  TestBlock(const cst::TestItem& item, const FileSettings& file,
            const std::vector<CheckedRule>& rules, Context* context)
      : item_(item),
        file_(file),
        rules_(rules),
        context_(*context),
        report_(context->report),
        expressions_(context) {}

  // False when it holds a mistake.
  bool Run(CheckedTest* test);

 private:
  struct Event {
    TestJson json;
    Span span;
    bool sent = false;
  };

  void Rules();
  const CheckedRule* FindRule(const cst::Dotted& name);
  void UnknownRule(const cst::Dotted& name,
                   const std::vector<const CheckedRule*>& near);
  void Statement(const cst::TestStatement& statement);
  void Let(const cst::TestStatement& statement);
  void MoveClock(const cst::TestStatement& statement);
  void Lateness(const cst::TestStatement& statement);
  void Send(const cst::TestStatement& statement);
  const CheckedSchema* SchemaOf(const cst::TestStatement& statement);
  bool EventOf(const cst::TestStatement& statement, TestJson* event);
  void Repeat(const cst::TestStatement& statement, TestSend* send);
  void With(const cst::TestStatement& statement, const CheckedSchema* schema,
            TestSend* send);
  bool Text(const cst::Template& text, TestAssign* assign);
  void Expect(const cst::TestStatement& statement);
  void ExpectedNames(const TestJson& subset);
  bool KnowsName(const CheckedRule& rule, std::string_view name) const;
  std::int64_t Micros(const cst::Literal& literal);
  TestStep* Add(TestStep::Kind kind, const cst::TestStatement& statement);
  Span SpanOf(const cst::Node& node) const { return At(file_, node); }

  const cst::TestItem& item_;
  const FileSettings& file_;
  const std::vector<CheckedRule>& rules_;
  Context& context_;
  Reporter& report_;
  ExprChecker expressions_;
  CheckedTest test_;
  std::vector<const CheckedRule*> tested_;
  std::map<std::string, Event, std::less<>> events_;
  std::int64_t clock_us_ = 0;
  bool clock_known_ = true;  // Not behind a file, whose times nobody read yet.
  bool begun_ = false;
  bool expecting_ = false;  // The last statement was an `expect`,
  bool nothing_ = false;    // and said `nothing`.
  bool broken_ = false;
};

bool TestBlock::Run(CheckedTest* test) {
  const std::size_t errors = report_.errors();
  test_.title = item_.title.text;
  test_.span = SpanOf(item_.title);
  Rules();
  for (const cst::TestStatement& statement : item_.statements) {
    Statement(statement);
  }
  if (!broken_) {
    const bool expects = std::any_of(
        test_.steps.begin(), test_.steps.end(), [](const TestStep& step) {
          return step.kind == TestStep::Kind::kExpect;
        });
    if (!expects) {
      report_
          .Emit(Kind::kEmptyTest, test_.span,
                item_.statements.empty() ? "a test without a statement"
                                         : "a test without an `expect`")
          .help = "`expect nothing`, or `expect alert {..}`: what must come";
    }
    for (const auto& [name, event] : events_) {
      if (event.sent) continue;
      report_.Emit(Kind::kUnusedLet, event.span,
                   absl::StrFormat("`%s` is never sent", name));
    }
  }
  if (broken_ || report_.errors() != errors) return false;
  *test = std::move(test_);
  return true;
}

void TestBlock::Rules() {
  for (const cst::Dotted& name : item_.rules) {
    const CheckedRule* const rule = FindRule(name);
    if (rule == nullptr) {
      broken_ = true;
      continue;
    }
    if (rule->signal) {
      report_
          .Emit(Kind::kUnknownTestRule, SpanOf(name),
                absl::StrFormat("`%s` is a signal, which is never delivered",
                                name.text))
          .help = "name a rule that reads it";
    }
    tested_.push_back(rule);
    test_.rules.push_back(rule->name);
  }
}

// In this order: with this file's group, whole, the one rule of the rule set
// that ends so.
const CheckedRule* TestBlock::FindRule(const cst::Dotted& name) {
  const std::string grouped = file_.group + "." + name.text;
  std::vector<const CheckedRule*> whole, ends;
  for (const CheckedRule& rule : rules_) {
    if (rule.name == grouped) return &rule;
    if (rule.name == name.text) whole.push_back(&rule);
    if (rule.name.ends_with("." + name.text)) ends.push_back(&rule);
  }
  if (!whole.empty()) return whole[0];
  if (ends.size() == 1) return ends[0];
  const Symbols& symbols = context_.symbols;
  const std::string last(ShortName(name.text));
  if (!symbols.unreadable.contains(last) && !symbols.signals.contains(last)) {
    UnknownRule(name, ends);
  }
  return nullptr;
}

void TestBlock::UnknownRule(const cst::Dotted& name,
                            const std::vector<const CheckedRule*>& near) {
  if (!near.empty()) {
    std::string all;
    for (const CheckedRule* rule : near) {
      all += (all.empty() ? "`" : ", `") + rule->name + "`";
    }
    report_
        .Emit(Kind::kUnknownTestRule, SpanOf(name),
              absl::StrFormat("`%s` is the name of several rules", name.text))
        .help = "one of " + all;
    return;
  }
  std::vector<std::string_view> known;
  for (const CheckedRule& rule : rules_) {
    known.push_back(rule.name);
    known.push_back(ShortName(rule.name));
  }
  Diagnostic& d =
      report_.Emit(Kind::kUnknownTestRule, SpanOf(name),
                   absl::StrFormat("no rule is named `%s`", name.text));
  std::string_view nearest;
  d.help = DidYouMean(name.text, known, &nearest);
  if (!nearest.empty()) d.fix = Fix{SpanOf(name), std::string(nearest)};
}

void TestBlock::Statement(const cst::TestStatement& statement) {
  const std::string_view word = statement.word.text;
  const bool consecutive = std::exchange(expecting_, word == "expect");
  if (word == "let") {
    Let(statement);
    expecting_ = consecutive;
  } else if (word == "lateness") {
    Lateness(statement);
  } else if (word == "at" && statement.value.has_value()) {
    MoveClock(statement);
  } else if (word == "send") {
    Send(statement);
  } else if (word == "restart") {
    Add(TestStep::Kind::kRestart, statement);
  } else if (word == "reload") {
    TestStep* const step = Add(TestStep::Kind::kReload, statement);
    if (statement.value.has_value()) step->path = statement.value->text;
  } else if (word == "expect" && !statement.name.text.empty()) {
    if (!consecutive) {
      Add(TestStep::Kind::kExpect, statement);
      nothing_ = false;
    }
    Expect(statement);
  } else {
    broken_ = true;
  }
}

TestStep* TestBlock::Add(TestStep::Kind kind,
                         const cst::TestStatement& statement) {
  TestStep step;
  step.kind = kind;
  step.span = SpanOf(statement);
  test_.steps.push_back(std::move(step));
  return &test_.steps.back();
}

void TestBlock::Let(const cst::TestStatement& statement) {
  if (!statement.json.has_value()) {
    broken_ = true;
    return;
  }
  const Span span = SpanOf(statement.name);
  Event event{ToTestJson(*statement.json, file_), span, false};
  const auto [place, fresh] =
      events_.emplace(statement.name.text, std::move(event));
  if (fresh) return;
  report_
      .Emit(Kind::kDuplicateName, span,
            absl::StrFormat("`%s` is declared twice in this test",
                            statement.name.text))
      .notes.push_back({place->second.span, "first declared here"});
}

std::int64_t TestBlock::Micros(const cst::Literal& literal) {
  std::int64_t us = 0;
  if (DurationMicros(literal.text, &us) && us <= limits::kTestMicros) {
    return us;
  }
  report_
      .Emit(Kind::kTestOutOfRange, SpanOf(literal),
            absl::StrFormat("`%s` is too long for a test", literal.text))
      .help = "a test's clock goes ten years at the most";
  return 0;
}

void TestBlock::MoveClock(const cst::TestStatement& statement) {
  begun_ = true;
  TestStep* const step = Add(TestStep::Kind::kAt, statement);
  step->at_us = Micros(*statement.value);
  if (clock_known_ && step->at_us < clock_us_) {
    report_
        .Emit(Kind::kTimeGoesBack, SpanOf(*statement.value),
              absl::StrFormat("the test's clock stands at %s already",
                              FormatDuration(clock_us_)))
        .help = "what comes late is sent `late D`";
    return;
  }
  clock_us_ = step->at_us;
  clock_known_ = true;
}

void TestBlock::Lateness(const cst::TestStatement& statement) {
  if (!statement.value.has_value()) {
    broken_ = true;
    return;
  }
  test_.lateness_us = Micros(*statement.value);
  if (!begun_) return;
  report_
      .Emit(Kind::kLatenessTooLate, SpanOf(statement),
            "`lateness` behind a statement that moves the clock")
      .help = "it holds for the whole test: write it first";
}

// That of `from`; else the file's, when a rule under test reads it; else that
// of the first rule.
const CheckedSchema* TestBlock::SchemaOf(const cst::TestStatement& statement) {
  if (statement.from.has_value()) {
    const auto found = context_.symbols.schemas.find(statement.from->text);
    if (found != context_.symbols.schemas.end()) {
      return &context_.schemas[found->second.index];
    }
    std::vector<std::string_view> known;
    for (const auto& [name, symbol] : context_.symbols.schemas) {
      known.push_back(name);
    }
    Diagnostic& d = report_.Emit(
        Kind::kUnknownSchema, SpanOf(*statement.from),
        absl::StrFormat("unknown schema `%s`", statement.from->text));
    std::string_view nearest;
    d.help = DidYouMean(statement.from->text, known, &nearest);
    if (!nearest.empty()) {
      d.fix = Fix{SpanOf(*statement.from), std::string(nearest)};
    }
    return nullptr;
  }
  std::vector<const CheckedSchema*> read;
  for (const CheckedRule* rule : tested_) {
    read.push_back(&context_.schemas[rule->schema]);
    for (const CheckedEvent& event : rule->events) {
      read.push_back(&context_.schemas[event.schema]);
    }
  }
  if (std::find(read.begin(), read.end(), file_.schema) != read.end()) {
    return file_.schema;
  }
  for (const CheckedSchema* schema : read) {
    if (schema->alerts_of.empty()) return schema;
  }
  return file_.schema;
}

bool TestBlock::EventOf(const cst::TestStatement& statement, TestJson* event) {
  if (statement.json.has_value()) {
    *event = ToTestJson(*statement.json, file_);
  } else {
    const auto found = events_.find(statement.name.text);
    if (found == events_.end()) {
      std::vector<std::string_view> known;
      for (const auto& [name, let] : events_) known.push_back(name);
      Diagnostic& d = report_.Emit(
          Kind::kUnknownTestEvent, SpanOf(statement.name),
          absl::StrFormat("no `let %s` stands above", statement.name.text));
      std::string_view nearest;
      d.help = DidYouMean(statement.name.text, known, &nearest);
      if (nearest.empty()) {
        d.help = "an event is written as JSON, or named: let NAME = {..}";
      } else {
        d.fix = Fix{SpanOf(statement.name), std::string(nearest)};
      }
      return false;
    }
    found->second.sent = true;
    *event = found->second.json;
  }
  if (event->kind == TestJson::Kind::kObject) return true;
  report_.Emit(Kind::kUnknownTestEvent, event->span,
               "an event is a JSON object");
  return false;
}

void TestBlock::Send(const cst::TestStatement& statement) {
  begun_ = true;
  if (statement.name.text == "file" && statement.value.has_value()) {
    Add(TestStep::Kind::kSendFile, statement)->path = statement.value->text;
    clock_known_ = false;
    return;
  }
  if (!statement.json.has_value() && statement.name.text.empty()) {
    broken_ = true;
    return;
  }
  TestSend send;
  const CheckedSchema* const schema = SchemaOf(statement);
  const bool known = EventOf(statement, &send.event);
  Repeat(statement, &send);
  With(statement, schema, &send);
  if (!known || schema == nullptr) {
    broken_ = true;
    return;
  }
  if (!schema->alerts_of.empty()) {
    report_
        .Emit(Kind::kUnknownTestEvent, SpanOf(statement),
              absl::StrFormat("events of `%s` are the alerts of a rule",
                              schema->name))
        .help = "send what makes that rule fire";
  }
  LintTestEvent(send.event, schema->type, &context_);
  send.schema = schema->name;
  Add(TestStep::Kind::kSend, statement)->send = std::move(send);
}

void TestBlock::Repeat(const cst::TestStatement& statement, TestSend* send) {
  if (statement.late.has_value()) send->late_us = Micros(*statement.late);
  if (statement.every.has_value()) send->every_us = Micros(*statement.every);
  if (statement.run.has_value()) {
    Constant value;
    TypeKind kind = TypeKind::kAny;
    const auto* times = LiteralValue(*statement.run, &value, &kind)
                            ? std::get_if<std::int64_t>(&value.value)
                            : nullptr;
    if (times == nullptr || *times < 1 ||
        static_cast<std::uint64_t>(*times) > limits::kTestEvents) {
      report_
          .Emit(
              Kind::kTestOutOfRange, SpanOf(*statement.run),
              absl::StrFormat("x%s events of one `send`", statement.run->text))
          .help = absl::StrFormat("from x1 to x%d", limits::kTestEvents);
      return;
    }
    send->times = static_cast<std::uint64_t>(*times);
  } else if (statement.every.has_value()) {
    report_
        .Emit(Kind::kTestOutOfRange, SpanOf(*statement.every),
              "`every` of one event")
        .help = "xN says how many: send X x10 every 5s";
  }
  const auto gaps = static_cast<std::int64_t>(send->times - 1);
  if (gaps > 0 && send->every_us > limits::kTestMicros / gaps) {
    report_
        .Emit(Kind::kTestOutOfRange, SpanOf(*statement.every),
              "the last of these events comes too late for a test")
        .help = "a test's clock goes ten years at the most";
    return;
  }
  clock_us_ += gaps * send->every_us;
}

bool TestBlock::Text(const cst::Template& text, TestAssign* assign) {
  for (const cst::TemplatePart& part : text.parts) {
    TestAssign::Part made;
    made.text = part.text;
    if (part.hole.has_value()) {
      if (part.hole->kind == cst::ExprKind::kBad) return false;
      made.number =
          part.hole->kind == cst::ExprKind::kName && part.hole->text == "i";
      if (!made.number) {
        report_
            .Emit(Kind::kBadTestHole, SpanOf(*part.hole),
                  "only `{i}` may stand in a text of `with`")
            .help = "`{i}` is the event's number, from 0; a brace is `{{`";
      }
    }
    assign->text.push_back(std::move(made));
  }
  return true;
}

void TestBlock::With(const cst::TestStatement& statement,
                     const CheckedSchema* schema, TestSend* send) {
  Scope scope;
  scope.file = &file_;
  scope.schema = schema;
  for (const cst::TestStatement::Assign& assign : statement.with) {
    TestAssign made;
    made.span = SpanOf(assign.path);
    expressions_.BeginRule(made.span);
    if (!expressions_.PathOf(assign.path, scope, false, &made.path)) {
      broken_ = true;
      continue;
    }
    if (assign.json.has_value()) {
      made.json = ToTestJson(*assign.json, file_);
    } else if (!assign.text.has_value() || !Text(*assign.text, &made)) {
      broken_ = true;
    }
    send->with.push_back(std::move(made));
  }
}

void TestBlock::Expect(const cst::TestStatement& statement) {
  TestStep& step = test_.steps.back();
  const bool nothing = statement.name.text == "nothing";
  const bool first = step.expected.empty() && !nothing_;
  if (!first && (nothing || nothing_)) {
    report_
        .Emit(Kind::kContradictingExpect, SpanOf(statement),
              "`expect nothing` beside another `expect`")
        .help =
        "statements of `expect` that follow each other speak of the "
        "same alerts";
    return;
  }
  nothing_ = nothing;
  if (nothing) return;
  if (!statement.json.has_value()) {
    broken_ = true;
    return;
  }
  TestExpected expected;
  expected.resolved = statement.name.text == "resolved";
  expected.subset = ToTestJson(*statement.json, file_);
  expected.span = SpanOf(statement);
  if (statement.value.has_value()) expected.at_us = Micros(*statement.value);
  if (expected.subset.kind != TestJson::Kind::kObject) {
    report_.Emit(Kind::kUnknownAlertField, expected.subset.span,
                 "an alert is a JSON object");
    return;
  }
  ExpectedNames(expected.subset);
  step.expected.push_back(std::move(expected));
}

bool TestBlock::KnowsName(const CheckedRule& rule,
                          std::string_view name) const {
  const auto named = [&](const auto& items) {
    return std::any_of(items.begin(), items.end(),
                       [&](const auto& item) { return item.name == name; });
  };
  return named(rule.by) || named(rule.collects) || named(rule.shows) ||
         named(context_.schemas[rule.schema].shows);
}

void TestBlock::ExpectedNames(const TestJson& subset) {
  if (broken_) return;
  for (std::size_t i = 0; i < subset.keys.size(); ++i) {
    const std::string& name = subset.keys[i];
    const bool known = std::find(kAlertFields.begin(), kAlertFields.end(),
                                 name) != kAlertFields.end() ||
                       std::any_of(tested_.begin(), tested_.end(),
                                   [&](const CheckedRule* rule) {
                                     return KnowsName(*rule, name);
                                   });
    if (known) continue;
    std::vector<std::string_view> all(kAlertFields.begin(), kAlertFields.end());
    const auto add = [&](const auto& items) {
      for (const auto& item : items) all.push_back(item.name);
    };
    for (const CheckedRule* rule : tested_) {
      add(rule->by);
      add(rule->collects);
      add(rule->shows);
      add(context_.schemas[rule->schema].shows);
    }
    Diagnostic& d =
        report_.Emit(Kind::kUnknownAlertField, subset.key_spans[i],
                     absl::StrFormat("the alert has no `%s`", name));
    std::string_view nearest;
    d.help = DidYouMean(name, all, &nearest);
    if (nearest.empty()) {
      d.help =
          "an alert has its rule's keys, `collect` and `show`, and "
          "count total folded time first last severity title summary "
          "tags rule";
    }
  }
}

}  // namespace

std::vector<CheckedTest> CheckTests(const std::vector<CheckedRule>& rules,
                                    Context* context) {
  std::vector<CheckedTest> tests;
  for (const FileSettings& file : context->files) {
    std::map<std::string, Span> titles;
    for (const cst::Item& item : file.file->items) {
      const auto* const block = std::get_if<cst::TestItem>(&item.value);
      if (block == nullptr) continue;
      const Span span = At(file, block->title);
      const auto [place, fresh] = titles.emplace(block->title.text, span);
      if (!fresh) {
        context->report
            .Emit(Kind::kDuplicateTest, span, "two tests have this title")
            .notes.push_back({place->second, "the first of them"});
      }
      CheckedTest test;
      if (TestBlock(*block, file, rules, context).Run(&test)) {
        tests.push_back(std::move(test));
      }
    }
  }
  return tests;
}

}  // namespace tocsin::dsl
