// The door: refuses what is not rule text at all, runs the grammar, lowers what
// it built. No exception leaves: the row of declarations catches them.
#include "dsl/parser/parse.h"

#include "absl/strings/str_format.h"
#include "dsl/parser/grammar.h"
#include "dsl/parser/lower.h"
#include "dsl/parser/utf8.h"

namespace tocsin::dsl {
namespace {

cst::File Refused(FileId id) {
  cst::File file;
  file.id = id;
  file.complete = false;
  return file;
}

}  // namespace

cst::File Parse(const SourceSet& sources, FileId id, DiagnosticSink* sink) {
  const SourceFile& source = sources.file(id);
  const std::string_view text = source.text();
  if (text.size() > limits::kRuleFileBytes) {
    sink->Emit(Kind::kFileTooLarge, Span{id, 0, 0},
               absl::StrFormat("the file has more than %d bytes",
                               limits::kRuleFileBytes))
        .help = "split the rules over several files, or read lists from files";
    return Refused(id);
  }
  if (const std::optional<std::size_t> bad = syntax::FirstNonText(text)) {
    const auto at = static_cast<std::uint32_t>(*bad);
    sink->Emit(Kind::kNotText, Span{id, at, at + 1},
               absl::StrFormat("byte 0x%02x is not UTF-8 text",
                               static_cast<unsigned char>(text[*bad])))
        .help = "save the file as UTF-8";
    return Refused(id);
  }
  const std::size_t errors = sink->errors();
  syntax::State state(text, id, sink);
  syntax::Iterator at = state.begin();
  const auto grammar =
      syntax::x3::with<syntax::StateTag>(std::ref(state))[syntax::rule_file];
  syntax::x3::phrase_parse(at, state.end(), grammar, syntax::blanks);
  cst::File file =
      syntax::Lowerer(source, id, state.mended, sink).File(state.TakeAll());
  file.complete = file.complete && sink->errors() == errors;
  return file;
}

}  // namespace tocsin::dsl
