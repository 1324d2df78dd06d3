// The oracle: every value of a line parsed by RapidJSON into a small tree, then
// looked up field by field, the slow and obvious way. It shares the framing of
// lines (line_extractor.h) with the hot read and nothing below it.
//
// Two things RapidJSON cannot do are undone before it reads, in place and
// without moving a byte: a lone surrogate is respelt as \ufffd, a number that
// no double holds as a small one whose place is remembered.
//
// The only way in is MakeRapidJsonExtractor().
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <set>

#include "engine/base/limits.h"
#include "engine/event/identity.h"
#include "engine/event/line_extractor.h"

namespace tocsin {
namespace {

constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseNumbersAsStringsFlag |
                                 rapidjson::kParseValidateEncodingFlag;

// A value of the tree; children follow their parent.
struct Node {
  CellKind kind = CellKind::kMissing;
  std::uint32_t begin = 0;  // In the line; of objects, lists and numbers.
  std::uint32_t size = 0;
  std::uint32_t next = 0;  // The node behind the subtree.
  int height = 0;          // Levels of nesting, itself included.
  std::string key;
  std::string text;  // Of strings.
};

// Builds the tree. Below twice the allowed nesting only the height is kept.
class TreeBuilder {
 public:
  using Stream = rapidjson::MemoryStream;
  using Size = rapidjson::SizeType;
  explicit TreeBuilder(const Stream* stream) : stream_(stream) {}

  bool Null() { return Scalar(CellKind::kNull); }
  bool Bool(bool b) { return Scalar(b ? CellKind::kTrue : CellKind::kFalse); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char*, Size size, bool) {
    if (Node* node = Add(CellKind::kFloat)) {
      node->begin = static_cast<std::uint32_t>(stream_->Tell()) - size;
      node->size = size;
    }
    return true;
  }
  bool String(const char* text, Size size, bool) {
    if (Node* node = Add(CellKind::kString)) node->text.assign(text, size);
    return true;
  }
  bool Key(const char* text, Size size, bool) {
    key_.assign(text, size);
    return true;
  }
  bool StartObject() { return Open(CellKind::kObject); }
  bool StartArray() { return Open(CellKind::kList); }
  bool EndObject(Size) { return Close(); }
  bool EndArray(Size) { return Close(); }

  std::vector<Node> TakeNodes() { return std::move(nodes_); }

 private:
  static constexpr std::size_t kKeptDepth = 2 * limits::kJsonDepth;

  bool Scalar(CellKind kind) {
    Add(kind);
    return true;
  }
  Node* Add(CellKind kind) {
    if (heights_.size() > kKeptDepth) return nullptr;
    nodes_.emplace_back();
    Node& node = nodes_.back();
    node.kind = kind;
    node.key.swap(key_);
    node.next = static_cast<std::uint32_t>(nodes_.size());
    return &node;
  }
  bool Open(CellKind kind) {
    // The iterative reader calls before it takes the bracket.
    if (Node* node = Add(kind)) {
      node->begin = static_cast<std::uint32_t>(stream_->Tell());
      open_.push_back(nodes_.size() - 1);
    }
    heights_.push_back(1);
    return true;
  }
  bool Close() {
    const int height = heights_.back();
    heights_.pop_back();
    if (!heights_.empty()) {
      heights_.back() = std::max(heights_.back(), height + 1);
    }
    if (heights_.size() > kKeptDepth) return true;
    Node& node = nodes_[open_.back()];
    open_.pop_back();
    node.height = height;
    node.size = static_cast<std::uint32_t>(stream_->Tell()) + 1 - node.begin;
    node.next = static_cast<std::uint32_t>(nodes_.size());
    return true;
  }

  const Stream* stream_;
  std::vector<Node> nodes_;
  std::vector<std::size_t> open_;
  std::vector<int> heights_;
  std::string key_;
};

bool IsSurrogate(int unit) { return unit >= 0xD800 && unit <= 0xDFFF; }

// The unit of a \uXXXX at `at`, or -1.
int UnitAt(std::string_view json, std::size_t at) {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') {
    return -1;
  }
  int unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const char c = json[i];
    const bool digit = c >= '0' && c <= '9';
    const char lower = static_cast<char>(c | 0x20);
    if (!digit && (lower < 'a' || lower > 'f')) return -1;
    unit = unit * 16 + (digit ? c - '0' : lower - 'a' + 10);
  }
  return unit;
}

// Respells lone surrogates, outside and inside of strings alike: only inside
// can a backslash be right.
void RespellSurrogates(std::string* json) {
  for (std::size_t at = json->find('\\'); at < json->size();
       at = json->find('\\', at)) {
    const int unit = UnitAt(*json, at);
    if (unit < 0) {
      at += 2;
      continue;
    }
    const int next = unit <= 0xDBFF ? UnitAt(*json, at + 6) : -1;
    if (IsSurrogate(unit) && next >= 0xDC00 && next <= 0xDFFF) {
      at += 12;
      continue;
    }
    if (IsSurrogate(unit)) json->replace(at + 2, 4, "fffd");
    at += 6;
  }
}

