// The built-in functions, each as its line in language.md says.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <map>

#include "engine/base/check.h"
#include "re2/re2.h"
#include "tests/property/reference_expr.h"

namespace tocsin::reference {
namespace {

std::string AsciiUpper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  const std::size_t last = text.find_last_not_of(kBlanks);
  return std::string(text.substr(first, last - first + 1));
}

std::vector<std::string> Split(std::string_view text, std::string_view by) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t at = by.empty() ? std::string_view::npos : text.find(by);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + by.size());
  }
}

Value TextList(const std::vector<std::string>& texts) {
  std::vector<Value> items;
  for (const std::string& text : texts) items.push_back(MakeText(text));
  return MakeList(std::move(items));
}

Value Join(const Value& list, const std::string& by) {
  if (list.kind != Kind::kList) return {};
  std::string out;
  bool first = true;
  for (const Value& item : list.items) {
    const Value text = TextOf(item);
    if (text.missing()) continue;
    if (!first) out += by;
    out += text.text;
    first = false;
  }
  return MakeText(out);
}

std::string Replace(std::string_view text, std::string_view a,
                    std::string_view b) {
  if (a.empty()) return std::string(text);
  std::string out;
  for (;;) {
    const std::size_t at = text.find(a);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += b;
    text.remove_prefix(at + a.size());
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `form`: as in a query, where a plus is a blank.
std::string UrlDecode(std::string text, bool form = false) {
  std::string out;
  if (form) std::replace(text.begin(), text.end(), '+', ' ');
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      out +=
          static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return Repair(out);
}

Value UrlQuery(const std::string& uri, const std::string& name) {
  std::string query = uri;
  const std::size_t mark = query.find('?');
  if (mark == std::string::npos) return MakeList({});
  query = query.substr(mark + 1);
  query = query.substr(0, query.find('#'));
  std::vector<std::string> values;
  for (const std::string& pair : Split(query, "&")) {
    const std::size_t equals = pair.find('=');
    if (UrlDecode(pair.substr(0, equals), true) != name) continue;
    values.push_back(equals == std::string::npos
                         ? ""
                         : UrlDecode(pair.substr(equals + 1), true));
  }
  return TextList(values);
}

Value Base64Decode(std::string text) {
  while (!text.empty() && text.back() == '=') text.pop_back();
  if (text.size() % 4 == 1) return {};
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    int digit = -1;
    if (c >= 'A' && c <= 'Z') digit = c - 'A';
    if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
    if (c >= '0' && c <= '9') digit = c - '0' + 52;
    if (c == '+' || c == '-') digit = 62;
    if (c == '/' || c == '_') digit = 63;
    if (digit < 0) return {};
    bits = (bits << 6) | static_cast<unsigned>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 0xFF);
    }
  }
  return MakeText(Repair(out));
}

Value Extract(const std::string& text, const std::string& pattern) {
  const RE2 re(pattern, RE2::Quiet);
  if (!re.ok() || re.NumberOfCapturingGroups() < 1) return {};
  std::array<re2::StringPiece, 2> groups;
  if (!re.Match(text, 0, text.size(), RE2::UNANCHORED, groups.data(), 2)) {
    return {};
  }
  if (groups[1].data() == nullptr) return {};
  return MakeText(std::string(groups[1].data(), groups[1].size()));
}

Value ToInt(const Value& v) {
  if (v.kind == Kind::kInt || v.kind == Kind::kUint) return v;
  if (v.kind == Kind::kFloat) {
    const double cut = std::trunc(v.f);
    if (cut < -9223372036854775808.0 || cut >= 9223372036854775808.0) return {};
    return MakeInt(static_cast<std::int64_t>(cut));
  }
  if (v.kind != Kind::kString || v.text.empty()) return {};
  const std::size_t first = v.text[0] == '-' ? 1 : 0;
  if (first == v.text.size() ||
      v.text.find_first_not_of("0123456789", first) != std::string::npos) {
    return {};
  }
  errno = 0;
  const long long value = std::strtoll(v.text.c_str(), nullptr, 10);
  return errno == 0 ? MakeInt(value) : Value();
}

