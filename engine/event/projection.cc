// What the hot read looks for: the trie over the keys of the fields, and the
// tables that find a key in it.
#include <algorithm>

#include "engine/base/check.h"
#include "engine/event/extract.h"
#include "engine/event/key_index.h"

namespace tocsin {
namespace {

constexpr std::uint32_t kMultipliersTried = 64;

// The fields of a subtree, contiguous: its own first, then its children's.
void Order(std::uint32_t at, std::vector<Projection::Node>* nodes,
           std::vector<FieldId>* order) {
  // By index: the recursion never adds nodes, but references stay short-lived.
  const auto first = static_cast<std::uint32_t>(order->size());
  (*nodes)[at].first_field = first;
  if ((*nodes)[at].field != kNoField) order->push_back((*nodes)[at].field);
  for (const auto& [key, child] : (*nodes)[at].children) {
    Order(child, nodes, order);
  }
  (*nodes)[at].fields_below = static_cast<std::uint32_t>(order->size()) - first;
}

}  // namespace

KeyIndex::KeyIndex(
    std::span<const std::pair<std::string, std::uint32_t>> keys) {
  std::uint32_t bits = 2;
  while ((1u << bits) < 4 * keys.size()) ++bits;
  mask_ = (1u << bits) - 1;
  shift_ = 64 - bits;
  const auto word = [](const std::string& key) {
    char padded[8] = {};
    if (key.size() >= sizeof padded) return Word(key.data(), key.size());
    std::memcpy(padded, key.data(), key.size());
    return Word(padded, key.size());
  };
  const auto place = [&](const std::string& key) {
    return Place(word(key), key.size());
  };
  std::uint32_t fewest = UINT32_MAX;
  std::uint64_t best = 1;
  for (std::uint32_t i = 0; i < kMultipliersTried && fewest > 0; ++i) {
    multiplier_ = 0x9E3779B97F4A7C15u + 0x3C6EF372FE94F82Au * i;  // Odd.
    std::vector<bool> taken(mask_ + 1);
    std::uint32_t collisions = 0;
    for (const auto& [key, value] : keys) {
      const std::uint32_t at = place(key);
      if (taken[at]) ++collisions;
      taken[at] = true;
    }
    if (collisions < fewest) {
      fewest = collisions;
      best = multiplier_;
    }
  }
  multiplier_ = best;
  slots_.resize(mask_ + 1);
  for (const auto& [key, value] : keys) {
    std::uint32_t at = place(key);
    while (slots_[at].value != kNone) at = (at + 1) & mask_;
    slots_[at] = {word(key), value, static_cast<std::uint32_t>(key.size()),
                  static_cast<std::uint32_t>(text_.size())};
    text_ += key;
  }
}

Projection::Projection(std::vector<FieldSpec> fields,
                       std::vector<std::string> unwrap,
                       std::vector<std::string> left_out)
    : fields_(std::move(fields)),
      unwrap_(std::move(unwrap)),
      left_out_(std::move(left_out)) {
  TOCSIN_CHECK(fields_.size() < kNoField);
  nodes_.emplace_back();
  for (std::size_t id = 0; id < fields_.size(); ++id) {
    std::uint32_t at = 0;
    for (const std::string& key : fields_[id].keys) {
      auto& children = nodes_[at].children;
      const auto found =
          std::find_if(children.begin(), children.end(),
                       [&](const auto& child) { return child.first == key; });
      if (found != children.end()) {
        at = found->second;
        continue;
      }
      const auto next = static_cast<std::uint32_t>(nodes_.size());
      children.emplace_back(key, next);
      nodes_.emplace_back();
      at = next;
    }
    TOCSIN_CHECK(at != 0);                       // A field has a key,
    TOCSIN_CHECK(nodes_[at].field == kNoField);  // and a path one field.
    nodes_[at].field = static_cast<FieldId>(id);
    nodes_[at].want = fields_[id].want;
  }
  Order(0, &nodes_, &order_);
  for (Node& node : nodes_) node.keys = KeyIndex(node.children);

  IndexTop();
}

void Projection::IndexTop() {
  std::vector<std::pair<std::string, std::uint32_t>> keys;
  const auto entry = [&](const std::string& name) -> TopKey& {
    const auto found =
        std::find_if(keys.begin(), keys.end(),
                     [&](const auto& key) { return key.first == name; });
    if (found != keys.end()) return top_[found->second];
    keys.emplace_back(name, static_cast<std::uint32_t>(top_.size()));
    return top_.emplace_back();
  };
  for (const auto& [key, node] : nodes_[0].children) entry(key).node = node;
  for (std::uint32_t i = 0; i < unwrap_.size(); ++i) {
    TopKey& key = entry(unwrap_[i]);
    if (key.unwrap == kNoUnwrap) key.unwrap = i;
  }
  for (const std::string& key : left_out_) entry(key).left_out = true;
  top_keys_ = KeyIndex(keys);
}

}  // namespace tocsin
