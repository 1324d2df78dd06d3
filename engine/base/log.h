// What the service tells its operator: one line an occasion, on stderr, as
// text or JSON. Written where someone decides (pipeline, connectors, app), not
// where someone notices. Thread-safe; never throws; invalid UTF-8 is repaired.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tocsin {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

// A value that belongs to a message: {"path", path}.
struct LogField {
  std::string_view key;
  std::string value;
};

// Text, from info on, until this is called. May be called again.
void InitLog(const LogOptions& options);

// Text:  2026-11-22T10:00:00.000Z info    rules loaded rules=25 path="a b"
// JSON:  {"time":"...","level":"info","message":"rules loaded","rules":"25"}
void Log(LogLevel level, std::string_view message,
         std::initializer_list<LogField> fields = {});

std::string_view LogLevelName(LogLevel level);

}  // namespace tocsin
