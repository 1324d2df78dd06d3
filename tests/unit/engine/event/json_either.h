// Texts of which JSON (RFC 8259) leaves to a reader what it makes of them, and
// texts with a line feed, which ends a line.
#pragma once

#include <string_view>

namespace tocsin::testing {

using std::string_view_literals::operator""sv;

inline constexpr std::string_view kEitherJson[] = {
    // Numbers that no double holds.
    "[1e999]"sv, "[-1e999]"sv, "[1e1000000000000000000]"sv, "[1.5e+9999]"sv,
    "[-1e+9999]"sv, "[123e100000]"sv, "[0.4e00669999999999999999969999999]"sv,
    "[123e-10000000]"sv, "[-123123123123123123123123123123]"sv,
    // Halves of pairs.
    R"(["\uD800"])"sv, R"(["\uDFFF"])"sv, R"(["\uDd1e\uD834"])"sv,
    R"(["\uD800\n"])"sv, R"(["\uD800abc"])"sv, R"(["\uD800\uD800\n"])"sv,
    R"(["\uD888\u1234"])"sv, R"(["\uD800\uD800"])"sv, R"({"\uD800":1})"sv,
    // Bytes that are no UTF-8, in strings.
    "[\"\xff\"]"sv, "[\"\x80\"]"sv, "[\"\x81\"]"sv, "[\"\xe9\"]"sv,
    "[\"\xc3\"]"sv, "[\"\xe6\x97\xa5\xd1\x88\xfa\"]"sv, "[\"\xc0\xaf\"]"sv,
    "[\"\xc1\xbf\"]"sv, "[\"\xe0\x80\x80\"]"sv, "[\"\xe0\xff\"]"sv,
    "[\"\xed\xa0\x80\"]"sv, "[\"\xed\xbf\xbf\"]"sv, "[\"\xf0\x80\x80\xaf\"]"sv,
    "[\"\xf4\xbf\xbf\xbf\"]"sv, "[\"\xf8\x88\x80\x80\x80\"]"sv,
    "[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"sv, "[\"\xfe\xff\"]"sv, "[\"\xe2\x82\"]"sv,
    "{\"\xff\":1}"sv, "\"\xf0\x9f\x98\""sv,
    // Marks of byte order; UTF-16; nothing at all.
    "\xef\xbb\xbf{}"sv, "\xef\xbb\xbf"sv, "\xef\xbb\xbf\xef\xbb\xbf{}"sv,
    "\xff\xfe["sv, "[\0\"\0\xe9\0\"\0]\0"sv, "\0[\0\"\0\xe9\0\"\0]"sv, ""sv,
    " "sv,
    // More than one object; deeper than some go.
    "{}{}"sv, "{} {}"sv, "{\"a\":1}{\"b\":2}"sv,
    // With a line feed.
    "\n"sv, "[1]\n"sv, "\n[1]"sv, "[1\n,2]"sv, "{\"a\":1\n}"sv, "[\n]"sv,
    "[\"a\nb\"]"sv, "{\"a\":\"b\\\n\"}"sv, "{}\n{}"sv, "[\"\\u000\nA\"]"sv};

}  // namespace tocsin::testing
