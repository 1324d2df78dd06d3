#include "connectors/webhook/split_body.h"

#include <algorithm>

namespace tocsin::webhook {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::string_view kV1 = "\"audit.k8s.io/v1\"";
constexpr std::string_view kFirstKey = "\"level\"";  // Of every item.
constexpr std::string_view kNeededKey = "\"auditID\"";
// Where the first item of a list whose head is broken is looked for.
constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kInVain = 8;  // Times the body, looked at in vain.

std::string_view Trim(std::string_view text) {
  text.remove_prefix(SkipBlanks(text, 0));
  while (!text.empty() && SkipBlanks(text, text.size() - 1) == text.size()) {
    text.remove_suffix(1);
  }
  return text;
}

// Behind the string at `at`; kNoEnd when none is whole there.
std::size_t KeyStop(std::string_view body, std::size_t at) {
  if (at >= body.size() || body[at] != '"') return kNoEnd;
  return JsonScan::StringEnd(body, at);
}

// The first key of the object at `at`, with its quotes; empty when there is
// none.
std::string_view FirstKey(std::string_view body, std::size_t at) {
  if (at >= body.size() || body[at] != '{') return {};
  const std::size_t key = SkipBlanks(body, at + 1);
  const std::size_t end = KeyStop(body, key);
  return end == kNoEnd ? std::string_view() : body.substr(key, end - key);
}

// The value of the member whose key begins at `at`; kNoEnd when it is none.
std::size_t ValueOf(std::string_view body, std::size_t at) {
  const std::size_t end = KeyStop(body, at);
  if (end == kNoEnd) return kNoEnd;
  const std::size_t colon = SkipBlanks(body, end);
  if (colon >= body.size() || body[colon] != ':') return kNoEnd;
  return SkipBlanks(body, colon + 1);
}

bool At(std::string_view body, std::size_t at, char c) {
  return at < body.size() && body[at] == c;
}

}  // namespace

void BodySplitter::AppendLine(std::string_view text) {
  const std::size_t begin = lines_->size();
  lines_->append(text);
  EndLine(begin);
}

void BodySplitter::EndLine(std::size_t begin) {
  std::replace(lines_->begin() + static_cast<std::ptrdiff_t>(begin),
               lines_->end(), '\n', ' ');
  lines_->push_back('\n');
  ++counts_->lines;
}

// An event of the log has a head that an item of a list has not.
void BodySplitter::AppendItem(std::string_view item, const List& list) {
  const std::string_view key = FirstKey(item, 0);
  if (!At(item, 0, '{') || key == "\"kind\"" || key == "\"apiVersion\"") {
    return AppendLine(item);
  }
  const std::size_t begin = lines_->size();
  lines_->append("{\"kind\":\"Event\",\"apiVersion\":");
  lines_->append(list.api_version.empty() ? kV1 : list.api_version);
  if (!At(item, SkipBlanks(item, 1), '}')) lines_->push_back(',');
  lines_->append(item.substr(1));
  EndLine(begin);
}

// What stands between whole items: commas and brackets alone say nothing.
void BodySplitter::AppendBroken(std::string_view text, const List& list) {
  text = Trim(text);
  while (text.ends_with(',')) text = Trim(text.substr(0, text.size() - 1));
  if (text.find_first_not_of(",[]} \t\r\n") == std::string_view::npos) return;
  ++counts_->broken;
  AppendItem(text, list);
}

std::size_t BodySplitter::ValueEnd(std::size_t at) {
  const std::size_t end = scan_.ValueEnd(body_, at);
  if (end == kNoEnd) budget_ -= std::min(budget_, scan_.reached() - at);
  return end;
}

// A list is an object with "items" (of objects, if its kind is Event), or with
// any member that is a list of what looks like an item. When it has none, the
// first item that is whole will do: near the beginning, or anywhere in an
// EventList.
BodySplitter::List BodySplitter::FindList(std::size_t at) {
  List list;
  bool event = false;
  std::size_t until = std::min(body_.size(), at + kHeadBytes);
  std::size_t p = SkipBlanks(body_, at + 1);
  if (At(body_, p, '}')) return list;
  for (;;) {
    const std::size_t value = ValueOf(body_, p);
    if (value == kNoEnd) break;
    const std::string_view key = body_.substr(p, KeyStop(body_, p) - p);
    if (At(body_, value, '[')) {
      list.items = SkipBlanks(body_, value + 1);
      const std::string_view first = FirstKey(body_, list.items);
      list.found = first == kFirstKey ||
                   (key == "\"items\"" && !(event && first.empty()));
      if (list.found) return list;
    }
    const std::size_t end = ValueEnd(value);
    if (end == kNoEnd) break;
    const std::string_view text = body_.substr(value, end - value);
    if (key == "\"kind\"") {
      event = text == "\"Event\"";
      if (text == "\"EventList\"") until = body_.size();
    }
    if (key == "\"apiVersion\"" && text.starts_with("\"audit.k8s.io/v1")) {
      list.api_version = text;
    }
    p = SkipBlanks(body_, end);
    if (event && At(body_, p, '}')) return list;
    if (!At(body_, p, ',')) break;
    p = SkipBlanks(body_, p + 1);
  }
  list.items = FindItem(at + 1, until);
  list.found = list.guessed = list.items != kNoEnd;
  return list;
}

