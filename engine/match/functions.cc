#include "engine/match/functions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/event/json_text.h"
#include "engine/match/encode.h"

namespace tocsin {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 24 * 3600 * kSecond;

bool IsAsciiBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsAsciiBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsAsciiBlank(text.back())) text.remove_suffix(1);
  return text;
}

template <typename Change>
Value ChangedCase(std::string_view text, RowReader* row, Change change) {
  char* bytes = row->scratch().Bytes(text.size());
  std::transform(text.begin(), text.end(), bytes, change);
  return TextValue({bytes, text.size()});
}

Value Split(std::string_view text, std::string_view separator, RowReader* row) {
  std::size_t parts = 1;
  if (!separator.empty()) {
    for (std::size_t at = text.find(separator); at != std::string_view::npos;
         at = text.find(separator, at + separator.size())) {
      ++parts;
    }
  }
  Value* items = row->scratch().Make<Value>(parts);
  for (std::size_t i = 0; i + 1 < parts; ++i) {
    const std::size_t at = text.find(separator);
    items[i] = TextValue(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  items[parts - 1] = TextValue(text);
  return ListValue(items, parts);
}

Value Replace(std::string_view text, std::string_view from, std::string_view to,
              RowReader* row) {
  if (from.empty()) return TextValue(text);
  std::size_t found = 0;
  for (std::size_t at = text.find(from); at != std::string_view::npos;
       at = text.find(from, at + from.size())) {
    ++found;
  }
  if (found == 0) return TextValue(text);
  const std::size_t size =
      text.size() - found * from.size() + found * to.size();
  char* bytes = row->scratch().Bytes(size);
  char* out = bytes;
  for (std::size_t at = text.find(from); at != std::string_view::npos;
       at = text.find(from)) {
    out = std::copy_n(text.data(), at, out);
    out = std::copy_n(to.data(), to.size(), out);
    text.remove_prefix(at + from.size());
  }
  std::copy_n(text.data(), text.size(), out);
  return TextValue({bytes, size});
}

double Entropy(std::string_view text) {
  std::array<std::uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    const double share =
        static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits == 0 ? 0 : bits;  // Not -0.
}

// A container image's name, tag and digest: registry:5000/a/b:tag@digest.
struct Image {
  std::string_view repo, tag;
  bool digest = false;
};

Image SplitImage(std::string_view text) {
  Image image;
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos) {
    image.digest = true;
    text = text.substr(0, at);
  }
  const std::size_t slash = text.rfind('/');
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos &&
      (slash == std::string_view::npos || colon > slash)) {
    image.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  image.repo = text;
  return image;
}

Value ImageTag(std::string_view text) {
  const Image image = SplitImage(text);
  if (!image.tag.empty()) return TextValue(image.tag);
  // Without tag and digest a runtime takes `latest`.
  return image.digest ? MissingValue() : TextValue("latest");
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `form`: as in a query, where a plus is a blank.
Value UrlDecode(std::string_view text, bool form, RowReader* row) {
  const std::string_view special = form ? "%+" : "%";
  if (text.find_first_of(special) == std::string_view::npos) {
    return TextValue(text);
  }
  char* bytes = row->scratch().Bytes(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        bytes[size++] = static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    bytes[size++] = form && text[i] == '+' ? ' ' : text[i];
  }
  return RepairedText({bytes, size}, row);
}

Value UrlQuery(std::string_view uri, std::string_view name, RowReader* row) {
  const std::size_t question = uri.find('?');
  if (question == std::string_view::npos) return ListValue(nullptr, 0);
  std::string_view query = uri.substr(question + 1);
  query = query.substr(0, query.find('#'));
  const auto pairs =
      static_cast<std::size_t>(1 + std::count(query.begin(), query.end(), '&'));
  Value* items = row->scratch().Make<Value>(pairs);
  std::size_t found = 0;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (UrlDecode(pair.substr(0, equals), true, row).view() != name) continue;
    const std::size_t value = std::min(equals + 1, pair.size());
    items[found++] = UrlDecode(pair.substr(value), true, row);
  }
  return ListValue(items, found);
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

Value Base64Decode(std::string_view text, RowReader* row) {
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
    text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return {};
  char* bytes = row->scratch().Bytes(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int digit = Base64Digit(c);
    if (digit < 0) return {};
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[size++] = static_cast<char>(bits >> held & 0xFF);
    }
  }
  return RepairedText({bytes, size}, row);
}

std::size_t CodePoints(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Value Length(const Value& value) {
  switch (value.kind) {
    case ValueKind::kText:
      return IntValue(static_cast<std::int64_t>(CodePoints(value.view())));
    case ValueKind::kList:
    case ValueKind::kObject:
      return IntValue(value.size);
    default:
      return {};
  }
}

Value ToInt(const Value& value) {
  if (value.kind == ValueKind::kInt || value.kind == ValueKind::kUint) {
    return value;
  }
  if (value.kind == ValueKind::kFloat) {
    const double whole = std::trunc(value.f);
    if (whole >= -0x1p63 && whole < 0x1p63) {
      return IntValue(static_cast<std::int64_t>(whole));
    }
    return {};
  }
  if (value.kind != ValueKind::kText) return {};
  const std::string_view text = value.view();
  const char* end = text.data() + text.size();
  std::int64_t i = 0;
  const auto read = std::from_chars(text.data(), end, i);
  return read.ec == std::errc() && read.ptr == end ? IntValue(i) : Value{};
}

Value ToFloat(const Value& value) {
  switch (value.kind) {
    case ValueKind::kInt:
      return FloatValue(static_cast<double>(value.i));
    case ValueKind::kUint:
      return FloatValue(static_cast<double>(value.u));
    case ValueKind::kFloat:
      return value;
    case ValueKind::kText: {
      double f = 0;
      std::string_view text = value.view();
      if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
        text.remove_prefix(1);
      }
      const char* end = text.data() + text.size();
      const auto read = std::from_chars(text.data(), end, f);
      return read.ec == std::errc() && read.ptr == end && std::isfinite(f)
                 ? FloatValue(f)
                 : Value{};
    }
    default:
      return {};
  }
}

Value ToText(const Value& value, RowReader* row) {
  if (value.kind == ValueKind::kText) return value;
  std::string* text = row->folded();
  text->clear();
  if (!AppendScalarText(value, row, text)) return {};
  return TextValue(row->scratch().Copy(*text));
}

Value Members(const Value& object, bool keys, RowReader* row) {
  if (object.kind != ValueKind::kObject || object.node == 0) return {};
  Value* items = row->scratch().Make<Value>(object.size);
  std::size_t count = 0;
  const std::uint32_t end = row->node(object.node).next;
  for (std::uint32_t at = object.node + 1; at < end; at = row->node(at).next) {
    const TapeNode& member = row->node(at);
    if (member.shadowed) continue;
    items[count++] = keys ? TextValue(member.key) : row->FromTape(at);
  }
  return ListValue(items, count);
}

Value Join(const Value& list, const Value& separator, RowReader* row) {
  if (list.kind != ValueKind::kList || separator.kind != ValueKind::kText) {
    return {};
  }
  std::string* text = row->folded();
  text->clear();
  bool first = true;
  for (const Value& item : row->Items(list)) {
    const std::size_t before = text->size();
    if (!first) *text += separator.view();
    if (AppendScalarText(item, row, text)) {
      first = false;
    } else {
      text->resize(before);
    }
  }
  return TextValue(row->scratch().Copy(*text));
}

}  // namespace