// Respells numbers; gives the places of those that no double holds.
std::set<std::uint32_t> RespellNumbers(std::string* json) {
  std::set<std::uint32_t> lost;
  std::size_t at = 0;
  while (at < json->size()) {
    if ((*json)[at] == '"') {
      at = JsonStringEnd(*json, at);
      if (at == std::string::npos) break;
      continue;
    }
    std::size_t end = json->find_first_not_of("+-.0123456789eE", at);
    end = std::min(end, json->size());
    if (end == at) {
      ++at;
      continue;
    }
    const std::string token = json->substr(at, end - at);
    JsonNumber unused;
    const bool huge = std::isinf(std::strtod(token.c_str(), nullptr));
    if ((huge || token.find_first_of("eE") != std::string::npos) &&
        ReadNumber(token, &unused) != NumberFate::kMalformed) {
      if (huge) lost.insert(static_cast<std::uint32_t>(at));
      std::string small(token.size(), '0');
      const std::size_t sign = token[0] == '-' ? 1 : 0;
      small[0] = token[0];
      small[sign] = '1';
      small[sign + 1] = '.';
      json->replace(at, small.size(), small);
    }
    at = end;
  }
  return lost;
}

class RapidJsonReader {
 public:
  void Begin(const Projection& projection, SymbolTables*, EventBatch* batch,
             BatchWriter* writer) {
    projection_ = &projection;
    batch_ = batch;
    writer_ = writer;
  }

