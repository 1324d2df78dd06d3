// The built-in schema k8s.audit, written in the schema language itself.
#pragma once

#include <string_view>

#include "dsl/cst/cst.h"

namespace tocsin::dsl {

inline constexpr std::string_view kAuditSchemaName = "k8s.audit";

// The text, for `explain` and the documentation.
std::string_view AuditSchemaText();

// The text read once, with file id kBuiltInFile.
const cst::File& AuditSchemaFile();

}  // namespace tocsin::dsl