Value ToFloat(const Value& v) {
  if (v.kind == Kind::kFloat) return v;
  if (v.kind == Kind::kInt) return MakeFloat(static_cast<double>(v.i));
  if (v.kind == Kind::kUint) return MakeFloat(static_cast<double>(v.u));
  if (v.kind != Kind::kString || v.text.empty()) return {};
  if (v.text.find_first_not_of("+-.eE0123456789") != std::string::npos) {
    return {};
  }
  char* end = nullptr;
  const double value = std::strtod(v.text.c_str(), &end);
  return *end == '\0' ? MakeFloat(value) : Value();
}

// Conversions to address, network and time take the elements of a list.
Value EachElement(Value (*convert)(const Value&), const Value& v) {
  if (v.kind != Kind::kList) return convert(v);
  std::vector<Value> items;
  for (const Value& item : v.items) {
    items.push_back(item.kind == Kind::kList ? Value() : convert(item));
  }
  return MakeList(std::move(items));
}

Value ToIp(const Value& v) {
  if (v.kind == Kind::kIp) return v;
  IpAddress address;
  if (v.kind != Kind::kString || !ParseIp(v.text, &address)) return {};
  return MakeIp(address);
}

Value ToCidr(const Value& v) {
  if (v.kind == Kind::kCidr) return v;
  Cidr network;
  if (v.kind == Kind::kIp) {
    network.base = v.ip;
    network.prefix = 128;
    return MakeCidr(network);
  }
  if (v.kind != Kind::kString || !ParseCidr(v.text, &network)) return {};
  return MakeCidr(network);
}

Value ToTime(const Value& v) {
  if (v.kind == Kind::kTime) return v;
  std::int64_t us = 0;
  if (v.kind != Kind::kString || !ParseRfc3339(v.text, &us)) return {};
  return MakeTime(us);
}

// The C library's zones, one at a time: slow, and not ours.
std::tm Local(std::int64_t us, const std::string& zone) {
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
  std::int64_t seconds = us / 1'000'000;
  if (us % 1'000'000 < 0) --seconds;
  const std::time_t time = seconds;
  std::tm out{};
  ::localtime_r(&time, &out);
  return out;
}

Value Clock(Function function, const std::vector<Value>& arguments) {
  const Value& time = arguments[0];
  if (time.kind != Kind::kTime) return {};
  const std::string zone = arguments.size() > 1 ? arguments[1].text : "UTC";
  const std::tm local = Local(time.i, zone);
  if (function == Function::kHour) return MakeInt(local.tm_hour);
  if (function == Function::kWeekday) {
    return MakeInt(local.tm_wday == 0 ? 7 : local.tm_wday);
  }
  const std::int64_t fraction = ((time.i % 1'000'000) + 1'000'000) % 1'000'000;
  const std::int64_t seconds =
      local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec;
  return MakeDuration(seconds * 1'000'000 + fraction);
}

Value Entropy(const std::string& text) {
  if (text.empty()) return MakeFloat(0);
  std::map<char, double> counts;
  for (const char c : text) counts[c] += 1;
  double sum = 0;
  for (const auto& [c, n] : counts) {
    const double p = n / static_cast<double>(text.size());
    sum -= p * std::log2(p);
  }
  return MakeFloat(sum);
}

// registry:5000/a/b:1@sha256:... in its parts.
Value Image(Function function, const std::string& image) {
  const std::string name = image.substr(0, image.find('@'));
  const std::size_t slash = name.rfind('/');
  const std::size_t colon = name.rfind(':');
  const bool tagged = colon != std::string::npos &&
                      (slash == std::string::npos || colon > slash);
  if (function == Function::kImageRepo) {
    return MakeText(tagged ? name.substr(0, colon) : name);
  }
  if (tagged) return MakeText(name.substr(colon + 1));
  return name == image ? MakeText("latest") : Value();
}