Value RepairedText(std::string_view bytes, RowReader* row) {
  if (IsUtf8(bytes)) return TextValue(bytes);
  // Rare: bytes that somebody encoded to look like text.
  std::vector<char> repaired;
  AppendRepaired(bytes, &repaired, nullptr);
  return TextValue(
      row->scratch().Copy(std::string_view(repaired.data(), repaired.size())));
}

Value CallText(Function function, std::span<const Value> arguments,
               RowReader* row) {
  for (const Value& argument : arguments) {
    if (argument.kind != ValueKind::kText) return {};
  }
  const std::string_view text = arguments[0].view();
  switch (function) {
    case Function::kLower:
      return ChangedCase(text, row, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      });
    case Function::kUpper:
      return ChangedCase(text, row, [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      });
    case Function::kTrim:
      return TextValue(Trimmed(text));
    case Function::kSplit:
      return Split(text, arguments[1].view(), row);
    case Function::kReplace:
      return Replace(text, arguments[1].view(), arguments[2].view(), row);
    case Function::kBasename:
      return TextValue(text.substr(text.rfind('/') + 1));
    case Function::kDirname: {
      const std::size_t slash = text.rfind('/');
      return TextValue(slash == std::string_view::npos ? std::string_view()
                                                       : text.substr(0, slash));
    }
    case Function::kEntropy:
      return FloatValue(Entropy(text));
    case Function::kImageRepo:
      return TextValue(SplitImage(text).repo);
    case Function::kImageTag:
      return ImageTag(text);
    default:
      return {};
  }
}

Value CallParse(Function function, std::span<const Value> arguments,
                RowReader* row) {
  for (const Value& argument : arguments) {
    if (argument.kind != ValueKind::kText) return {};
  }
  const std::string_view text = arguments[0].view();
  switch (function) {
    case Function::kBase64Decode:
      return Base64Decode(text, row);
    case Function::kJsonParse:
      return row->FromJson(text);
    case Function::kUrlDecode:
      return UrlDecode(text, false, row);
    case Function::kUrlQuery:
      return UrlQuery(text, arguments[1].view(), row);
    default:
      return {};
  }
}

Value CallShape(Function function, std::span<const Value> arguments,
                RowReader* row) {
  const Value& value = arguments[0];
  switch (function) {
    case Function::kText:
      return ToText(value, row);
    case Function::kInt:
      return ToInt(value);
    case Function::kFloat:
      return ToFloat(value);
    case Function::kLen:
      return Length(value);
    case Function::kKeysOf:
      return Members(value, true, row);
    case Function::kValuesOf:
      return Members(value, false, row);
    case Function::kJoin:
      return Join(value, arguments[1], row);
    default:
      return {};
  }
}

Value CallClock(Function function, std::int64_t local_us) {
  std::int64_t of_day = local_us % kDay;
  if (of_day < 0) of_day += kDay;
  switch (function) {
    case Function::kHour:
      return IntValue(of_day / (3600 * kSecond));
    case Function::kTimeOfDay:
      return DurationValue(of_day);
    default: {
      // 1970-01-01 was a Thursday.
      const std::int64_t day = (local_us - of_day) / kDay;
      return IntValue(((day + 3) % 7 + 7) % 7 + 1);
    }
  }
}

}  // namespace tocsin
