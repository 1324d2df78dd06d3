// What a rule tells, as a schema that other rules read.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

// With the fields that every alert has; `name`: the rule's, or "alert".
CheckedSchema AlertSchema(std::string name);

// Adds keys, collects and shows. A name that is there already stays; where two
// rules give one name different types, it is of any type.
void AddAlertFields(const CheckedRule& rule,
                    const std::deque<CheckedSchema>& schemas,
                    CheckedSchema* schema);

// Whether a name of the rule's own would be taken for a field of the event. Not
// for what only some rules tell: any new rule could break a reader of all.
bool HidesField(const CheckedSchema& schema, std::string_view name);

}  // namespace tocsin::dsl
