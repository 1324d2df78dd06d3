// Reads one JSON text into a Value: RapidJSON's reader says where the pieces
// are and whether the grammar holds; a pass before it puts what RapidJSON
// refuses and the event contract accepts (lone surrogates, numbers beyond
// every double) into a form of the same length.
#include <cmath>
#include <cstdlib>
#include <set>

#include "engine/base/check.h"
#include "rapidjson/reader.h"
#include "tests/property/reference_value.h"

namespace tocsin::reference {
namespace {

constexpr int kDepth = 128;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// How many bytes of a well-formed character stand at `at`; 0: none, and
// *bad is the length of the ill-formed sequence to replace.
std::size_t CharacterAt(std::string_view s, std::size_t at, std::size_t* bad) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0;
  };
  const unsigned first = byte(0);
  *bad = 1;
  if (first < 0x80) return 1;
  unsigned low = 0x80, high = 0xBF;
  std::size_t need = 0;
  if (first >= 0xC2 && first <= 0xDF) need = 1;
  if (first >= 0xE0 && first <= 0xEF) need = 2;
  if (first >= 0xF0 && first <= 0xF4) need = 3;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (need == 0) return 0;
  for (std::size_t i = 1; i <= need; ++i) {
    if (byte(i) < low || byte(i) > high) return 0;
    *bad = i + 1;
    low = 0x80;
    high = 0xBF;
  }
  return need + 1;
}

bool HexAt(std::string_view s, std::size_t at, unsigned* out) {
  if (at + 6 > s.size() || s[at] != '\\' || s[at + 1] != 'u') return false;
  *out = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    if (!std::isxdigit(static_cast<unsigned char>(s[i]))) return false;
  }
  *out = static_cast<unsigned>(
      std::strtoul(std::string(s.substr(at + 2, 4)).c_str(), nullptr, 16));
  return true;
}

// What the text is after the pass before RapidJSON.
struct Prepared {
  std::string text;
  std::set<std::size_t> lost_numbers;  // Offsets behind each.
  int depth = 0;
};

// Behind a string's closing quote; mends lone surrogates on the way.
std::size_t PrepareString(std::size_t at, std::string* text) {
  for (++at; at < text->size() && (*text)[at] != '"';) {
    if ((*text)[at] != '\\') {
      ++at;
      continue;
    }
    unsigned unit = 0, next = 0;
    if (!HexAt(*text, at, &unit)) {
      at += 2;
      continue;
    }
    const bool high = unit >= 0xD800 && unit <= 0xDBFF;
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (high && HexAt(*text, at + 6, &next) && next >= 0xDC00 &&
        next <= 0xDFFF) {
      at += 12;
      continue;
    }
    if (high || low) text->replace(at, 6, "\\ufffd");
    at += 6;
  }
  return at + 1;
}

std::size_t PrepareNumber(std::size_t at, Prepared* out) {
  std::size_t end = at;
  while (end < out->text.size() &&
         std::strchr("+-.eE0123456789", out->text[end]) != nullptr) {
    ++end;
  }
  const std::string token = out->text.substr(at, end - at);
  char* stop = nullptr;
  const double value = std::strtod(token.c_str(), &stop);
  if (*stop == '\0' && std::isinf(value)) {
    std::string zero(token.size(), '0');  // Of the same length and grammar.
    if (zero.size() > 1) zero[1] = '.';
    out->text.replace(at, token.size(), zero);
    out->lost_numbers.insert(end);
  }
  return end;
}

Prepared Prepare(std::string_view json) {
  Prepared out{std::string(json), {}, 0};
  int depth = 0;
  for (std::size_t at = 0; at < out.text.size();) {
    const char c = out.text[at];
    if (c == '"') {
      at = PrepareString(at, &out.text);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      at = PrepareNumber(at, &out);
    } else {
      if (c == '{' || c == '[') out.depth = std::max(out.depth, ++depth);
      if (c == '}' || c == ']') --depth;
      ++at;
    }
  }
  return out;
}

Value Number(const std::string& token) {
  if (token.find_first_of(".eE") == std::string::npos) {
    errno = 0;
    const long long as_int = std::strtoll(token.c_str(), nullptr, 10);
    if (errno == 0) return MakeInt(as_int);
    errno = 0;
    if (token[0] != '-') {
      const unsigned long long as_uint =
          std::strtoull(token.c_str(), nullptr, 10);
      if (errno == 0) return MakeUint(as_uint);
    }
  }
  return MakeFloat(std::strtod(token.c_str(), nullptr));
}

