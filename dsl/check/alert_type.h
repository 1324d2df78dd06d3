// What a rule tells, as a schema that other rules read.
#pragma once

#include <deque>
#include <string>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// With the fields that every alert has; `name`: the rule's, or "alert".
CheckedSchema AlertSchema(std::string name);

// Adds keys, collects and shows. A name that is there already stays; where two
// rules give one name different types, it is of any type.
void AddAlertFields(const CheckedRule& rule,
                    const std::deque<CheckedSchema>& schemas,
                    CheckedSchema* schema);

}  // namespace tocsin::dsl
