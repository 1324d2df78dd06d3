#include "engine/event/json_scan.h"

#include <algorithm>

#include "engine/base/limits.h"
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

// How an apiserver begins each event of its log.
constexpr std::string_view kEventBegin =
    R"({"kind":"Event","apiVersion":"audit.k8s.io/)";

// Whether what stands before lets a value begin here.
bool MayBeInside(std::string_view text, std::size_t at) {
  while (at > 0 && IsJsonBlank(text[at - 1])) --at;
  return at == 0 || text[at - 1] == ':' || text[at - 1] == ',' ||
         text[at - 1] == '[';
}

// The next place behind `from` where an event begins for sure: where no value
// may begin, or where by the quotes since `from` a string would go on.
std::size_t SureBegin(std::string_view line, std::size_t from) {
  std::size_t walked = from;
  std::size_t at = line.find(kEventBegin, from + 1);
  while (at != kNone) {
    while (walked < at) {
      walked = line[walked] == '"' ? JsonStringEnd(line, walked) : walked + 1;
    }
    if (walked > at || !MayBeInside(line, at)) return at;
    at = line.find(kEventBegin, at + 1);
  }
  return line.size();
}

// Where, blanks passed over, the text or another object comes behind the object
// that begins at `at`. kNone: something else does; kCut: it has no end.
constexpr std::size_t kCut = kNone - 1;
std::size_t WholeUpTo(std::string_view text, std::size_t at) {
  at = JsonValueEnd(text, at, limits::kJsonDepth);
  if (at == kNone) return kCut;
  while (at < text.size() && IsJsonBlank(text[at])) ++at;
  return at == text.size() || text[at] == '{' ? at : kNone;
}

// The size of the piece that the text begins with, which has no place where
// an event begins for sure.
std::size_t PieceEnd(std::string_view text) {
  const std::size_t whole = WholeUpTo(text, 0);
  if (whole < kCut) return whole;
  std::size_t at = text.find(kEventBegin, 1);
  while (at != kNone && WholeUpTo(text, at) == kNone) {
    at = text.find(kEventBegin, at + 1);
  }
  return std::min(at, text.size());
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

std::size_t JsonValueEnd(std::string_view text, std::size_t at,
                         std::size_t deepest) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = JsonStringEnd(text, at);
        if (at == kNone || depth == 0) return at;
        continue;
      case '{':
      case '[':
        if (++depth > deepest) return kNone;
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

void AppendPieceEnds(std::string_view line, std::vector<std::size_t>* ends) {
  constexpr int kMostUnsure = 16;  // What a hostile line may cost.
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t stop = SureBegin(line, at);
    for (int i = 0; i < kMostUnsure && at < stop; ++i) {
      at += PieceEnd(line.substr(at, stop - at));
      ends->push_back(at);
    }
    if (at < stop) ends->push_back(stop);
    at = stop;
  }
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
