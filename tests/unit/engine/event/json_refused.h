// Texts that are no JSON (RFC 8259): a line's, and values inside an event.
#pragma once

#include <string_view>

namespace tocsin::testing {

using std::string_view_literals::operator""sv;

inline constexpr std::string_view kRefusedJson[] = {
    // Words that are none.
    "tru"sv, "truee"sv, "True"sv, "TRUE"sv, "nul"sv, "nulll"sv, "Null"sv,
    "fals"sv, "falsey"sv, "[tru]"sv, "[nul]"sv, "[fals]"sv, "[true1]"sv,
    "[nUll]"sv, "NaN"sv, "[NaN]"sv, "[-NaN]"sv, "[nan]"sv, "[Inf]"sv,
    "[Infinity]"sv, "[-Infinity]"sv, "[+Inf]"sv, "undefined"sv, "[yes]"sv,
    "[a]"sv, "asd"sv, "[t]"sv, "[f]"sv, "[n]"sv,
    // Numbers that are none.
    "-"sv, "[-]"sv, "[--1]"sv, "[-a]"sv, "[- 1]"sv, "[+1]"sv, "[++1]"sv,
    "[01]"sv, "[-01]"sv, "[012]"sv, "[-012]"sv, "[00]"sv, "[-00]"sv, "[1.]"sv,
    "[-2.]"sv, "[.1]"sv, "[-.1]"sv, "[.]"sv, "[.-1]"sv, "[.2e-3]"sv, "[0.e1]"sv,
    "[2.e3]"sv, "[2.e+3]"sv, "[2.e-3]"sv, "[0.1.2]"sv, "[1..2]"sv, "[1e]"sv,
    "[1E]"sv, "[1e+]"sv, "[1e-]"sv, "[1E+]"sv, "[0e]"sv, "[0e+]"sv, "[1.0e]"sv,
    "[1.0e+]"sv, "[1.0e-]"sv, "[1eE2]"sv, "[1e1.5]"sv, "[0.3e]"sv, "[9.e+]"sv,
    "[0x1]"sv, "[0x42]"sv, "[0b1]"sv, "[0o7]"sv, "[1 000]"sv, "[1_000]"sv,
    "[1,000.]"sv, "[1+2]"sv, "[1-]"sv, "[-1x]"sv, "[1ea]"sv, "[1.2a-3]"sv,
    "[1.8011670033376514H-308]"sv, "[-1.0.]"sv, "[1f]"sv, "[0l]"sv, "[1\xe5]"sv,
    "[0\xe5]"sv, "[1e1\xe5]"sv, "[-\xef\xbc\x91]"sv, "[\xef\xbc\x91]"sv,
    "1\"y\""sv,
    // Strings without end, with raw control bytes, with escapes that are none.
    "\""sv, "\"a"sv, "[\""sv, "[\"a"sv, "[\"a]"sv, "[\"\\\"]"sv, "\"\\\""sv,
    "[\"\\\\\\\"]"sv, "['a']"sv, "'a'"sv, "[\"a'"sv,
    "[\xe2\x80\x9c\x61\xe2\x80\x9d]"sv, "[`a`]"sv, R"(["\a"])"sv,
    R"(["\x00"])"sv, R"(["\x"])"sv, R"(["\0"])"sv, R"(["\'"])"sv,
    R"(["\U0061"])"sv, R"(["\u"])"sv, R"(["\u1"])"sv, R"(["\u00A"])"sv,
    R"(["\u00G0"])"sv, R"(["\uqqqq"])"sv, R"(["\u+123"])"sv, R"(["\u 123"])"sv,
    R"(["\u-123"])"sv, R"(["\uD834\u"])"sv, R"(["\uD834\uDd"])"sv,
    R"(["\uD800\u1"])"sv, R"(["\uD800\u1x"])"sv, R"(["\uD800\x"])"sv,
    "[\"\\ \"]"sv, "[\"\\\t\"]"sv, "[\"a\tb\"]"sv, "[\"a\rb\"]"sv,
    "[\"a\x1f\"]"sv, "[\"a\x01\"]"sv, "[\"\x1b\"]"sv, "[\"a\0b\"]"sv,
    "\"\0\""sv, "[\"\\\0\"]"sv, "[\"\\\xe5\"]"sv, "[\"\\u\xe5\"]"sv,
    "[\"\\\xf0\x9f\x8c\x80\"]"sv, R"([\n])"sv, R"([\u0020"a"])"sv,
    R"(\u0020[])"sv, R"(["a"b])"sv, R"(["a" "b"])"sv, R"(["a""b"])"sv,
    R"([a"b"])"sv,
    // Lists.
    "["sv, "]"sv, "[1"sv, "1]"sv, "[]]"sv, "[1]]"sv, "[[]"sv, "[[1]"sv, "[,]"sv,
    "[1,]"sv, "[,1]"sv, "[1,,2]"sv, "[1,,]"sv, "[,,]"sv, "[\"\",]"sv, "[1 2]"sv,
    "[1:2]"sv, "[\"a\":1]"sv, "[1;2]"sv, "[(1)]"sv, "[1}"sv, "[1,{]"sv, "[1,"sv,
    "[{}"sv, "[{"sv, "[\"a\","sv, "[][]"sv, "[1][2]"sv, "[],"sv, "[]x"sv,
    "[1]x"sv, "[1]true"sv, "[*]"sv, "[#]"sv, "[<null>]"sv, "<.>"sv, "[3[4]]"sv,
    "[[] []]"sv, "[1,\x0c\x32]"sv, "[\x0b]"sv, "[\x1e]"sv,
    // Objects.
    "{"sv, "}"sv, "{\""sv, "{\"a"sv, "{\"a\""sv, "{\"a\":"sv, "{\"a\":1"sv,
    "{\"a\":\"b"sv, "{\"a\":1,"sv, "{]"sv, "{}}"sv, "{\"a\":1}}"sv, "{}x"sv,
    "{}#"sv, "{,}"sv, "{a}"sv, "{a:1}"sv, "{a:\"b\"}"sv, "{'a':1}"sv, "{1:1}"sv,
    "{null:null,null:null}"sv, "{\"a\"}"sv, "{\"a\",1}"sv, "{\"a\" 1}"sv,
    "{\"a\"::1}"sv, "{\"a\":}"sv, "{\"a\":,}"sv, "{:1}"sv, "{:\"b\"}"sv,
    "{\"a\":1,}"sv, "{\"a\":1,,}"sv, "{,\"a\":1}"sv, "{\"a\":1,,\"b\":2}"sv,
    "{\"a\":1 \"b\":2}"sv, "{\"a\":1;\"b\":2}"sv, "{\"a\":1]"sv, "{[1]:2}"sv,
    "{\"a\":\"a\" 123}"sv, "{\"a\":\"b\",\"c\"}"sv, "{\"a\":1 2}"sv,
    "{\"a\":true}/**/"sv, "{\"a\":true}//"sv, "{\"a\":/*c*/1}"sv, "{\"a\"=1}"sv,
    "{\"\\q\":1}"sv, "{\"a\tb\":1}"sv, "{\"a\":1}x"sv, "{{}}"sv,
    "{{\"a\":1}}"sv, "{\"a\":{\"b\":1}"sv, "{\xf0\x9f\x87\xa8}"sv,
    "{\"\xb9\":\"0\",}"sv,
    // Comments, and what stands where nothing may.
    "/**/"sv, "//"sv, "[1]//"sv, "[/**/1]"sv, "[1/*x*/]"sv, "[1,/"sv, "#"sv,
    "*"sv, ","sv, ":"sv, ";"sv, "\\"sv, "&"sv, "$"sv, "@"sv, "^"sv, "`"sv,
    "_"sv, "\x7f"sv, "\0"sv, "[\0]"sv, "\0[1]"sv, "[1\0]"sv, "1\0"sv,
    // Blanks that are none, marks that are cut, bytes outside of strings.
    "[\xc2\xa0]"sv, "[\xe2\x80\x83]"sv, "[\xe2\x81\xa0]"sv, "\xe2\x81\xa0"sv,
    "[\xe2\x80\xa8]"sv, "\xef\xbb{}"sv, "\xef\xbf\xbe{}"sv, "[\xef\xbb\xbf]"sv,
    "\xe5"sv, "\xff"sv, "[\xff]"sv, "[1,\xff]"sv, "\xc3\xa5"sv, "[\xc3\xa5]"sv,
    "[\"a\"\xe5]"sv, "{\"a\":1\xe5}"sv, "{\xe5}"sv, "\xfe\xff{}"sv};

}  // namespace tocsin::testing
