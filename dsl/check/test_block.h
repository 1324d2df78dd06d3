// One `test` block, statement by statement. A statement that could not be read
// was reported; the test then is checked as far as it goes and is not among
// those that can be run. One file a concern: test_blocks.cc the rules and the
// clock, test_sends.cc, test_expects.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/check/checked_test.h"
#include "dsl/check/context.h"
#include "dsl/check/expr_checker.h"

namespace tocsin::dsl {

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

}  // namespace tocsin::dsl
