#include "engine/match/encode.h"

#include <cmath>

#include "engine/base/limits.h"

namespace tocsin {
namespace {

void AppendBigEndian32(std::uint32_t number, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    *out += static_cast<char>(number >> shift & 0xFF);
  }
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) {
    number = number << 8 | static_cast<unsigned char>(c);
  }
  return number;
}

std::int64_t ReadSigned(std::string_view bytes) {
  return static_cast<std::int64_t>(ReadBigEndian(bytes) ^ (1ull << 63));
}

// The JSON of a list or object on the tape; empty when it is not there.
std::string_view JsonOf(const Value& value, const RowReader& row) {
  return value.node == 0 ? std::string_view() : row.node(value.node).text;
}

void Append(const Value& value, std::size_t text_bytes, RowReader* row,
            std::string* out) {
  switch (value.kind) {
    case ValueKind::kMissing:
    case ValueKind::kNull:
      return AppendCanonicalMissing(out);
    case ValueKind::kBool:
      return AppendCanonicalBool(value.b, out);
    case ValueKind::kInt:
      return AppendCanonicalInt(value.i, out);
    case ValueKind::kUint:
      return AppendCanonicalUint(value.u, out);
    case ValueKind::kFloat:
      return AppendCanonicalFloat(value.f, out);
    case ValueKind::kText:
      return AppendCanonicalText(CutAtCharacter(value.view(), text_bytes), out);
    case ValueKind::kTime:
      return AppendCanonicalTime(value.i, out);
    case ValueKind::kDuration:
      return AppendCanonicalDuration(value.i, out);
    case ValueKind::kIp:
      return AppendCanonicalIp(*value.ip, out);
    case ValueKind::kCidr:
      return AppendCanonical(Constant{*value.cidr}, out);
    case ValueKind::kObject: {
      const std::string_view json = JsonOf(value, *row);
      if (json.size() <= text_bytes) {
        return AppendCanonicalJson(json.empty() ? "{}" : json, out);
      }
      // Cut JSON is no JSON any more: it is shown as text.
      return AppendCanonicalText(CutAtCharacter(json, text_bytes), out);
    }
    case ValueKind::kList: {
      const std::span<const Value> items = row->Items(value);
      *out += 'l';
      AppendBigEndian32(static_cast<std::uint32_t>(items.size()), out);
      for (const Value& item : items) {
        const std::size_t at = out->size();
        AppendBigEndian32(0, out);
        Append(item, text_bytes, row, out);
        std::string size;
        AppendBigEndian32(static_cast<std::uint32_t>(out->size() - at - 4),
                          &size);
        out->replace(at, 4, size);
      }
      return;
    }
  }
}

Value ListFromEncoding(std::string_view rest, RowReader* row) {
  if (rest.size() < 4) return {};
  const auto count =
      static_cast<std::uint32_t>(ReadBigEndian(rest.substr(0, 4)));
  rest.remove_prefix(4);
  if (count > rest.size()) return {};
  Value* items = row->scratch().Make<Value>(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (rest.size() < 4) return {};
    const std::uint64_t size = ReadBigEndian(rest.substr(0, 4));
    rest.remove_prefix(4);
    if (size > rest.size()) return {};
    items[i] = FromEncoding(rest.substr(0, size), row);
    rest.remove_prefix(size);
  }
  return ListValue(items, count);
}

IpAddress* ReadAddress(std::string_view bytes, RowReader* row) {
  auto* address = row->scratch().Make<IpAddress>();
  bool mapped = true;
  for (std::size_t i = 0; i < 16; ++i) {
    address->bytes[i] = static_cast<std::uint8_t>(bytes[i]);
    if (i < 12 && address->bytes[i] != (i < 10 ? 0 : 0xFF)) mapped = false;
  }
  address->v4 = mapped;
  return address;
}

}  // namespace

std::string_view CutAtCharacter(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 &&
         (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) {
    --bytes;
  }
  return text.substr(0, bytes);
}

void AppendEncoding(const Value& value, RowReader* row, std::string* out) {
  Append(value, std::string_view::npos, row, out);
}

void AppendCutEncoding(const Value& value, RowReader* row, std::string* out) {
  Append(value, limits::kValueBytes, row, out);
}

Value FromEncoding(std::string_view encoding, RowReader* row) {
  if (encoding.empty()) return {};
  const std::string_view rest = encoding.substr(1);
  const bool word = rest.size() == 8;
  switch (encoding[0]) {
    case 'b':
      return BoolValue(!rest.empty() && rest[0] != 0);
    case 'i':
      return word ? IntValue(ReadSigned(rest)) : Value{};
    case 'u':
      return word ? UintValue(ReadBigEndian(rest)) : Value{};
    case 'f': {
      if (!word) return {};
      const std::uint64_t bits = ReadBigEndian(rest);
      Value value;
      value.kind = ValueKind::kFloat;
      value.u = bits;  // The same eight bytes.
      return value;
    }
    case 's':
      return TextValue(rest);
    case 't':
      return word ? TimeValue(ReadSigned(rest)) : Value{};
    case 'd':
      return word ? DurationValue(ReadSigned(rest)) : Value{};
    case 'a':
      return rest.size() == 16 ? IpValue(ReadAddress(rest, row)) : Value{};
    case 'c': {
      if (rest.size() != 17) return {};
      auto* network = row->scratch().Make<Cidr>();
      network->prefix = static_cast<std::uint8_t>(rest[0]);
      network->base = *ReadAddress(rest.substr(1), row);
      return CidrValue(network);
    }
    case 'l':
      return ListFromEncoding(rest, row);
    case 'o':
      return row->FromJson(rest);
    default:
      return {};
  }
}

bool AppendScalarText(const Value& value, RowReader* row, std::string* out) {
  switch (value.kind) {
    case ValueKind::kMissing:
    case ValueKind::kNull:
      return false;
    case ValueKind::kText:
      out->append(value.view());
      return true;
    case ValueKind::kBool:
      out->append(value.b ? "true" : "false");
      return true;
    case ValueKind::kObject: {
      const std::string_view json = JsonOf(value, *row);
      out->append(json);
      return !json.empty();
    }
    case ValueKind::kList: {
      const std::string_view json = JsonOf(value, *row);
      if (!json.empty()) {
        out->append(json);
        return true;
      }
      std::string encoding;
      AppendEncoding(value, row, &encoding);
      AppendCanonicalAsJson(encoding, out);
      return true;
    }
    default: {
      // At most 18 bytes: within a string's own room only by luck, but numbers
      // as text are rare.
      std::string encoding;
      AppendEncoding(value, row, &encoding);
      AppendCanonicalAsText(encoding, out);
      return true;
    }
  }
}

void AppendPrinted(const Value& value, bool more, RowReader* row,
                   std::string* out) {
  if (value.kind != ValueKind::kList) {
    std::string text;
    if (!AppendScalarText(value, row, &text)) text = "-";
    out->append(CutAtCharacter(text, limits::kValueBytes));
    return;
  }
  const std::size_t begin = out->size();
  bool first = true;
  for (const Value& item : row->Items(value)) {
    std::string text;
    AppendPrinted(item, false, row, &text);
    if (!first && out->size() - begin + text.size() > limits::kValueBytes) {
      more = true;
      break;
    }
    if (!first) out->append(", ");
    out->append(text);
    first = false;
  }
  if (more) out->append(first ? "and more" : ", and more");
}

}  // namespace tocsin