Value Length(const Value& v) {
  std::size_t size = 0;
  if (v.kind == Kind::kString) {
    size = Characters(v.text).size();
  } else if (v.kind == Kind::kList) {
    size = v.items.size();
  } else if (v.kind == Kind::kObject) {
    size = v.members.size();
  } else {
    return {};
  }
  return MakeInt(static_cast<std::int64_t>(size));
}

Value Members(Function function, const Value& v) {
  if (v.kind != Kind::kObject) return {};
  std::vector<Value> items;
  for (const auto& [name, value] : v.members) {
    items.push_back(function == Function::kKeysOf ? MakeText(name) : value);
  }
  return MakeList(std::move(items));
}

// Those whose first parameter is a text, and the others too.
Value TextFunction(Function function, const std::vector<Value>& arguments) {
  for (const Value& argument : arguments) {
    if (argument.kind != Kind::kString) return {};
  }
  const std::string& s = arguments[0].text;
  const std::size_t slash = s.rfind('/');
  switch (function) {
    case Function::kLower:
      return MakeText(AsciiLower(s));
    case Function::kUpper:
      return MakeText(AsciiUpper(s));
    case Function::kTrim:
      return MakeText(Trim(s));
    case Function::kSplit:
      return TextList(Split(s, arguments[1].text));
    case Function::kReplace:
      return MakeText(Replace(s, arguments[1].text, arguments[2].text));
    case Function::kBasename:
      return MakeText(slash == std::string::npos ? s : s.substr(slash + 1));
    case Function::kDirname:
      return MakeText(slash == std::string::npos ? "" : s.substr(0, slash));
    case Function::kUrlDecode:
      return MakeText(UrlDecode(s));
    case Function::kUrlQuery:
      return UrlQuery(s, arguments[1].text);
    case Function::kBase64Decode:
      return Base64Decode(s);
    case Function::kExtract:
      return Extract(s, arguments[1].text);
    case Function::kEntropy:
      return Entropy(s);
    case Function::kImageRepo:
    case Function::kImageTag:
      return Image(function, s);
    case Function::kJsonParse: {
      Value out;
      return ReadJson(s, &out) == ReadResult::kOk ? out : Value();
    }
    default:
      TOCSIN_CHECK(false);
  }
}

}  // namespace

Value TextOf(const Value& value) {
  std::string text;
  switch (value.kind) {
    case Kind::kMissing:
    case Kind::kNull:
      return {};
    case Kind::kString:
      return value;
    case Kind::kList:
    case Kind::kObject:
      return MakeText(value.json);
    default:
      AppendCanonicalAsText(Encode(value), &text);
      return MakeText(text);
  }
}

std::string Print(const Value& value) {
  std::string text;
  AppendCanonicalAsText(Encode(value), &text);
  return text;
}

Value Call(Function function, const std::vector<Value>& arguments) {
  const Value& first = arguments[0];
  switch (function) {
    case Function::kLen:
      return Length(first);
    case Function::kJoin:
      if (arguments[1].kind != Kind::kString) return {};
      return Join(first, arguments[1].text);
    case Function::kKeysOf:
    case Function::kValuesOf:
      return Members(function, first);
    case Function::kText:
      return TextOf(first);
    case Function::kInt:
      return ToInt(first);
    case Function::kFloat:
      return ToFloat(first);
    case Function::kIp:
      return EachElement(ToIp, first);
    case Function::kCidr:
      return EachElement(ToCidr, first);
    case Function::kTime:
      return EachElement(ToTime, first);
    case Function::kHour:
    case Function::kWeekday:
    case Function::kTimeOfDay:
      return Clock(function, arguments);
    default:
      return TextFunction(function, arguments);
  }
}

}  // namespace tocsin::reference
