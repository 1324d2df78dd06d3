// JSON lines and SARIF 2.1.0 (OASIS, sections 3.13 to 3.57).
#include "dsl/diag/render_json.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/diag/render.h"

namespace tocsin::dsl::internal {
namespace {

using std::string_view;
// Writes JSON as it is told to; commas and colons come by themselves.
class Writer {
 public:
  void StartObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void StartArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(string_view text) {
    String(text);
    out_ += ':';
    comma_ = false;
  }
  void Uint(std::uint32_t value) { Value(absl::StrFormat("%d", value)); }
  void Null() { Value("null"); }
  void String(string_view text) {
    Separate();
    out_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (byte < 0x20) {
        absl::StrAppendFormat(&out_, "\\u%04x", byte);
      } else {
        out_ += c;
      }
    }
    out_ += '"';
    comma_ = true;
  }
  std::string Take() { return std::move(out_); }

 private:
  void Separate() {
    if (comma_) out_ += ',';
  }
  void Open(char bracket) {
    Separate();
    out_ += bracket;
    comma_ = false;
  }
  void Close(char bracket) {
    out_ += bracket;
    comma_ = true;
  }
  void Value(string_view text) {
    Separate();
    out_ += text;
    comma_ = true;
  }

  std::string out_;
  bool comma_ = false;  // A value was written, and no bracket opened since.
};

void Member(Writer& json, string_view key, string_view value) {
  json.Key(key);
  json.String(value);
}

void Member(Writer& json, string_view key, std::uint32_t value) {
  json.Key(key);
  json.Uint(value);
}

struct Range {
  const SourceFile& file;
  Place begin;
  Place end;
};

Range RangeOf(const SourceSet& sources, Span span) {
  const SourceFile& file = sources.file(span.file);
  return {file, file.PlaceOf(span.begin), file.PlaceOf(span.end)};
}

void Range4(Writer& json, const Range& range) {
  Member(json, "file", range.file.path());
  Member(json, "line", range.begin.line);
  Member(json, "column", range.begin.column);
  Member(json, "end_line", range.end.line);
  Member(json, "end_column", range.end.column);
}

void OneLine(Writer& json, const Diagnostic& diagnostic,
             const SourceSet& sources) {
  const KindRecord& kind = Describe(diagnostic.kind);
  json.StartObject();
  Member(json, "code", kind.code);
  Member(json, "severity", SeverityWord(kind.severity));
  Member(json, "message", diagnostic.message);
  Range4(json, RangeOf(sources, diagnostic.span));
  Member(json, "help", diagnostic.help);
  json.Key("fix");
  if (diagnostic.fix) {
    json.StartObject();
    Range4(json, RangeOf(sources, diagnostic.fix->span));
    Member(json, "text", diagnostic.fix->text);
    json.EndObject();
  } else {
    json.Null();
  }
  json.EndObject();
}

// A path as a URI reference: everything but unreserved characters and slashes
// is escaped.
std::string Uri(string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') ||
                       string_view("-._~/").find(c) != string_view::npos;
    if (plain) {
      uri.push_back(c);
    } else {
      absl::StrAppendFormat(&uri, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

void Message(Writer& json, string_view key, string_view text) {
  json.Key(key);
  json.StartObject();
  Member(json, "text", text);
  json.EndObject();
}

void Region(Writer& json, string_view key, const Range& range) {
  json.Key(key);
  json.StartObject();
  Member(json, "startLine", range.begin.line);
  Member(json, "startColumn", range.begin.column);
  Member(json, "endLine", range.end.line);
  Member(json, "endColumn", range.end.column);
  json.EndObject();
}

void Artifact(Writer& json, const Range& range) {
  json.Key("artifactLocation");
  json.StartObject();
  Member(json, "uri", Uri(range.file.path()));
  json.EndObject();
}

void Location(Writer& json, const SourceSet& sources, Span span,
              string_view message) {
  const Range range = RangeOf(sources, span);
  json.StartObject();
  json.Key("physicalLocation");
  json.StartObject();
  Artifact(json, range);
  Region(json, "region", range);
  json.EndObject();
  if (!message.empty()) Message(json, "message", message);
  json.EndObject();
}

void SarifFix(Writer& json, const SourceSet& sources, const Fix& fix,
              string_view help) {
  const Range range = RangeOf(sources, fix.span);
  json.Key("fixes");
  json.StartArray();
  json.StartObject();
  if (!help.empty()) Message(json, "description", help);
  json.Key("artifactChanges");
  json.StartArray();
  json.StartObject();
  Artifact(json, range);
  json.Key("replacements");
  json.StartArray();
  json.StartObject();
  Region(json, "deletedRegion", range);
  Message(json, "insertedContent", fix.text);
  json.EndObject();
  json.EndArray();
  json.EndObject();
  json.EndArray();
  json.EndObject();
  json.EndArray();
}

string_view Level(Severity severity) {
  return severity == Severity::kInfo ? "note" : SeverityWord(severity);
}

void Result(Writer& json, const Diagnostic& diagnostic,
            const SourceSet& sources, std::size_t rule) {
  const KindRecord& kind = Describe(diagnostic.kind);
  json.StartObject();
  Member(json, "ruleId", kind.code);
  Member(json, "ruleIndex", static_cast<std::uint32_t>(rule));
  Member(json, "level", Level(kind.severity));
  Message(json, "message",
          diagnostic.help.empty()
              ? diagnostic.message
              : absl::StrFormat("%s; %s", diagnostic.message, diagnostic.help));
  json.Key("locations");
  json.StartArray();
  Location(json, sources, diagnostic.span, {});
  json.EndArray();
  if (!diagnostic.notes.empty()) {
    json.Key("relatedLocations");
    json.StartArray();
    for (const Note& note : diagnostic.notes) {
      Location(json, sources, note.span, note.message);
    }
    json.EndArray();
  }
  if (diagnostic.fix) {
    SarifFix(json, sources, *diagnostic.fix, diagnostic.help);
  }
  json.EndObject();
}

void Rule(Writer& json, const KindRecord& kind) {
  json.StartObject();
  Member(json, "id", kind.code);
  Member(json, "name", kind.name);
  Message(json, "shortDescription", kind.title);
  json.Key("defaultConfiguration");
  json.StartObject();
  Member(json, "level", Level(kind.severity));
  json.EndObject();
  json.EndObject();
}

// The kinds that occur, in the order of the registry.
std::map<Kind, std::size_t> RulesOf(
    const std::vector<Diagnostic>& diagnostics) {
  std::map<Kind, std::size_t> rules;
  for (const Diagnostic& diagnostic : diagnostics) {
    rules.emplace(diagnostic.kind, 0);
  }
  std::size_t index = 0;
  for (auto& [kind, place] : rules) place = index++;
  return rules;
}

}  // namespace

std::string RenderJson(const std::vector<Diagnostic>& diagnostics,
                       const SourceSet& sources) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    Writer json;
    OneLine(json, diagnostic, sources);
    out += json.Take();
    out.push_back('\n');
  }
  return out;
}

std::string RenderSarif(const std::vector<Diagnostic>& diagnostics,
                        const SourceSet& sources) {
  const std::map<Kind, std::size_t> rules = RulesOf(diagnostics);
  Writer json;
  json.StartObject();
  Member(json, "$schema",
         "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
         "sarif-schema-2.1.0.json");
  Member(json, "version", "2.1.0");
  json.Key("runs");
  json.StartArray();
  json.StartObject();
  json.Key("tool");
  json.StartObject();
  json.Key("driver");
  json.StartObject();
  Member(json, "name", "tocsin");
  json.Key("rules");
  json.StartArray();
  for (const auto& entry : rules) Rule(json, Describe(entry.first));
  json.EndArray();
  json.EndObject();
  json.EndObject();
  Member(json, "columnKind", "unicodeCodePoints");
  json.Key("results");
  json.StartArray();
  for (const Diagnostic& diagnostic : diagnostics) {
    Result(json, diagnostic, sources, rules.at(diagnostic.kind));
  }
  json.EndArray();
  json.EndObject();
  json.EndArray();
  json.EndObject();
  return json.Take() + "\n";
}

}  // namespace tocsin::dsl::internal
