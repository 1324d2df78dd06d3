// Texts that are JSON (RFC 8259), none with a line feed in it: a line's, and
// values inside an event.
#pragma once

#include <string_view>

namespace tocsin::testing {

using std::string_view_literals::operator""sv;

inline constexpr std::string_view kAcceptedJson[] = {
    // Words, alone and in a list.
    "true"sv, "false"sv, "null"sv, "[true]"sv, "[false]"sv, "[null]"sv,
    "[true,false,null]"sv, "[null,1,null]"sv,
    // Numbers.
    "0"sv, "-0"sv, "7"sv, "-1"sv, "[4]"sv, "[0]"sv, "[-0]"sv, "[-123]"sv,
    "[123]"sv, "[20e1]"sv, "[0e+1]"sv, "[0e1]"sv, "[0E1]"sv, "[1E22]"sv,
    "[1E-2]"sv, "[1E+2]"sv, "[123e45]"sv, "[123e65]"sv, "[123.456e78]"sv,
    "[123.456789]"sv, "[1e-2]"sv, "[1e+2]"sv, "[-0.1]"sv, "[0.0]"sv, "[-0.0]"sv,
    "[0.0e0]"sv, "[-1.5E-3]"sv, "[1 ]"sv, "[ 1]"sv, "[9223372036854775807]"sv,
    "[-9223372036854775808]"sv, "[9223372036854775808]"sv,
    "[18446744073709551615]"sv, "[18446744073709551616]"sv,
    "[100000000000000000000000]"sv,
    "[-0.000000000000000000000000000000000000000000000000000000000000001]"sv,
    "[2.2250738585072011e-308]"sv, "[5e-324]"sv, "[1e-400]"sv,
    "[1.7976931348623157e308]"sv, "[0.00000000000000000000000000000000001]"sv,
    // Strings: as they are, and every escape.
    R"("")"sv, R"("a")"sv, R"(" ")"sv, R"([""])"sv, R"(["a"])"sv,
    R"(["\"\\\/\b\f\n\r\t"])"sv, R"(["\""])"sv, R"(["\\"])"sv, R"(["\\\\"])"sv,
    R"(["\\n"])"sv, R"(["\\\""])"sv, R"(["\/"])"sv,
    R"(["\u0060\u012a\u12AB"])"sv, R"(["\u0000"])"sv, R"(["\u0012"])"sv,
    R"(["\u001f"])"sv, R"(["\u007f"])"sv, R"(["\u0022"])"sv, R"(["\u005C"])"sv,
    R"(["\u0061\u30af\u30EA\u30b9"])"sv, R"(["\u00e4\u00E4"])"sv,
    R"(["\uFFFF"])"sv, R"(["\uFFFE"])"sv, R"(["\uFDD0"])"sv, R"(["\uFEFF"])"sv,
    R"(["\u2028\u2029"])"sv, R"(["\u200B\u2064"])"sv, R"(["\u202e"])"sv,
    R"(["\uD834\uDd1e"])"sv, R"(["\ud83d\ude39\ud83d\udc8d"])"sv,
    R"(["\uDBFF\uDFFF"])"sv, R"(["\uD83F\uDFFE"])"sv, R"(["\\u0000"])"sv,
    R"(["\\ud800"])"sv, R"(["a/*b*/c/*d//e"])"sv,
    R"(["{\"kind\":\"Event\"}"])"sv, R"(["]},{[:"])"sv, R"(["asd "])"sv,
    R"([" asd"])"sv, R"(["new\u000Aline"])"sv, "[\"\x7f\"]"sv,
    "[\"a\x7f\x61\"]"sv,
    // Characters of two, three and four bytes, and the last of each.
    "\"\xc2\x80\""sv, "\"\xdf\xbf\""sv, "\"\xe0\xa0\x80\""sv,
    "\"\xef\xbf\xbf\""sv, "\"\xf0\x90\x80\x80\""sv, "\"\xf4\x8f\xbf\xbf\""sv,
    "[\"\xed\x9f\xbf\"]"sv, "[\"\xee\x80\x80\"]"sv, "[\"\xe2\x80\xa8\"]"sv,
    "[\"\xe2\x80\xa9\"]"sv, "[\"\xe2\x82\xac\xf0\x9d\x84\x9e\"]"sv,
    "[\"\xef\xbb\xbf\"]"sv, "[\"\xf4\x8f\xbf\xbf\xef\xb7\x90\"]"sv,
    // Lists.
    "[]"sv, "[[]]"sv, "[[[[[[]]]]]]"sv, "[[]   ]"sv, "[ ]"sv, "[\t]"sv,
    "[1,2]"sv, "[[1],[2,[3]]]"sv, "[1,null,\"1\",{}]"sv, "[{},[],{}]"sv,
    "[1,null,null,null,2]"sv, "[\"a\" , \"b\"]"sv,
    // Objects, with keys twice, empty, escaped, and with a NUL's escape.
    "{}"sv, "{ }"sv, R"({"":0})"sv, R"({"a":1})"sv, R"({"a":1,"b":2})"sv,
    R"({"a":"b","a":"c"})"sv, R"({"a":"b","a":"b"})"sv, R"({"a":[]})"sv,
    R"({"a":{"a":{"a":{}}}})"sv, R"({"foo\u0000bar":42})"sv,
    R"({"\u0061":1,"a":2})"sv, R"({"\uDFAA":0})"sv, R"({"a":-1.0e-2})"sv,
    R"({"x":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"y":"z"})"sv,
    R"({"min":-1.0e+28,"max":1.0e+28})"sv, R"({ "a" : 1 , "b" : [ ] })"sv,
    "{\"\xd0\xbf\":\"\xd0\xbe\"}"sv, R"({"a":null,"b":true,"c":false})"sv,
    // Blanks around it.
    " [1]"sv, "[1] "sv, "\t[1]\r"sv, " \t\r{}\r\t "sv, "[1,\t2]"sv, " 1 "sv,
    "{\r\"a\"\t:\r1\t}"sv};

}  // namespace tocsin::testing
