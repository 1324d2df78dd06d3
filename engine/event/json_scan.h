// A tolerant walk over JSON text that looks at strings and brackets only: for
// what must not depend on a parser, such as a line that was cut.
// Never reads outside the text it was given. Safe from any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

constexpr bool IsJsonBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view TrimJsonBlanks(std::string_view text);

// Where the string that begins at `at` (a quote) ends, one past its closing
// quote; npos when it does not.
std::size_t JsonStringEnd(std::string_view text, std::size_t at);

// Where the value that begins at `at` ends; npos when the text ends inside it,
// or it nests deeper. Brackets are counted, not told apart.
std::size_t JsonValueEnd(std::string_view text, std::size_t at,
                         std::size_t deepest = std::string_view::npos);

// The members of one object, in order, as long as they are whole.
class JsonMembers {
 public:
  struct Member {
    std::string_view key;    // Raw, without quotes.
    std::string_view value;  // Raw.
    std::string_view text;   // From the key's quote to the value's end.
  };
  // `object` begins with its brace.
  explicit JsonMembers(std::string_view object) : text_(object) {}
  bool Next(Member* member);

 private:
  std::size_t SkipBlanks(std::size_t at) const;

  std::string_view text_;
  std::size_t at_ = 1;
};

// Takes a malformed line apart that begins with a brace: where each of its
// pieces ends, in order; the last ends with the line. Whether a piece is an
// event is for its reader to say.
//
// A full disk cuts an event, and what is written next stands behind it in the
// same line. A piece is an object with nothing or another object behind it, or
// what was cut: up to where an event of an audit log begins, as an apiserver
// writes it. That beginning cannot stand in a string, whose quotes are escaped;
// nor is it taken for one in a body, where its parents go on behind it, unless
// the cut fell exactly there. Looks at each byte a bounded number of times.
void AppendPieceEnds(std::string_view line, std::vector<std::size_t>* ends);

// Of a line that was cut: an object of the members that stand whole before the
// cut (of an envelope under one of the keys `unwrap`: of its whole items).
// Empty when there is none.
std::string SalvageObject(std::string_view cut,
                          std::span<const std::string> unwrap);

}  // namespace tocsin
