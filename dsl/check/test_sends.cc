// `send`: which event, of which schema, how often, and what `with` changes.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/test_block.h"
#include "dsl/check/test_json.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {

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

}  // namespace tocsin::dsl
