#include "dsl/explain/let_names.h"

#include <variant>

namespace tocsin::dsl {

LetNames::LetNames(const SourceSet& sources, std::span<const cst::File> files)
    : sources_(sources) {
  for (const cst::File& file : files) {
    for (const cst::Item& item : file.items) {
      const auto* let = std::get_if<cst::LetItem>(&item.value);
      if (let == nullptr) continue;
      lets_.push_back(
          {let->name.text, Span{file.id, let->body.begin, let->body.end}});
    }
  }
}

std::string LetNames::UseAt(Span span) const {
  if (span.file >= sources_.size()) return {};
  const std::string_view text = sources_.Text(span);
  const std::string_view name = text.substr(0, text.find('('));
  const bool call = name.size() < text.size();
  // `is_a(x) and is_b(y)` begins like a call and is none.
  if (call && text.find(')') != text.size() - 1) return {};
  for (const Let& let : lets_) {
    if (let.name == name) return std::string(text);
  }
  return {};
}

const std::string* LetNames::Inside(Span span) const {
  for (const Let& let : lets_) {
    if (let.body.file == span.file && let.body.begin <= span.begin &&
        span.end <= let.body.end) {
      return &let.name;
    }
  }
  return nullptr;
}

}  // namespace tocsin::dsl
