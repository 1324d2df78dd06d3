// JSON lines and SARIF 2.1.0 (OASIS, sections 3.13 to 3.57).
#include "dsl/diag/render_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>

#include "absl/strings/str_format.h"
#include "dsl/diag/render.h"

namespace tocsin::dsl::internal {
namespace {

using std::string_view;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void Text(Writer& json, string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void Member(Writer& json, string_view key, string_view value) {
  Text(json, key);
  Text(json, value);
}

void Member(Writer& json, string_view key, std::uint32_t value) {
  Text(json, key);
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
  Text(json, "fix");
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
  Text(json, key);
  json.StartObject();
  Member(json, "text", text);
  json.EndObject();
}

void Region(Writer& json, string_view key, const Range& range) {
  Text(json, key);
  json.StartObject();
  Member(json, "startLine", range.begin.line);
  Member(json, "startColumn", range.begin.column);
  Member(json, "endLine", range.end.line);
  Member(json, "endColumn", range.end.column);
  json.EndObject();
}

void Artifact(Writer& json, const Range& range) {
  Text(json, "artifactLocation");
  json.StartObject();
  Member(json, "uri", Uri(range.file.path()));
  json.EndObject();
}

void Location(Writer& json, const SourceSet& sources, Span span,
              string_view message) {
  const Range range = RangeOf(sources, span);
  json.StartObject();
  Text(json, "physicalLocation");
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
  Text(json, "fixes");
  json.StartArray();
  json.StartObject();
  if (!help.empty()) Message(json, "description", help);
  Text(json, "artifactChanges");
  json.StartArray();
  json.StartObject();
  Artifact(json, range);
  Text(json, "replacements");
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
  Text(json, "locations");
  json.StartArray();
  Location(json, sources, diagnostic.span, {});
  json.EndArray();
  if (!diagnostic.notes.empty()) {
    Text(json, "relatedLocations");
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
  Text(json, "defaultConfiguration");
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
    rapidjson::StringBuffer buffer;
    Writer json(buffer);
    OneLine(json, diagnostic, sources);
    out.append(buffer.GetString(), buffer.GetSize());
    out.push_back('\n');
  }
  return out;
}

std::string RenderSarif(const std::vector<Diagnostic>& diagnostics,
                        const SourceSet& sources) {
  const std::map<Kind, std::size_t> rules = RulesOf(diagnostics);
  rapidjson::StringBuffer buffer;
  Writer json(buffer);
  json.StartObject();
  Member(json, "$schema",
         "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
         "sarif-schema-2.1.0.json");
  Member(json, "version", "2.1.0");
  Text(json, "runs");
  json.StartArray();
  json.StartObject();
  Text(json, "tool");
  json.StartObject();
  Text(json, "driver");
  json.StartObject();
  Member(json, "name", "tocsin");
  Text(json, "rules");
  json.StartArray();
  for (const auto& entry : rules) Rule(json, Describe(entry.first));
  json.EndArray();
  json.EndObject();
  json.EndObject();
  Member(json, "columnKind", "unicodeCodePoints");
  Text(json, "results");
  json.StartArray();
  for (const Diagnostic& diagnostic : diagnostics) {
    Result(json, diagnostic, sources, rules.at(diagnostic.kind));
  }
  json.EndArray();
  json.EndObject();
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace tocsin::dsl::internal
