#include "connectors/rocksdb/rocks_logger.h"

#include <rocksdb/env.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string>

#include "engine/base/log.h"

namespace tocsin {
namespace {

// A longer one is cut.
constexpr std::size_t kMessageBytes = 1'024;

class RocksLogger : public rocksdb::Logger {
 public:
  RocksLogger() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  void Logv(rocksdb::InfoLogLevel level, const char* format,
            va_list arguments) override {
    if (level < GetInfoLogLevel() || level > rocksdb::FATAL_LEVEL) return;
    std::array<char, kMessageBytes> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    std::string message = text.data();
    while (!message.empty() && message.back() == '\n') message.pop_back();
    Log(level == rocksdb::WARN_LEVEL ? LogLevel::kWarning : LogLevel::kError,
        "the state store tells of a trouble", {{"reason", std::move(message)}});
  }
  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::ERROR_LEVEL, format, arguments);
  }
  // Its version and its options.
  void LogHeader(const char*, va_list) override {}
};

}  // namespace

std::shared_ptr<rocksdb::Logger> MakeRocksLogger() {
  return std::make_shared<RocksLogger>();
}

}  // namespace tocsin
