#include "connectors/stdio/inflate.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

constexpr int kGzipWindow = 15 + 16;  // The largest, with a gzip header.

class GzipInflater : public Inflater {
 public:
  GzipInflater() { ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK; }
  ~GzipInflater() override { inflateEnd(&stream_); }
  GzipInflater(const GzipInflater&) = delete;
  GzipInflater& operator=(const GzipInflater&) = delete;

  absl::StatusOr<Progress> Step(std::string_view in, char* out,
                                std::size_t capacity) override {
    if (!ready_) return absl::ResourceExhaustedError("no memory for gzip");
    Progress progress;
    if (between_members_) {
      const std::size_t zeros = in.find_first_not_of('\0');
      progress.used = std::min(zeros, in.size());
      if (progress.used == in.size()) return progress;
      if (in[progress.used] != '\x1f') {
        return absl::DataLossError("bytes that are not gzip behind the end");
      }
      inflateReset(&stream_);
      between_members_ = false;
    }
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const std::size_t offered = std::min(in.size() - progress.used, kMost);
    const std::size_t room = std::min(capacity, kMost);
    // zlib reads next_in but its type is not const.
    stream_.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(in.data() + progress.used));
    stream_.avail_in = static_cast<uInt>(offered);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    progress.used += offered - stream_.avail_in;
    progress.made = room - stream_.avail_out;
    if (result == Z_STREAM_END) {
      between_members_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR && progress.made == 0) {
      return absl::DataLossError(absl::StrFormat(
          "broken gzip: %s", stream_.msg == nullptr ? "?" : stream_.msg));
    }
    return progress;
  }

  bool complete() const override { return between_members_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool between_members_ = false;
};

class ZstdInflater : public Inflater {
 public:
  ZstdInflater() : stream_(ZSTD_createDStream()) {}
  ~ZstdInflater() override { ZSTD_freeDStream(stream_); }
  ZstdInflater(const ZstdInflater&) = delete;
  ZstdInflater& operator=(const ZstdInflater&) = delete;

  absl::StatusOr<Progress> Step(std::string_view in, char* out,
                                std::size_t capacity) override {
    if (stream_ == nullptr) {
      return absl::ResourceExhaustedError("no memory for zstd");
    }
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, capacity, 0};
    const std::size_t result = ZSTD_decompressStream(stream_, &output, &input);
    if (ZSTD_isError(result)) {
      return absl::DataLossError(
          absl::StrFormat("broken zstd: %s", ZSTD_getErrorName(result)));
    }
    between_frames_ = result == 0;
    return Progress{input.pos, output.pos};
  }

  bool complete() const override { return between_frames_; }

 private:
  ZSTD_DStream* stream_;
  bool between_frames_ = false;
};

}  // namespace

std::unique_ptr<Inflater> InflaterFor(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return std::make_unique<GzipInflater>();
  const bool skippable = head.size() >= 4 && (head[0] & 0xF0) == 0x50 &&
                         head.substr(1, 3) == "\x2a\x4d\x18";
  if (head.starts_with("\x28\xb5\x2f\xfd") || skippable) {
    return std::make_unique<ZstdInflater>();
  }
  return nullptr;
}

}  // namespace tocsin
