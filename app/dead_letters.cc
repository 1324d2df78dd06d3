#include "app/dead_letters.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace tocsin {

std::string DeadLetterLine(const DeadLetter& letter, std::string_view source,
                           std::uint64_t line) {
  std::string out = "{\"source\":";
  AppendJsonString(source, &out);
  out += absl::StrFormat(",\"line\":%d,\"reason\":", line);
  AppendJsonString(letter.reason, &out);
  const bool text = ValidUtf8(letter.bytes) == letter.bytes;
  out += text ? ",\"encoding\":\"utf-8\",\"bytes\":"
              : ",\"encoding\":\"base64\",\"bytes\":";
  if (text) {
    AppendJsonString(letter.bytes, &out);
  } else {
    AppendJsonString(absl::Base64Escape(absl::string_view(letter.bytes.data(),
                                                          letter.bytes.size())),
                     &out);
  }
  return out + "}\n";
}

DeadLetters::DeadLetters(UniqueFd fd, std::string path, Locate locate)
    : fd_(std::move(fd)), path_(std::move(path)), locate_(std::move(locate)) {}

absl::StatusOr<std::unique_ptr<DeadLetters>> DeadLetters::Open(
    const std::string& path, Locate locate) {
  constexpr int kMode = 0640;
  UniqueFd fd(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!fd.valid()) {
    return ErrnoStatus(errno, absl::StrFormat("opening %s", path));
  }
  return std::unique_ptr<DeadLetters>(
      new DeadLetters(std::move(fd), path, std::move(locate)));
}

void DeadLetters::Write(const DeadLetter& letter) {
  if (!status_.ok()) return;
  const FileSource::Place place =
      locate_(std::string(letter.source), letter.line);
  status_ = WriteAll(fd_.get(), DeadLetterLine(letter, place.path, place.line),
                     path_);
}

}  // namespace tocsin
