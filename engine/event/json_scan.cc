#include "engine/event/json_scan.h"

#include <algorithm>

#include "engine/event/json_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// The whole items of a list that was cut, as a list; empty when there is none.
std::string_view WholeItems(std::string_view list) {
  std::size_t at = 1;
  std::size_t whole = 0;
  while (true) {
    while (at < list.size() && IsJsonBlank(list[at])) ++at;
    if (at == list.size()) break;
    const std::size_t end = JsonValueEnd(list, at);
    if (end == kNone || end == at) break;
    whole = end;
    at = end;
    while (at < list.size() && IsJsonBlank(list[at])) ++at;
    if (at == list.size() || list[at] != ',') break;
    ++at;
  }
  return list.substr(0, whole);
}

}  // namespace

std::string_view TrimJsonBlanks(std::string_view text) {
  while (!text.empty() && IsJsonBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsJsonBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t JsonStringEnd(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return kNone;
}

std::size_t JsonValueEnd(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = JsonStringEnd(text, at);
        if (at == kNone || depth == 0) return at;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth == 0) return at;  // The end of a scalar's parent.
        if (--depth == 0) return at + 1;
        break;
      case ',':
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        if (depth == 0) return at;
        break;
      default:
        break;
    }
    ++at;
  }
  return kNone;
}

std::size_t JsonMembers::SkipBlanks(std::size_t at) const {
  while (at < text_.size() && IsJsonBlank(text_[at])) ++at;
  return at;
}

bool JsonMembers::Next(Member* member) {
  std::size_t at = SkipBlanks(at_);
  if (at < text_.size() && text_[at] == ',') at = SkipBlanks(at + 1);
  if (at >= text_.size() || text_[at] != '"') return false;
  const std::size_t begin = at;
  at = JsonStringEnd(text_, at);
  if (at == kNone) return false;
  member->key = text_.substr(begin + 1, at - begin - 2);
  at = SkipBlanks(at);
  if (at >= text_.size() || text_[at] != ':') return false;
  at = SkipBlanks(at + 1);
  const std::size_t end = JsonValueEnd(text_, at);
  if (end == kNone || end == at) return false;
  member->value = text_.substr(at, end - at);
  member->text = text_.substr(begin, end - begin);
  at_ = end;
  return true;
}

std::string SalvageObject(std::string_view cut,
                          std::span<const std::string> unwrap) {
  std::string object = "{";
  JsonMembers members(cut);
  JsonMembers::Member member;
  const char* end = cut.data() + std::min<std::size_t>(cut.size(), 1);
  while (members.Next(&member)) {
    if (object.size() > 1) object += ',';
    object += member.text;
    end = member.text.data() + member.text.size();
  }
  // The member that the cut fell into: of an envelope's list keep what is
  // whole.
  const std::string_view rest =
      cut.substr(static_cast<std::size_t>(end - cut.data()));
  std::size_t at = rest.find('"');
  const std::size_t key_end = at == kNone ? kNone : JsonStringEnd(rest, at);
  if (key_end != kNone) {
    std::string key;
    AppendUnescaped(rest.substr(at + 1, key_end - at - 2), &key);
    const std::size_t open = rest.find('[', key_end);
    if (open != kNone &&
        std::find(unwrap.begin(), unwrap.end(), key) != unwrap.end() &&
        TrimJsonBlanks(rest.substr(key_end, open - key_end)) == ":") {
      const std::string_view items = WholeItems(rest.substr(open));
      if (!items.empty()) {
        if (object.size() > 1) object += ',';
        object += rest.substr(at, open - at);
        object += items;
        object += ']';
      }
    }
  }
  return object.size() > 1 ? object + "}" : std::string();
}

}  // namespace tocsin
