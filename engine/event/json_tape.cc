// The reader behind JsonTape: one pass over the text, recursion bounded by
// limits::kJsonDepth.
#include "engine/event/json_tape.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "engine/base/limits.h"
#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin {
namespace {

// Up to here duplicates are looked for by comparing, above by hashing.
constexpr std::uint32_t kFewMembers = 16;

}  // namespace

class JsonTape::Reader {
 public:
  Reader(JsonTape* tape, std::string_view json) : tape_(tape), json_(json) {}

  bool ReadAll() {
    if (!ReadValue({}, 0)) return false;
    SkipBlanks();
    return at_ == json_.size();
  }

 private:
  void SkipBlanks() {
    while (at_ < json_.size() && IsJsonBlank(json_[at_])) ++at_;
  }
  bool Take(char c) {
    SkipBlanks();
    if (at_ >= json_.size() || json_[at_] != c) return false;
    ++at_;
    return true;
  }
  TapeNode& Node(std::uint32_t index) { return tape_->nodes_[index]; }

  bool ReadString(std::string_view* text) {
    const std::size_t begin = ++at_;
    bool escaped = false;
    for (; at_ < json_.size(); ++at_) {
      const char c = json_[at_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') {
        escaped = true;
        ++at_;
      }
    }
    if (at_ >= json_.size()) return false;
    *text = json_.substr(begin, at_ - begin);
    ++at_;
    if (!escaped) return true;
    if (!EscapesAreValid(*text)) return false;
    std::string* home = tape_->NewText();
    AppendUnescaped(*text, home);
    *text = *home;
    return true;
  }

  bool ReadNumberNode(TapeNode* node) {
    const std::size_t end =
        std::min(json_.find_first_not_of("+-.0123456789eE", at_), json_.size());
    JsonNumber number;
    const NumberFate fate = ReadNumber(json_.substr(at_, end - at_), &number);
    if (fate == NumberFate::kMalformed) return false;
    at_ = end;
    node->kind = number.kind;
    if (number.kind == CellKind::kFloat) {
      node->f = number.f;
    } else {
      node->u = number.u;  // The same bits as i.
    }
    return true;
  }

  bool ReadWord(std::string_view word, CellKind kind, TapeNode* node) {
    if (json_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    node->kind = kind;
    return true;
  }

  // Adds the node of the value at `at_` and all below it.
  bool ReadValue(std::string_view key, int depth) {
    SkipBlanks();
    if (at_ >= json_.size()) return false;
    const auto index = static_cast<std::uint32_t>(tape_->nodes_.size());
    TapeNode node;
    node.key = key;
    node.next = index + 1;
    bool ok = false;
    switch (json_[at_]) {
      case '{':
      case '[':
        tape_->nodes_.push_back(node);
        return ReadBranch(index, depth + 1);
      case '"':
        node.kind = CellKind::kString;
        ok = ReadString(&node.text);
        break;
      case 't':
        ok = ReadWord("true", CellKind::kTrue, &node);
        break;
      case 'f':
        ok = ReadWord("false", CellKind::kFalse, &node);
        break;
      case 'n':
        ok = ReadWord("null", CellKind::kNull, &node);
        break;
      default:
        ok = ReadNumberNode(&node);
    }
    if (ok) tape_->nodes_.push_back(node);
    return ok;
  }

  bool ReadBranch(std::uint32_t index, int depth) {
    if (depth > limits::kJsonDepth) return false;
    const bool object = json_[at_] == '{';
    const char close = object ? '}' : ']';
    const std::size_t begin = at_++;
    std::uint32_t count = 0;
    if (!Take(close)) {
      do {
        std::string_view key;
        if (object) {
          SkipBlanks();
          if (at_ >= json_.size() || json_[at_] != '"') return false;
          if (!ReadString(&key) || !Take(':')) return false;
        }
        if (!ReadValue(key, depth)) return false;
        ++count;
      } while (Take(','));
      if (!Take(close)) return false;
    }
    TapeNode& node = Node(index);
    node.kind = object ? CellKind::kObject : CellKind::kList;
    node.count = count;
    node.text = json_.substr(begin, at_ - begin);
    node.next = static_cast<std::uint32_t>(tape_->nodes_.size());
    if (object && count > 1) Shadow(index);
    return true;
  }

  // Marks all but the last member under each key.
  void Shadow(std::uint32_t object) {
    const std::uint32_t end = Node(object).next;
    if (Node(object).count > kFewMembers) {
      absl::flat_hash_map<std::string_view, std::uint32_t> last;
      for (std::uint32_t i = object + 1; i < end; i = Node(i).next) {
        const auto [at, added] = last.try_emplace(Node(i).key, i);
        if (added) continue;
        Node(at->second).shadowed = true;
        --Node(object).count;
        at->second = i;
      }
      return;
    }
    for (std::uint32_t i = object + 1; i < end; i = Node(i).next) {
      for (std::uint32_t j = Node(i).next; j < end; j = Node(j).next) {
        if (Node(i).key != Node(j).key) continue;
        Node(i).shadowed = true;
        --Node(object).count;
        break;
      }
    }
  }

  JsonTape* tape_;
  std::string_view json_;
  std::size_t at_ = 0;
};

std::string* JsonTape::NewText() {
  if (decoded_used_ == decoded_.size()) {
    decoded_.push_back(std::make_unique<std::string>());
    text_bytes_ += decoded_.back()->capacity();
  }
  std::string* text = decoded_[decoded_used_++].get();
  text_bytes_ -= text->capacity();
  text->clear();
  return text;
}

void JsonTape::ForgetTexts(std::size_t from) {
  for (std::size_t i = from; i < decoded_used_; ++i) {
    text_bytes_ += decoded_[i]->capacity();
  }
  decoded_used_ = from;
}

void JsonTape::Clear() {
  nodes_.resize(1);
  if (nodes_.capacity() > kKeptBytes / sizeof(TapeNode)) {
    std::vector<TapeNode>(1).swap(nodes_);
  }
  ForgetTexts(0);
  if (text_bytes_ + decoded_.size() * sizeof(std::string) > kKeptBytes) {
    std::vector<std::unique_ptr<std::string>>().swap(decoded_);
    text_bytes_ = 0;
  }
}

std::size_t JsonTape::held() const {
  return nodes_.capacity() * sizeof(TapeNode) + text_bytes_ +
         decoded_.size() * sizeof(std::string);
}

bool JsonTape::Parse(std::string_view json) {
  Clear();
  return Append(json) >= 0;
}

std::int64_t JsonTape::Append(std::string_view json) {
  const std::size_t root = nodes_.size();
  const std::size_t texts = decoded_used_;
  if (!Reader(this, json).ReadAll()) {
    nodes_.resize(root);
    ForgetTexts(texts);
    return -1;
  }
  return static_cast<std::int64_t>(root);
}

std::uint32_t JsonTape::Member(std::uint32_t object,
                               std::string_view key) const {
  const TapeNode& node = nodes_[object];
  if (node.kind != CellKind::kObject) return 0;
  for (std::uint32_t i = object + 1; i < node.next; i = nodes_[i].next) {
    if (!nodes_[i].shadowed && nodes_[i].key == key) return i;
  }
  return 0;
}

std::uint32_t JsonTape::Element(std::uint32_t list, std::int64_t index) const {
  const TapeNode& node = nodes_[list];
  if (node.kind != CellKind::kList) return 0;
  if (index < 0) index += node.count;
  if (index < 0 || index >= node.count) return 0;
  std::uint32_t at = list + 1;
  for (; index > 0; --index) at = nodes_[at].next;
  return at;
}

}  // namespace tocsin