  ReadFate Read(const Line& line) {
    const std::string_view text(batch_->bytes.data() + line.offset, line.size);
    if (!IsUtf8(text)) return ReadFate::kInvalidUtf8;
    offset_ = line.offset;
    if (!Parse(text)) return ReadFate::kMalformed;
    const std::uint32_t items = Items();
    if (items == kNone) {
      ReadEvent(0, line, 0);
      return ReadFate::kRows;
    }
    std::size_t count = 0;
    for (std::uint32_t item = items + 1; item < nodes_[items].next;
         item = nodes_[item].next) {
      ++count;
    }
    if (count > limits::kEnvelopeItems) return ReadFate::kTooLong;
    for (std::uint32_t item = items + 1; item < nodes_[items].next;
         item = nodes_[item].next) {
      ReadEvent(item, line, kRowUnwrapped);
    }
    return ReadFate::kRows;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  bool Parse(std::string_view text) {
    std::string json(text);
    RespellSurrogates(&json);
    lost_ = RespellNumbers(&json);
    rapidjson::MemoryStream stream(json.data(), json.size());
    TreeBuilder builder(&stream);
    rapidjson::Reader reader;
    const rapidjson::ParseResult result =
        reader.Parse<kParseFlags>(stream, builder);
    // A NUL reads as the end: only the real end is one.
    if (result.IsError() || stream.Tell() != json.size()) return false;
    nodes_ = builder.TakeNodes();
    text_ = text;
    FindItemExtents(json);
    return true;
  }

  // Strings and words have no place of their own in the tree; items of an
  // envelope that are such need one.
  void FindItemExtents(const std::string& json) {
    const std::uint32_t items = Items();
    if (items == kNone) return;
    std::size_t at = nodes_[items].begin + 1;
    for (std::uint32_t item = items + 1; item < nodes_[items].next;
         item = nodes_[item].next) {
      while (IsJsonBlank(json[at]) || json[at] == ',') ++at;
      nodes_[item].begin = static_cast<std::uint32_t>(at);
      at = JsonValueEnd(json, at);
      nodes_[item].size = static_cast<std::uint32_t>(at) - nodes_[item].begin;
    }
  }

  // The last member under a key, or kNone.
  std::uint32_t Last(std::uint32_t object, const std::string& key) const {
    std::uint32_t last = kNone;
    if (nodes_[object].kind != CellKind::kObject) return last;
    for (std::uint32_t member = object + 1; member < nodes_[object].next;
         member = nodes_[member].next) {
      if (nodes_[member].key == key) last = member;
    }
    return last;
  }

  // The list of an envelope, or kNone.
  std::uint32_t Items() const {
    for (const std::string& key : projection_->unwrap()) {
      const std::uint32_t member = Last(0, key);
      if (member != kNone && nodes_[member].kind == CellKind::kList) {
        return member;
      }
    }
    return kNone;
  }

  void ReadEvent(std::uint32_t root, const Line& line, std::uint8_t flags) {
    writer_->OpenRow();
    flags_ = 0;
    Row row;
    const Node& node = nodes_[root];
    row.offset = line.offset + node.begin;
    row.size = node.size;
    row.line = line.number;
    if (node.kind != CellKind::kObject) {
      row.fate = Fate::kNotAnObject;
    } else if (node.height > limits::kJsonDepth) {
      row.fate = Fate::kTooDeep;
    } else {
      for (const auto& [key, child] : projection_->nodes()[0].children) {
        ReadMember(root, key, child);
      }
    }
    if (row.fate != Fate::kNotAnObject) {
      row.content = ContentBegin(batch_->Raw(row), projection_->left_out());
    }
    row.flags = static_cast<std::uint8_t>(
        flags | flags_ | line.FlagsOf(row.offset, row.offset + row.size));
    writer_->AddRow(row);
  }

  void ReadMember(std::uint32_t object, const std::string& key,
                  std::uint32_t trie) {
    const std::uint32_t last = Last(object, key);
    if (last == kNone) return;
    for (std::uint32_t member = object + 1; member < last;
         member = nodes_[member].next) {
      if (nodes_[member].key == key) {
        flags_ |= kRowDuplicateKey;
        NoteLost(member, trie);
      }
    }
    const Projection::Node& node = projection_->nodes()[trie];
    if (node.field != kNoField) {
      Cell* const cell = writer_->At(node.field);
      *cell = CellOf(last);
      if (cell->kind == CellKind::kString && (node.want & kWantSymbol) != 0) {
        writer_->SetSymbol(node.field, nodes_[last].text, false);
      }
      if (cell->kind == CellKind::kList && (node.want & kWantElements) != 0) {
        ReadElements(last, cell);
      }
    }
    for (const auto& [below, child] : node.children) {
      ReadMember(last, below, child);
    }
  }

  void ReadElements(std::uint32_t list, Cell* cell) {
    cell->offset = batch_->elements.size();
    cell->size = 0;
    for (std::uint32_t item = list + 1; item < nodes_[list].next;
         item = nodes_[item].next) {
      batch_->elements.push_back(CellOf(item));
      ++cell->size;
    }
  }

  // A number that is lost is told even of a member that a later one replaces.
  void NoteLost(std::uint32_t member, std::uint32_t trie) {
    const Projection::Node& node = projection_->nodes()[trie];
    if (node.field != kNoField) {
      CellOf(member);
      if (nodes_[member].kind == CellKind::kList &&
          (node.want & kWantElements) != 0) {
        for (std::uint32_t item = member + 1; item < nodes_[member].next;
             item = nodes_[item].next) {
          CellOf(item);
        }
      }
    }
    if (nodes_[member].kind != CellKind::kObject) return;
    for (const auto& [key, child] : node.children) {
      for (std::uint32_t below = member + 1; below < nodes_[member].next;
           below = nodes_[below].next) {
        if (nodes_[below].key == key) NoteLost(below, child);
      }
    }
  }

  Cell CellOf(std::uint32_t index) {
    const Node& node = nodes_[index];
    Cell cell;
    cell.kind = node.kind;
    switch (node.kind) {
      case CellKind::kString:
        cell.flags = kDecoded;
        cell.offset = batch_->arena.size();
        cell.size = static_cast<std::uint32_t>(node.text.size());
        batch_->arena.insert(batch_->arena.end(), node.text.begin(),
                             node.text.end());
        break;
      case CellKind::kList:
      case CellKind::kObject:
        cell.offset = offset_ + node.begin;
        cell.size = node.size;
        break;
      case CellKind::kFloat:
        SetNumber(node, &cell);
        break;
      default:
        break;
    }
    return cell;
  }

  // By the C library rather than by ReadNumber(), so that the two can differ.
  void SetNumber(const Node& node, Cell* cell) {
    if (lost_.count(node.begin) > 0) {
      flags_ |= kRowNumberLost;
      cell->kind = CellKind::kMissing;
      return;
    }
    const std::string text(text_.substr(node.begin, node.size));
    if (text.find_first_of(".eE") == std::string::npos) {
      errno = 0;
      cell->i = std::strtoll(text.c_str(), nullptr, 10);
      cell->kind = CellKind::kInt;
      if (errno == 0) return;
      errno = 0;
      cell->u = std::strtoull(text.c_str(), nullptr, 10);
      cell->kind = CellKind::kUint;
      if (errno == 0 && text[0] != '-') return;
    }
    cell->kind = CellKind::kFloat;
    cell->f = std::strtod(text.c_str(), nullptr);
  }

  const Projection* projection_ = nullptr;
  EventBatch* batch_ = nullptr;
  BatchWriter* writer_ = nullptr;
  std::uint32_t offset_ = 0;  // Of the line in the batch's bytes.
  std::string_view text_;     // The line.
  std::vector<Node> nodes_;
  std::set<std::uint32_t> lost_;  // Places of numbers that no double holds.
  std::uint8_t flags_ = 0;
};

}  // namespace

std::unique_ptr<Extractor> MakeRapidJsonExtractor() {
  return std::make_unique<LineExtractor<RapidJsonReader>>();
}

}  // namespace tocsin
