// All tests; of each the rules that it names, its statements and its clock.
#include "dsl/check/test_blocks.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/lint_rules.h"
#include "dsl/check/test_block.h"
#include "dsl/check/test_json.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

std::string_view ShortName(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

}  // namespace

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
  LintUndecided(test_, tested_, &context_);
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
  if (!symbols.unreadable.contains(last)) {
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
