// Literals as values, and values as text in messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dsl/cst/cst.h"
#include "engine/event/type.h"
#include "engine/event/value.h"

namespace tocsin::dsl {

// The value of a literal and its kind; false when no value holds it (an
// integer beyond 64 bits).
bool LiteralValue(const cst::Literal& literal, Constant* value, TypeKind* kind);

// 1h30m in microseconds; false on overflow.
bool DurationMicros(std::string_view text, std::int64_t* us);

// A value of `kind` in a list file or in quotes: "10.0.0.0/8" as cidr.
bool ParseAs(std::string_view text, TypeKind kind, Constant* value);

// As an author writes it: "text", 401, 10.0.0.0/8.
std::string FormatConstant(const Constant& value);

// YYYY-MM-DD as microseconds since the epoch, taken as UTC.
bool ParseDay(std::string_view text, std::int64_t* us);

// Whether the network has bits set behind its prefix, as written.
bool HasHostBits(std::string_view text);

// An address as the network that holds only it.
Cidr NetworkOf(const IpAddress& address);

}  // namespace tocsin::dsl
