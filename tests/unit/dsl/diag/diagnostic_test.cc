#include "dsl/diag/diagnostic.h"

#include <set>
#include <string>

#include "engine/base/limits.h"
#include "gtest/gtest.h"

namespace tocsin::dsl {
namespace {

TEST(RegistryTest, EveryKindHasItsOwnCodeAndName) {
  std::set<std::string_view> codes;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < KindCount(); ++i) {
    const KindRecord& record = Describe(static_cast<Kind>(i));
    EXPECT_TRUE(codes.insert(record.code).second) << record.code;
    EXPECT_TRUE(names.insert(record.name).second) << record.name;
    EXPECT_FALSE(record.title.empty()) << record.code;
  }
}

TEST(RegistryTest, ACodeSaysItsSeverity) {
  for (std::size_t i = 0; i < KindCount(); ++i) {
    const KindRecord& record = Describe(static_cast<Kind>(i));
    ASSERT_EQ(record.code.size(), 5u) << record.code;
    EXPECT_EQ(record.code[0] == 'E', record.severity == Severity::kError)
        << record.code;
  }
}

TEST(DiagnosticSinkTest, CountsErrorsAndWarnings) {
  DiagnosticSink sink;
  EXPECT_FALSE(sink.has_errors());

  sink.Emit(Kind::kExpected, {0, 1, 2}, "expected a name").help = "write one";

  EXPECT_TRUE(sink.has_errors());
  EXPECT_EQ(sink.errors(), 1u);
  EXPECT_EQ(sink.warnings(), 0u);
  EXPECT_EQ(sink.diagnostics()[0].help, "write one");
}

TEST(DiagnosticSinkTest, KeepsNoMoreThanTheLimitOfOneFile) {
  DiagnosticSink sink;
  for (std::size_t i = 0; i < limits::kErrorsShown + 5; ++i) {
    sink.Emit(Kind::kExpected, {1, 0, 0}, "x").help = "still writable";
  }
  sink.Emit(Kind::kExpected, {0, 0, 0}, "another file");

  EXPECT_EQ(sink.diagnostics().size(), limits::kErrorsShown + 1);
  EXPECT_EQ(sink.suppressed(), 5u);
  EXPECT_EQ(sink.errors(), limits::kErrorsShown + 6);
}

TEST(DiagnosticSinkTest, SortsByFileThenPlaceThenCode) {
  DiagnosticSink sink;
  sink.Emit(Kind::kExpected, {1, 0, 0}, "third");
  sink.Emit(Kind::kBadString, {0, 9, 9}, "second");
  sink.Emit(Kind::kExpected, {0, 9, 9}, "first");

  sink.Sort();

  EXPECT_EQ(sink.diagnostics()[0].message, "first");
  EXPECT_EQ(sink.diagnostics()[1].message, "second");
  EXPECT_EQ(sink.diagnostics()[2].message, "third");
}

}  // namespace
}  // namespace tocsin::dsl
