// The only file that sees spdlog: it stamps, filters and writes; the line
// itself is made here, so that text and JSON say the same.
#include "engine/base/log.h"

#include <memory>

#include "engine/base/utf8.h"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace tocsin {
namespace {

constexpr char kTextPattern[] = "%Y-%m-%dT%H:%M:%S.%eZ %v";
// The line is a JSON object whose first member is the time.
constexpr char kJsonPattern[] = "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v}";

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// One logger for the process. The format is set before threads start.
struct Logger {
  spdlog::logger logger{"tocsin",
                        std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  LogFormat format = LogFormat::kText;
  Logger() { Set({}); }
  void Set(const LogOptions& options) {
    format = options.format;
    const bool json = format == LogFormat::kJson;
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
    logger.set_level(ToSpdlog(options.level));
    logger.flush_on(spdlog::level::debug);
    logger.set_error_handler([](const std::string&) {});
  }
};

Logger& TheLogger() {
  static Logger logger;
  return logger;
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return false;
}

std::string TextLine(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line(LogLevelName(level));
  line.resize(std::string_view("warning ").size(), ' ');
  line += ValidUtf8(message);
  for (const LogField& field : fields) {
    line.push_back(' ');
    line += field.key;
    line.push_back('=');
    if (NeedsQuotes(field.value)) {
      AppendJsonString(field.value, &line);
    } else {
      line += field.value;
    }
  }
  return line;
}

std::string JsonLine(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line = "\"level\":";
  AppendJsonString(LogLevelName(level), &line);
  line += ",\"message\":";
  AppendJsonString(message, &line);
  for (const LogField& field : fields) {
    line.push_back(',');
    AppendJsonString(field.key, &line);
    line.push_back(':');
    AppendJsonString(field.value, &line);
  }
  return line;
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

void InitLog(const LogOptions& options) { TheLogger().Set(options); }

void Log(LogLevel level, std::string_view message,
         std::initializer_list<LogField> fields) {
  Logger& logger = TheLogger();
  if (!logger.logger.should_log(ToSpdlog(level))) return;
  const std::string line = logger.format == LogFormat::kJson
                               ? JsonLine(level, message, fields)
                               : TextLine(level, message, fields);
  logger.logger.log(ToSpdlog(level), spdlog::string_view_t(line));
}

}  // namespace tocsin
