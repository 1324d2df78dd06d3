// How tests and their coverage are shown: text for people, JSON an object a
// line, JUnit XML for CI.
#pragma once

#include <span>
#include <string>

#include "app/rule_tests/coverage.h"
#include "app/rule_tests/run_tests.h"

namespace tocsin {

// One test, whole lines: a verdict, and for a failed one what was expected and
// what came.
std::string ReportText(const TestReport& report, const dsl::SourceSet& sources,
                       bool colour);
std::string ReportJson(const TestReport& report, const dsl::SourceSet& sources);
// All of them: a <testsuite> a file.
std::string ReportJUnit(std::span<const TestReport> reports,
                        const dsl::SourceSet& sources);

// What was not seen, a line each, and the sum.
std::string CoverageText(const Coverage& coverage,
                         const dsl::SourceSet& sources);
std::string CoverageJson(const Coverage& coverage,
                         const dsl::SourceSet& sources);

}  // namespace tocsin
