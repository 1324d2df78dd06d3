// What the passes of one Check() share: the files with their settings, the
// names of the rule set, schemas and lists, and the reporter.
//
// Confined to the thread of the call. Symbols, schemas and settings stay where
// they are once made, so passes hold pointers to them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dsl/check/check.h"
#include "dsl/check/checked.h"
#include "dsl/cst/cst.h"
#include "dsl/diag/diagnostic.h"

namespace tocsin::dsl {

// The file id of what is built in; nothing is ever reported there.
inline constexpr FileId kBuiltInFile = 0xFFFFFFFF;

// Reports each mistake once, however often a let that holds it is expanded.
class Reporter {
 public:
  Reporter(DiagnosticSink* sink, bool lint) : sink_(sink), lint_(lint) {}

  // The diagnostic, to be completed by the caller; scratch when it was already
  // reported, or is lint and lint is off.
  Diagnostic& Emit(Kind kind, Span span, std::string message);
  // Errors met so far, repeated ones too: tells a pass whether what it just
  // did went well.
  std::size_t errors() const { return errors_; }
  const DiagnosticSink& sink() const { return *sink_; }

 private:
  DiagnosticSink* sink_;
  bool lint_;
  std::size_t errors_ = 0;
  std::set<std::tuple<Kind, FileId, std::uint32_t, std::uint32_t>> seen_;
  Diagnostic scratch_{};
};

struct FileSettings {
  const cst::File* file = nullptr;
  const cst::Dotted* use = nullptr;
  const cst::DefaultsItem* defaults = nullptr;
  Span defaults_span;
  std::string group;
  std::string zone = "UTC";
  const CheckedSchema* schema = nullptr;  // Null: unknown, already reported.
};

struct LetSymbol {
  const cst::LetItem* item = nullptr;
  const FileSettings* file = nullptr;
  Span span;
};

struct ListSymbol {
  const cst::ListItem* item = nullptr;
  const FileSettings* file = nullptr;
  Span span;
  std::uint32_t index = 0;  // Into Context::lists.
  bool broken = false;      // Its values could not be read; already reported.
  struct Added {            // list NAME += [..]
    const cst::ListItem* item = nullptr;
    const FileSettings* file = nullptr;
  };
  std::vector<Added> added;
};

struct TableSymbol {
  const cst::TableItem* item = nullptr;
  const FileSettings* file = nullptr;
  Span span;
  std::uint32_t index = 0;  // Into Context::tables.
  bool broken = false;      // Refused, or could not be read; reported.
};

// tune GLOB, .. { .. }
struct TuneSymbol {
  const cst::TuneItem* item = nullptr;
  const FileSettings* file = nullptr;
  Span span;
};

struct RuleSymbol {
  const cst::RuleItem* item = nullptr;
  const FileSettings* file = nullptr;
  std::string name;  // With its group.
  Span span;
  Span name_span;
  std::vector<const TuneSymbol*> tunes;
};

struct SchemaSymbol {
  const cst::SchemaItem* item = nullptr;
  const FileSettings* file = nullptr;
  Span span;
  std::uint32_t index = 0;  // Into Context::schemas.
  bool built_in = false;
};

template <typename Symbol>
using SymbolMap = std::map<std::string, Symbol, std::less<>>;

struct Symbols {
  SymbolMap<LetSymbol> lets;
  SymbolMap<ListSymbol> lists;
  SymbolMap<SchemaSymbol> schemas;
  SymbolMap<RuleSymbol> rules;        // Signals too.
  std::deque<RuleSymbol> undeclared;  // Rules of a name taken, or of none.
  SymbolMap<TableSymbol> tables;
  std::deque<TuneSymbol> tunes;
  std::set<std::string, std::less<>> unreadable;  // Names of Bad items.
  std::set<std::string, std::less<>> read;  // Names that any expression holds.
};

struct Context {
  Context(const SourceSet& s, const CheckOptions& o, DiagnosticSink* sink)
      : sources(s), options(o), report(sink, o.lint) {}

  const SourceSet& sources;
  const CheckOptions& options;
  Reporter report;
  Symbols symbols;
  std::deque<FileSettings> files;
  std::deque<CheckedSchema> schemas;
  std::vector<CheckedList> lists;
  std::vector<CheckedTable> tables;
  // Schemas of what rules tell, by rule; "alert": of all. `depth`: of readers.
  struct AlertSource {
    std::uint32_t schema = 0;
    std::uint32_t depth = 1;
  };
  SymbolMap<AlertSource> alert_schemas;
  // Words of the files that could not be read whole, and how often.
  SymbolMap<int> words;

  // The text of a span, for messages; of what is built in, nothing.
  std::string Text(Span span) const;
};

// The span of a node.
inline Span At(const FileSettings& file, const cst::Node& node) {
  return Span{file.file->id, node.begin, node.end};
}

// Nearest name as help, or nothing: "did you mean `user`?"
std::string DidYouMean(std::string_view word,
                       const std::vector<std::string_view>& candidates,
                       std::string_view* nearest);

}  // namespace tocsin::dsl
