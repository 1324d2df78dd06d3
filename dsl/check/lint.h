// Lint over what has no mistake: tests that decide nothing, and what is known
// of Kubernetes audit logs.
#pragma once

#include <string_view>

#include "dsl/check/context.h"
#include "dsl/check/truth.h"

namespace tocsin::dsl {

// Tests within `within` (the clause as written) that always or never hold,
// given `facts`. `whole`: also the expression itself.
void LintTests(const CheckedExpr& expr, Span within, const Facts& facts,
               const TruthFinder& finder, Context* context);

// k8s.audit: 401 at ResponseComplete, exec without get.
void LintAuditFilter(const CheckedExpr& filter, Span where,
                     const TruthFinder& finder, Context* context);
// k8s.audit: an exception that holds of every service account.
void LintAuditException(const CheckedExpr& exception, Span span,
                        const TruthFinder& finder, Context* context);

}  // namespace tocsin::dsl
