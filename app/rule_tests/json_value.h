// JSON of test blocks at work: written out, changed at a path, compared. The
// values are dsl::TestJson, which the checker made of the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dsl/check/checked_test.h"
#include "engine/event/type.h"

namespace tocsin {

// Members in their order, in one line, a blank behind `:` and `,`.
void AppendJsonText(const dsl::TestJson& json, std::string* out);

// Of a canonical encoding (engine/event/value.h); an object is its JSON text.
dsl::TestJson JsonOf(std::string_view encoding);
dsl::TestJson JsonText(std::string text);
dsl::TestJson JsonNumber(std::string text);

// What stands at the path (no [*]); null when nothing does.
const dsl::TestJson* FindAt(const dsl::TestJson& json, const FieldPath& path);
// Puts `value` there; what lacks on the way is made. False when the path does
// not lead through what stands there already.
bool SetAt(const FieldPath& path, dsl::TestJson value, dsl::TestJson* json);

// Whether `actual` has all that `expected` says: of objects each member named,
// lists as sets, numbers by value, addresses and times by what they mean; a
// time may be told as a span since `zero_us`.
bool Agrees(const dsl::TestJson& expected, const dsl::TestJson& actual,
            std::int64_t zero_us);

}  // namespace tocsin
