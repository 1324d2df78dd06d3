// Collects names; the only way in is CollectSymbols().
#include "dsl/check/symbols.h"

#include <cctype>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/k8s_audit.h"
#include "engine/program/zone.h"

namespace tocsin::dsl {
namespace {

class Collector {
 public:
  explicit Collector(Context* context)
      : context_(*context), report_(context->report) {}

  void Collect(const cst::File& file);
  void AddToLists();  // list NAME += [..], once all lists are known.

 private:
  void Settings(const cst::Item& item);
  void Declare(const cst::Item& item);
  void DeclareList(const cst::ListItem& list);
  void DeclareRule(const cst::Item& item, const cst::RuleItem& rule);
  void DeclareSchema(const cst::Item& item, const cst::SchemaItem& schema);
  void NoteUnreadable(const cst::Item& item);
  void CountWords();

  // Lists, lets and tables share one space of names.
  bool TakeName(const cst::Name& name);
  void Duplicate(Kind kind, Span span, std::string_view what,
                 std::string_view name, Span first);
  Span NodeSpan(const cst::Node& node) const { return At(*file_, node); }

  Context& context_;
  Reporter& report_;
  FileSettings* file_ = nullptr;
  SymbolMap<Span> taken_;
  std::vector<ListSymbol::Added> added_;
  const cst::Item* use_ = nullptr;
  const cst::Item* group_ = nullptr;
  const cst::Item* zone_ = nullptr;
  const cst::Item* defaults_ = nullptr;
};

void Collector::Collect(const cst::File& file) {
  context_.files.emplace_back();
  file_ = &context_.files.back();
  file_->file = &file;
  if (!file.complete) CountWords();
  use_ = group_ = zone_ = defaults_ = nullptr;
  for (const cst::Item& item : file.items) Settings(item);
  for (const cst::Item& item : file.items) Declare(item);
}

void Collector::Duplicate(Kind kind, Span span, std::string_view what,
                          std::string_view name, Span first) {
  Diagnostic& d = report_.Emit(
      kind, span, absl::StrFormat("%s `%s` is declared twice", what, name));
  if (first.file != kBuiltInFile) {
    d.notes.push_back({first, "first declared here"});
  }
}

void Collector::Settings(const cst::Item& item) {
  const auto once = [&](const cst::Item** seen, std::string_view what) {
    if (*seen != nullptr) {
      Diagnostic& d =
          report_.Emit(Kind::kDuplicateClause, NodeSpan(item),
                       absl::StrFormat("`%s` may stand once in a file", what));
      d.notes.push_back({NodeSpan(**seen), "first written here"});
      return false;
    }
    *seen = &item;
    return true;
  };
  if (const auto* use = std::get_if<cst::UseItem>(&item.value)) {
    if (once(&use_, "use")) file_->use = &use->schema;
  } else if (const auto* group = std::get_if<cst::GroupItem>(&item.value)) {
    if (once(&group_, "group")) file_->group = group->prefix.text;
  } else if (const auto* zone = std::get_if<cst::TimezoneItem>(&item.value)) {
    if (!once(&zone_, "timezone")) return;
    if (FindZone(zone->zone.text) == nullptr) {
      report_
          .Emit(Kind::kUnknownTimezone, NodeSpan(zone->zone),
                absl::StrFormat("unknown time zone `%s`", zone->zone.text))
          .help = "an IANA name is expected: \"UTC\", \"Europe/Berlin\"";
    } else {
      file_->zone = zone->zone.text;
    }
  } else if (const auto* defaults =
                 std::get_if<cst::DefaultsItem>(&item.value)) {
    if (!once(&defaults_, "defaults")) return;
    file_->defaults = defaults;
    file_->defaults_span = NodeSpan(item);
  }
}

void Collector::Declare(const cst::Item& item) {
  if (const auto* list = std::get_if<cst::ListItem>(&item.value)) {
    DeclareList(*list);
  } else if (const auto* let = std::get_if<cst::LetItem>(&item.value)) {
    if (!TakeName(let->name)) return;
    context_.symbols.lets[let->name.text] = {let, file_, NodeSpan(let->name)};
  } else if (const auto* schema = std::get_if<cst::SchemaItem>(&item.value)) {
    DeclareSchema(item, *schema);
  } else if (const auto* rule = std::get_if<cst::RuleItem>(&item.value)) {
    DeclareRule(item, *rule);
  } else if (const auto* table = std::get_if<cst::TableItem>(&item.value)) {
    if (!TakeName(table->name)) return;
    TableSymbol symbol;
    symbol.item = table;
    symbol.file = file_;
    symbol.span = NodeSpan(table->name);
    context_.symbols.tables[table->name.text] = symbol;
  } else if (const auto* tune = std::get_if<cst::TuneItem>(&item.value)) {
    context_.symbols.tunes.push_back({tune, file_, NodeSpan(item.word)});
  } else if (std::get_if<cst::BadItem>(&item.value) != nullptr) {
    NoteUnreadable(item);
  }
}

bool Collector::TakeName(const cst::Name& name) {
  const auto [place, fresh] = taken_.emplace(name.text, NodeSpan(name));
  if (!fresh && !name.text.empty()) {
    Duplicate(Kind::kDuplicateName, NodeSpan(name), "the name", name.text,
              place->second);
  }
  return fresh;
}

void Collector::DeclareList(const cst::ListItem& list) {
  if (list.append) {
    added_.push_back({&list, file_});
    return;
  }
  if (!TakeName(list.name)) return;
  ListSymbol symbol;
  symbol.item = &list;
  symbol.file = file_;
  symbol.span = NodeSpan(list.name);
  context_.symbols.lists[list.name.text] = symbol;
}

void Collector::AddToLists() {
  SymbolMap<ListSymbol>& lists = context_.symbols.lists;
  for (const ListSymbol::Added& added : added_) {
    const cst::Name& name = added.item->name;
    const auto list = lists.find(name.text);
    if (list != lists.end()) {
      list->second.added.push_back(added);
      continue;
    }
    if (context_.symbols.unreadable.contains(name.text)) continue;
    const Span span = At(*added.file, name);
    Diagnostic& d = report_.Emit(
        Kind::kUnknownList, span,
        absl::StrFormat("there is no list `%s` to add to", name.text));
    std::vector<std::string_view> known;
    for (const auto& [other, symbol] : lists) known.push_back(other);
    std::string_view nearest;
    d.help = DidYouMean(name.text, known, &nearest);
    if (!nearest.empty()) {
      d.fix = Fix{span, std::string(nearest)};
    } else {
      d.help = absl::StrFormat("declare it: list %s = [..]", name.text);
    }
  }
}

void Collector::DeclareRule(const cst::Item& item, const cst::RuleItem& rule) {
  RuleSymbol symbol;
  symbol.item = &rule;
  symbol.file = file_;
  symbol.name = file_->group.empty() ? rule.name.text
                                     : file_->group + "." + rule.name.text;
  symbol.span = NodeSpan(item);
  symbol.name_span = NodeSpan(rule.name);
  if (!rule.whole_header) {
    context_.symbols.undeclared.push_back(symbol);
    return;
  }
  const auto [place, fresh] =
      context_.symbols.rules.emplace(symbol.name, symbol);
  if (!fresh) {
    Duplicate(Kind::kDuplicateRule, symbol.name_span, "rule", symbol.name,
              place->second.name_span);
    context_.symbols.undeclared.push_back(symbol);
  }
}

void Collector::DeclareSchema(const cst::Item& item,
                              const cst::SchemaItem& schema) {
  SchemaSymbol symbol;
  symbol.item = &schema;
  symbol.file = file_;
  symbol.span = NodeSpan(schema.name);
  symbol.built_in = file_->file->id == kBuiltInFile;
  if (schema.name.text.empty()) return;
  const auto [place, fresh] =
      context_.symbols.schemas.emplace(schema.name.text, symbol);
  if (fresh) return;
  if (!place->second.built_in) {
    Duplicate(Kind::kDuplicateName, symbol.span, "schema", schema.name.text,
              place->second.span);
    return;
  }
  place->second = symbol;
  report_.Emit(Kind::kShadowedName, symbol.span,
               absl::StrFormat("schema `%s` replaces the built-in one",
                               schema.name.text));
  static_cast<void>(item);
}

// The words of a file that could not be read whole: one that stands there once
// more than it is declared may be read by what was lost.
void Collector::CountWords() {
  const std::string_view text = context_.sources.file(file_->file->id).text();
  const auto word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && word(text[at])) ++at;
    if (at == begin) {
      ++at;
    } else {
      ++context_.words[std::string(text.substr(begin, at - begin))];
    }
  }
}

// `let NAME`, `list NAME` of an item that could not be read: uses of the name
// are no mistakes of their own.
void Collector::NoteUnreadable(const cst::Item& item) {
  const std::string text = context_.Text(NodeSpan(item));
  const auto word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           c == '.';
  };
  std::size_t at = 0;
  std::string_view words[2];
  for (std::string_view& part : words) {
    while (at < text.size() && !word(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && word(text[at])) ++at;
    part = std::string_view(text).substr(begin, at - begin);
  }
  for (const std::string_view part : words) {
    if (!part.empty()) context_.symbols.unreadable.emplace(part);
  }
}

}  // namespace

void CollectSymbols(std::span<const cst::File> files, Context* context) {
  Collector collector(context);
  collector.Collect(AuditSchemaFile());
  for (const cst::File& file : files) collector.Collect(file);
  collector.AddToLists();
}

}  // namespace tocsin::dsl
