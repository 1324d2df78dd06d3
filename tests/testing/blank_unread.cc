#include "tests/testing/blank_unread.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin::testing {
namespace {

// A token as stage 1 of simdjson sees it.
struct Token {
  char kind = 0;  // A bracket, colon, comma, '"', or 's' for a scalar.
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool IsOperator(char c) {
  return c != '\0' && std::strchr("{}[]:,", c) != nullptr;
}

std::vector<Token> Tokenize(std::string_view line) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < line.size()) {
    const char c = line[at];
    if (IsJsonBlank(c)) {
      ++at;
    } else if (IsOperator(c)) {
      tokens.push_back({c, at, at + 1});
      ++at;
    } else if (c == '"') {
      const std::size_t end = std::min(JsonStringEnd(line, at), line.size());
      tokens.push_back({'"', at, end});
      at = end;
    } else {
      // A quote inside a scalar begins a string that hides what it holds.
      Token scalar{'s', at, at};
      while (at < line.size() && !IsJsonBlank(line[at]) &&
             !IsOperator(line[at]) && line[at] != '"') {
        // A backslash out of strings hides a quote, but no operator.
        const bool hides = line[at] == '\\' && at + 1 < line.size() &&
                           (line[at + 1] == '"' || line[at + 1] == '\\');
        at += hides ? 2 : 1;
      }
      at = std::min(at, line.size());
      if (at < line.size() && line[at] == '"') {
        at = std::min(JsonStringEnd(line, at), line.size());
      }
      scalar.end = at;
      tokens.push_back(scalar);
    }
  }
  return tokens;
}

class Blanker {
 public:
  Blanker(const Projection& projection, std::string_view line)
      : projection_(projection), line_(line), tokens_(Tokenize(line)) {}

  std::string Run() {
    items_ = FindItems();
    if (At().kind != '{' || !Object(0, true) || at_ != tokens_.size()) {
      return std::string(line_);
    }
    return out_;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::size_t kNowhere = SIZE_MAX;

  const Token& At() const {
    static const Token kEnd;
    return at_ < tokens_.size() ? tokens_[at_] : kEnd;
  }
  std::string_view Take() {
    const Token token = At();
    if (token.kind != 0) ++at_;
    return line_.substr(token.begin, token.end - token.begin);
  }
  bool TakeKind(char kind) {
    if (At().kind != kind) return false;
    out_ += Take();
    return true;
  }

  bool Object(std::uint32_t node, bool top) {
    TakeKind('{');
    if (TakeKind('}')) return true;
    do {
      if (At().kind != '"') return false;
      const std::string_view raw = Take();
      out_ += raw;
      if (!TakeKind(':')) return false;
      std::string key;
      AppendUnescaped(raw.substr(1, raw.size() - 2), &key);
      if (top && at_ == items_) {
        if (!Items()) return false;
        continue;
      }
      if (!Value(Child(node, key))) return false;
    } while (TakeKind(','));
    return TakeKind('}');
  }
  bool Items() {
    TakeKind('[');
    if (TakeKind(']')) return true;
    do {
      if (!(At().kind == '{' ? Object(0, false) : Skip())) return false;
    } while (TakeKind(','));
    return TakeKind(']');
  }
  // Which token begins the list of an envelope: of the first key of unwrap()
  // whose last member is a list; other lists of that name nobody reads.
  std::size_t FindItems() {
    const std::vector<std::string> keys(projection_.unwrap().begin(),
                                        projection_.unwrap().end());
    std::vector<std::size_t> places(keys.size(), kNowhere);
    int depth = 0;
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      const char kind = tokens_[i].kind;
      if (kind == '{' || kind == '[') ++depth;
      if (kind == '}' || kind == ']') --depth;
      if (depth != 1 || kind != '"' || tokens_[i + 1].kind != ':') continue;
      const std::size_t size = tokens_[i].end - tokens_[i].begin;
      std::string key;
      AppendUnescaped(line_.substr(tokens_[i].begin + 1, size - 2), &key);
      for (std::size_t k = 0; k < keys.size(); ++k) {
        if (keys[k] != key) continue;
        places[k] = tokens_[i + 2].kind == '[' ? i + 2 : kNowhere;
      }
    }
    for (const std::size_t place : places) {
      if (place != kNowhere) return place;
    }
    return kNowhere;
  }
  std::uint32_t Child(std::uint32_t node, const std::string& key) const {
    for (const auto& [name, child] : projection_.nodes()[node].children) {
      if (name == key) return child;
    }
    return kNone;
  }

  bool Value(std::uint32_t index) {
    if (index == kNone) return Skip();
    const Projection::Node& node = projection_.nodes()[index];
    if (At().kind == '{' && !node.children.empty()) return Object(index, false);
    if (node.field == kNoField) return Skip();
    if (At().kind == '[' && (node.want & kWantElements) != 0) {
      TakeKind('[');
      if (TakeKind(']')) return true;
      do {
        if (!Plain()) return false;
      } while (TakeKind(','));
      return TakeKind(']');
    }
    return Plain();
  }
  bool Plain() {
    const char kind = At().kind;
    return kind == '"' || kind == 's' ? TakeKind(kind) : Skip();
  }
  // A value nobody reads: an empty one in its place.
  bool Skip() {
    const char kind = At().kind;
    if (kind == '"' || kind == 's') {
      const char c = Take()[0];
      const bool begins = kind == '"' || c == '-' || (c >= '0' && c <= '9') ||
                          c == 't' || c == 'f' || c == 'n';
      out_ += "\"\"";
      return begins;
    }
    if (kind != '{' && kind != '[') return false;
    int depth = 0;
    do {
      const char next = At().kind;
      if (next == 0) return false;
      if (next == '{' || next == '[') ++depth;
      if (next == '}' || next == ']') --depth;
      if (next == 's') {
        const char c = line_[At().begin];
        if (std::strchr("-0123456789tfn", c) == nullptr || c == '\0') {
          return false;
        }
      }
      Take();
    } while (depth > 0);
    out_ += kind == '{' ? "{}" : "[]";
    return true;
  }

  const Projection& projection_;
  std::string_view line_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t items_ = kNowhere;
  std::string out_;
};

}  // namespace

int DeepestBracket(std::string_view line) {
  int depth = 0, deepest = 0;
  for (const Token& token : Tokenize(line)) {
    if (token.kind == '{' || token.kind == '[')
      deepest = std::max(deepest, ++depth);
    if (token.kind == '}' || token.kind == ']') --depth;
  }
  return deepest;
}

std::string BlankUnread(const Projection& projection, std::string_view line) {
  return Blanker(projection, line).Run();
}

}  // namespace tocsin::testing
