// Texts that are rewritten in place: a file is read with what tells whether it
// was changed meanwhile, and is replaced as a whole or not at all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

struct TextFile {
  std::string path;   // As it was named.
  std::string bytes;  // At most the limit and one more.

  // Of the file when it was read.
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed_ns = 0;
  mode_t mode = 0;
  uid_t user = 0;
  gid_t group = 0;
};

// As FdReader::Open and Read; also Aborted when the file changes while it is
// read, InvalidArgument when it is compressed: it could not be written back.
absl::StatusOr<TextFile> ReadTextFile(const std::string& path,
                                      std::size_t limit);

// "byte 0xe9 in line 3 is not UTF-8 text", of the first such byte; empty when
// all of it is text.
std::string WhyNoText(std::string_view bytes);

// Writes a new file beside the old one (beside its target, when it is a link)
// and puts it in its place: a reader sees the one or the other. Mode and owner
// are kept. Aborted when the file is no longer what was read.
absl::Status ReplaceTextFile(const TextFile& file, std::string_view bytes);

}  // namespace tocsin
