// UTF-8 by the table of well-formed sequences (Unicode 15, table 3-7).
#include "dsl/parser/utf8.h"

namespace tocsin::dsl::syntax {
namespace {

// How many bytes follow `lead`, and the range of the first of them.
struct Form {
  int tail;
  unsigned char low;
  unsigned char high;
};

std::optional<Form> FormOf(unsigned char lead) {
  if (lead == 0) return std::nullopt;
  if (lead < 0x80) return Form{0, 0, 0};
  if (lead < 0xc2) return std::nullopt;
  if (lead < 0xe0) return Form{1, 0x80, 0xbf};
  if (lead == 0xe0) return Form{2, 0xa0, 0xbf};
  if (lead == 0xed) return Form{2, 0x80, 0x9f};
  if (lead < 0xf0) return Form{2, 0x80, 0xbf};
  if (lead == 0xf0) return Form{3, 0x90, 0xbf};
  if (lead < 0xf4) return Form{3, 0x80, 0xbf};
  if (lead == 0xf4) return Form{3, 0x80, 0x8f};
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> FirstNonText(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::optional<Form> form =
        FormOf(static_cast<unsigned char>(bytes[at]));
    if (!form) return at;
    for (int i = 1; i <= form->tail; ++i) {
      const std::size_t next = at + static_cast<std::size_t>(i);
      if (next >= bytes.size()) return at;
      const auto byte = static_cast<unsigned char>(bytes[next]);
      const unsigned char low = i == 1 ? form->low : 0x80;
      const unsigned char high = i == 1 ? form->high : 0xbf;
      if (byte < low || byte > high) return at;
    }
    at += static_cast<std::size_t>(form->tail) + 1;
  }
  return std::nullopt;
}

}  // namespace tocsin::dsl::syntax
