#include "engine/sequence/framer.h"

#include <algorithm>
#include <cstring>

#include "engine/base/limits.h"

namespace tocsin {
namespace {

// A read of fewer bytes than this is not worth its call.
constexpr std::size_t kUsefulRead = 16u << 10;

}  // namespace

void Framer::Begin(EventBatch* batch) {
  batch->Clear();
  batch_ = batch;
  filled_ = lines_end_ = 0;
  cut_ = false;
  const std::size_t need =
      std::max(limits::kChunkBytes, rest_.size() + kUsefulRead);
  if (batch->bytes.size() < need + EventBatch::kPadding) {
    batch->bytes.resize(need + EventBatch::kPadding);
  }
  std::memcpy(batch->bytes.data(), rest_.data(), rest_.size());
  filled_ = rest_.size();
  rest_.clear();
  Look(0);
}

char* Framer::Room(std::size_t* capacity) {
  std::vector<char>& bytes = batch_->bytes;
  std::size_t end = limits::kChunkBytes;
  if (filled_ + kUsefulRead > end) {
    // One long line: its chunk grows by doubling up to one byte past the limit.
    end = std::min(std::max(2 * filled_, filled_ + kUsefulRead),
                   limits::kLineBytes + 1);
    end = std::max(end, filled_ + 1);
  }
  if (bytes.size() < end + EventBatch::kPadding) {
    bytes.resize(end + EventBatch::kPadding);
  }
  *capacity = end - filled_;
  return bytes.data() + filled_;
}

// Takes note of line feeds in [from, filled_) and skips the rest of a cut line.
void Framer::Look(std::size_t from) {
  char* const data = batch_->bytes.data();
  if (skipping_) {
    const void* end = std::memchr(data + from, '\n', filled_ - from);
    if (end == nullptr) {
      filled_ = from;
      return;
    }
    const std::size_t next = static_cast<const char*>(end) - data + 1;
    std::memmove(data + from, data + next, filled_ - next);
    filled_ -= next - from;
    skipping_ = false;
  }
  if (from < filled_) {
    const void* const end = memrchr(data + from, '\n', filled_ - from);
    if (end != nullptr) lines_end_ = static_cast<const char*>(end) - data + 1;
  }
  if (lines_end_ == 0 && filled_ > limits::kLineBytes) cut_ = true;
}

void Framer::Commit(std::size_t size) {
  const std::size_t from = filled_;
  filled_ += size;
  Look(from);
}

void Framer::EndLine() {
  if (skipping_) {
    skipping_ = false;
    return;
  }
  if (filled_ == lines_end_) return;
  batch_->bytes[filled_] = '\n';  // Room() and kPadding leave a byte.
  const std::size_t from = filled_++;
  Look(from);
}

bool Framer::Full() const {
  return cut_ ||
         (lines_end_ > 0 && filled_ + kUsefulRead > limits::kChunkBytes);
}

bool Framer::Finish() {
  std::size_t end = lines_end_;
  if (cut_) {
    end = limits::kLineBytes;
    batch_->truncated_last = true;
    skipping_ = true;
  }
  const std::string_view left(batch_->bytes.data() + end, filled_ - end);
  if (cut_) {
    // At most what one read gave beyond the limit; it may hold the line's end.
    const std::size_t feed = left.find('\n');
    if (feed != std::string_view::npos) {
      skipping_ = false;
      rest_.assign(left.substr(feed + 1));
    }
  } else {
    rest_.assign(left);
  }
  batch_->input_size = end;
  if (end == 0) return false;
  // What is behind the input must not look like more of it.
  std::memset(batch_->bytes.data() + end, 0, EventBatch::kPadding);
  return true;
}

void Framer::FinishAt(std::size_t end, bool cut) {
  rest_.assign(batch_->bytes.data() + end, filled_ - end);
  batch_->input_size = end;
  if (cut) {
    batch_->truncated_last = true;
    skipping_ = true;
  }
  std::memset(batch_->bytes.data() + end, 0, EventBatch::kPadding);
}

void Framer::Restore(std::string_view rest, bool skipping) {
  rest_.assign(rest);
  skipping_ = skipping;
}

std::uint64_t CountLines(const EventBatch& batch) {
  const char* at = batch.bytes.data();
  const char* const end = at + batch.input_size;
  std::uint64_t lines = 0;
  if (!batch.rows.empty() && batch.rows.back().offset < batch.input_size) {
    const Row& last = batch.rows.back();
    lines = last.line;
    at += last.offset + last.size;
  }
  while (at < end) {
    const void* const feed = std::memchr(at, '\n', end - at);
    ++lines;
    if (feed == nullptr) break;
    at = static_cast<const char*>(feed) + 1;
  }
  return lines;
}

}  // namespace tocsin