// Whether a whole event without a head begins here.
bool BodySplitter::IsItem(std::size_t at) {
  if (FirstKey(body_, at) != kFirstKey) return false;
  std::size_t p = SkipBlanks(body_, at + 1);
  bool needed = false;
  for (;;) {
    const std::size_t value = ValueOf(body_, p);
    if (value == kNoEnd) return false;
    needed |= body_.substr(p).starts_with(kNeededKey);
    const std::size_t end = ValueEnd(value);
    if (end == kNoEnd) return false;
    p = SkipBlanks(body_, end);
    if (At(body_, p, '}')) break;
    if (!At(body_, p, ',')) return false;
    p = SkipBlanks(body_, p + 1);
  }
  if (!needed) budget_ -= std::min(budget_, p - at);
  return needed;
}

// The first whole item that begins in [from, until); kNoEnd when there is none.
std::size_t BodySplitter::FindItem(std::size_t from, std::size_t until) {
  for (std::size_t p = from; budget_ > 0; ++p) {
    p = body_.find('{', p);
    if (p == std::string_view::npos || p >= until) return kNoEnd;
    if (IsItem(p)) return p;
  }
  return kNoEnd;
}

// [at, end) is an item or begins like one, but what should follow does not.
std::size_t BodySplitter::BrokenItem(std::size_t at, std::size_t end,
                                     const List& list) {
  std::size_t from = at + 1;
  if (end != kNoEnd && At(body_, at, '{')) {
    AppendItem(body_.substr(at, end - at), list);
    at = from = end;
  }
  const std::size_t next = FindItem(from, body_.size());
  if (next != kNoEnd) {
    AppendBroken(body_.substr(at, next - at), list);
    return next;
  }
  // Up to the end: without the brackets of the list.
  std::string_view rest = Trim(body_.substr(at));
  for (const char bracket : {'}', ']'}) {
    if (rest.ends_with(bracket)) {
      rest = Trim(rest.substr(0, rest.size() - 1));
    }
  }
  AppendBroken(rest, list);
  return body_.size();
}

// Gives where the object ended that holds the list.
std::size_t BodySplitter::SplitItems(const List& list) {
  std::size_t at = list.items;
  while (at < body_.size()) {
    if (At(body_, at, ']')) {
      const std::size_t end = SkipMembers(at + 1);
      if (end != kNoEnd) return end;
      // It did not end here after all.
      at = BrokenItem(at, kNoEnd, list);
      continue;
    }
    const std::size_t end = ValueEnd(at);
    const std::size_t behind =
        end == kNoEnd ? body_.size() : SkipBlanks(body_, end);
    if (At(body_, behind, ',')) {
      AppendItem(body_.substr(at, end - at), list);
      at = SkipBlanks(body_, behind + 1);
    } else if (At(body_, behind, ']')) {
      AppendItem(body_.substr(at, end - at), list);
      at = behind;
    } else {
      at = BrokenItem(at, end, list);
    }
  }
  return body_.size();
}

// Behind what may follow the items of a list: members, and the bracket of the
// object. kNoEnd when that is not what stands there.
std::size_t BodySplitter::SkipMembers(std::size_t at) {
  at = SkipBlanks(body_, at);
  while (At(body_, at, ',')) {
    const std::size_t value = ValueOf(body_, SkipBlanks(body_, at + 1));
    if (value == kNoEnd) return kNoEnd;
    const std::size_t end = ValueEnd(value);
    if (end == kNoEnd) return kNoEnd;
    at = SkipBlanks(body_, end);
  }
  if (at >= body_.size()) return at;
  return At(body_, at, '}') ? at + 1 : kNoEnd;
}

void BodySplitter::Split(std::string_view body, std::string* lines,
                         SplitCounts* counts) {
  if (body.starts_with(kMark)) body.remove_prefix(kMark.size());
  body_ = body;
  lines_ = lines;
  counts_ = counts;
  budget_ = kInVain * body.size() + kHeadBytes;
  List list;
  bool behind_list = false;
  std::size_t at = SkipBlanks(body, 0);
  while (at < body.size()) {
    if (At(body, at, '{') && !(behind_list && IsItem(at))) {
      list = FindList(at);
    } else {
      // No object, or an item behind what looked like the end of its list.
      list.items = FindItem(at, std::min(body.size(), at + kHeadBytes));
      list.found = list.guessed = list.items != kNoEnd;
    }
    if (list.found) {
      if (list.guessed) AppendBroken(body.substr(at, list.items - at), list);
      behind_list = true;
      at = SkipBlanks(body, SplitItems(list));
      continue;
    }
    const std::size_t end = ValueEnd(at);
    if (end == kNoEnd) {
      ++counts->broken;
      return AppendLine(Trim(body.substr(at)));
    }
    AppendLine(body.substr(at, end - at));
    at = SkipBlanks(body, end);
  }
}

}  // namespace tocsin::webhook
