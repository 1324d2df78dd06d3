#include "tests/property/reference_value.h"

#include <cmath>
#include <cstring>

#include "engine/base/check.h"

namespace tocsin::reference {

const Value* Value::Member(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

Value MakeBool(bool value) {
  Value out;
  out.kind = Kind::kBool;
  out.flag = value;
  return out;
}

Value MakeInt(std::int64_t value) {
  Value out;
  out.kind = Kind::kInt;
  out.i = value;
  return out;
}

Value MakeUint(std::uint64_t value) {
  if (value <= INT64_MAX) return MakeInt(static_cast<std::int64_t>(value));
  Value out;
  out.kind = Kind::kUint;
  out.u = value;
  return out;
}

Value MakeFloat(double value) {
  Value out;
  if (!std::isfinite(value)) return out;
  out.kind = Kind::kFloat;
  out.f = value;
  return out;
}

Value MakeText(std::string value) {
  Value out;
  out.kind = Kind::kString;
  out.text = std::move(value);
  return out;
}

Value MakeTime(std::int64_t us) {
  Value out;
  out.kind = Kind::kTime;
  out.i = us;
  return out;
}

Value MakeDuration(std::int64_t us) {
  Value out;
  out.kind = Kind::kDuration;
  out.i = us;
  return out;
}

Value MakeIp(const IpAddress& address) {
  Value out;
  out.kind = Kind::kIp;
  out.ip = address;
  return out;
}

Value MakeCidr(const Cidr& network) {
  Value out;
  out.kind = Kind::kCidr;
  out.cidr = network;
  return out;
}

Value MakeList(std::vector<Value> items) {
  Value out;
  out.kind = Kind::kList;
  out.items = std::move(items);
  return out;
}

Value FromConstant(const Constant& constant) {
  struct Visitor {
    Value operator()(Missing) const { return {}; }
    Value operator()(bool v) const { return MakeBool(v); }
    Value operator()(std::int64_t v) const { return MakeInt(v); }
    Value operator()(std::uint64_t v) const { return MakeUint(v); }
    Value operator()(double v) const { return MakeFloat(v); }
    Value operator()(const std::string& v) const { return MakeText(v); }
    Value operator()(Time v) const { return MakeTime(v.us); }
    Value operator()(Duration v) const { return MakeDuration(v.us); }
    Value operator()(const IpAddress& v) const { return MakeIp(v); }
    Value operator()(const Cidr& v) const { return MakeCidr(v); }
    Value operator()(const ConstantList& v) const {
      std::vector<Value> items;
      for (const Constant& item : v) items.push_back(FromConstant(item));
      return MakeList(std::move(items));
    }
  };
  return std::visit(Visitor{}, constant.value);
}

std::string AsciiLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

namespace {

// The integer part of a double that lies within int64 or uint64 is exact there,
// so integers meet doubles as integers first and by the fraction then.
int CompareWithFloat(__int128 whole, double f) {
  if (f >= 3.0e19) return -1;
  if (f <= -3.0e19) return 1;
  const double cut = std::trunc(f);
  const __int128 other = static_cast<__int128>(cut);
  if (whole != other) return whole < other ? -1 : 1;
  if (f == cut) return 0;
  return f > cut ? -1 : 1;
}

__int128 Whole(const Value& v) {
  return v.kind == Kind::kUint ? static_cast<__int128>(v.u)
                               : static_cast<__int128>(v.i);
}

template <typename T>
int Sign(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

std::optional<int> CompareNumbers(const Value& a, const Value& b) {
  if (!a.number() || !b.number()) return std::nullopt;
  const bool float_a = a.kind == Kind::kFloat;
  const bool float_b = b.kind == Kind::kFloat;
  if (float_a && float_b) return Sign(a.f, b.f);
  if (float_b) return CompareWithFloat(Whole(a), b.f);
  if (float_a) return -CompareWithFloat(Whole(b), a.f);
  return Sign(Whole(a), Whole(b));
}

std::optional<int> Order(const Value& a, const Value& b) {
  if (a.number() && b.number()) return CompareNumbers(a, b);
  if (a.kind != b.kind) return std::nullopt;
  switch (a.kind) {
    case Kind::kString:
      return Sign(a.text, b.text);
    case Kind::kTime:
    case Kind::kDuration:
      return Sign(a.i, b.i);
    case Kind::kIp:
      return Sign(a.ip.bytes, b.ip.bytes);
    default:
      return std::nullopt;
  }
}

bool Equal(const Value& a, const Value& b, bool nocase) {
  if (a.number() && b.number()) return *CompareNumbers(a, b) == 0;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kBool:
      return a.flag == b.flag;
    case Kind::kString:
      return nocase ? AsciiLower(a.text) == AsciiLower(b.text)
                    : a.text == b.text;
    case Kind::kTime:
    case Kind::kDuration:
      return a.i == b.i;
    case Kind::kIp:
      return a.ip == b.ip;
    case Kind::kCidr:
      return a.cidr == b.cidr;
    default:
      return false;
  }
}

namespace {

void PutBigEndian(std::uint64_t value, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

std::string Signed(char tag, std::int64_t value) {
  std::string out(1, tag);
  PutBigEndian(static_cast<std::uint64_t>(value) ^ (1ULL << 63), 8, &out);
  return out;
}

std::string EncodeFloat(double f) {
  if (f == std::trunc(f) && f >= -9223372036854775808.0 &&
      f < 9223372036854775808.0) {
    return Signed('i', static_cast<std::int64_t>(f));
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, &f, sizeof(bits));
  std::string out = "f";
  PutBigEndian(bits, 8, &out);
  return out;
}

std::string EncodeList(const std::vector<Value>& items) {
  std::string out = "l";
  PutBigEndian(items.size(), 4, &out);
  for (const Value& item : items) {
    const std::string encoding = Encode(item);
    PutBigEndian(encoding.size(), 4, &out);
    out += encoding;
  }
  return out;
}

}  // namespace

std::string Encode(const Value& value) {
  std::string out;
  switch (value.kind) {
    case Kind::kMissing:
    case Kind::kNull:
      return "-";
    case Kind::kBool:
      out = "b";
      out.push_back(value.flag ? 1 : 0);
      return out;
    case Kind::kInt:
      return Signed('i', value.i);
    case Kind::kUint:
      out = "u";
      PutBigEndian(value.u, 8, &out);
      return out;
    case Kind::kFloat:
      return EncodeFloat(value.f);
    case Kind::kString:
      return "s" + value.text;
    case Kind::kTime:
      return Signed('t', value.i);
    case Kind::kDuration:
      return Signed('d', value.i);
    case Kind::kIp:
      return "a" + std::string(value.ip.bytes.begin(), value.ip.bytes.end());
    case Kind::kCidr:
      out = "c";
      out.push_back(static_cast<char>(value.cidr.prefix));
      out.append(value.cidr.base.bytes.begin(), value.cidr.base.bytes.end());
      return out;
    case Kind::kList:
      return EncodeList(value.items);
    case Kind::kObject:
      return "o" + value.json;
  }
  TOCSIN_CHECK(false);
}

}  // namespace tocsin::reference