// A text as RapidJSON reads it. A type of its own, because RapidJSON copies its
// own StringStream and Tell() would stand still.
class Text {
 public:
  using Ch = char;
  explicit Text(const char* text) : text_(text) {}
  char Peek() const { return text_[at_]; }
  char Take() { return text_[at_++]; }
  std::size_t Tell() const { return at_; }
  char* PutBegin() { return nullptr; }
  void Put(char) {}
  void Flush() {}
  std::size_t PutEnd(char*) { return 0; }

 private:
  const char* text_;
  std::size_t at_ = 0;
};

// RapidJSON's events, put together to a tree.
class Builder {
 public:
  Builder(std::string_view json, const Prepared& prepared, const Text& stream)
      : json_(json), prepared_(prepared), stream_(stream) {}

  bool Null() {
    Value v;
    v.kind = Kind::kNull;
    return Put(v);
  }
  bool Bool(bool b) { return Put(MakeBool(b)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    if (prepared_.lost_numbers.contains(stream_.Tell())) return Put(Value());
    return Put(Number(std::string(text, size)));
  }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return Put(MakeText(std::string(text, size)));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    keys_.emplace_back(text, size);
    end_ = stream_.Tell();
    return true;
  }
  bool StartObject() { return Open(Kind::kObject); }
  bool StartArray() { return Open(Kind::kList); }
  bool EndObject(rapidjson::SizeType) { return Close(); }
  bool EndArray(rapidjson::SizeType) { return Close(); }

  Value Take() { return std::move(root_); }

 private:
  struct Open_ {
    Value value;
    std::size_t begin = 0;
  };

  bool Open(Kind kind) {
    Open_ open;
    open.value.kind = kind;
    end_ = stream_.Tell();
    open.begin = end_ - 1;
    open_.push_back(std::move(open));
    return true;
  }

  bool Close() {
    Open_ done = std::move(open_.back());
    open_.pop_back();
    Attach(std::move(done.value), done.begin);
    return true;
  }

  bool Put(Value value) {
    std::size_t begin = end_;
    while (std::strchr(" \t\r\n:,", json_[begin]) != nullptr) ++begin;
    Attach(std::move(value), begin);
    return true;
  }

  void Attach(Value value, std::size_t begin) {
    end_ = stream_.Tell();
    value.json = std::string(json_.substr(begin, end_ - begin));
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Value& parent = open_.back().value;
    if (parent.kind == Kind::kList) {
      parent.items.push_back(std::move(value));
      return;
    }
    const std::string key = keys_.back();
    keys_.pop_back();
    std::erase_if(parent.members,
                  [&](const auto& m) { return m.first == key; });
    parent.members.emplace_back(key, std::move(value));
  }

  std::string_view json_;
  const Prepared& prepared_;
  const Text& stream_;
  std::vector<Open_> open_;
  std::vector<std::string> keys_;
  std::size_t end_ = 0;
  Value root_;
};

}  // namespace

std::string Repair(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t bad = 1;
    const std::size_t size = CharacterAt(bytes, at, &bad);
    if (size > 0) {
      out += bytes.substr(at, size);
      at += size;
    } else {
      out += kReplacement;
      at += bad;
    }
  }
  return out;
}

std::vector<std::string_view> Characters(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t bad = 1;
    const std::size_t size =
        std::max<std::size_t>(CharacterAt(text, at, &bad), 1);
    out.push_back(text.substr(at, size));
    at += size;
  }
  return out;
}

ReadResult ReadJson(std::string_view json, Value* out) {
  *out = Value();
  const Prepared prepared = Prepare(json);
  if (prepared.text.find('\0') != std::string::npos) {
    return ReadResult::kMalformed;  // RapidJSON's stream ends there.
  }
  if (prepared.depth > kDepth) return ReadResult::kTooDeep;
  Text stream(prepared.text.c_str());
  Builder builder(json, prepared, stream);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result =
      reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, builder);
  if (result.IsError()) return ReadResult::kMalformed;
  *out = builder.Take();
  return ReadResult::kOk;
}

}  // namespace tocsin::reference
