#include "tests/testing/layout_promises.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "dsl/format/format.h"
#include "dsl/parser/parse.h"
#include "tests/testing/print_cst.h"

namespace tocsin::testing {
namespace {

struct Parsed {
  dsl::SourceSet sources;
  dsl::cst::File file;

  explicit Parsed(const std::string& text) {
    dsl::DiagnosticSink sink;
    const dsl::FileId id = sources.Add(dsl::SourceFile("a.rules", text));
    file = dsl::Parse(sources, id, &sink);
  }
  const dsl::SourceFile& source() const { return sources.file(0); }
};

std::vector<std::string> CommentsOf(const Parsed& parsed) {
  std::vector<std::string> comments;
  for (const dsl::cst::Comment& comment : parsed.file.comments) {
    comments.emplace_back(parsed.source().text().substr(
        comment.begin, comment.end - comment.begin));
    std::string& text = comments.back();
    text.erase(text.find_last_not_of(" \t\r\f\v") + 1);
  }
  std::sort(comments.begin(), comments.end());
  return comments;
}

bool HasClauses(const std::string& head) {
  for (const char* word : {"rule ", "signal ", "tune ", "defaults"}) {
    if (head.starts_with(word)) return true;
  }
  return false;
}

// Clauses of one word keep their order: that of `collect` is that of alerts.
std::string Meaning(const Parsed& parsed) {
  std::vector<std::string> lines;
  std::istringstream text(PrintFile(parsed.file));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  for (auto begin = lines.begin(); begin != lines.end();) {
    const auto end = std::find_if(begin + 1, lines.end(), [](const auto& line) {
      return !line.starts_with("  ");
    });
    if (HasClauses(*begin)) {
      std::stable_sort(begin + 1, end, [](const auto& a, const auto& b) {
        return a.substr(0, a.find(':')) < b.substr(0, b.find(':'));
      });
    }
    begin = end;
  }
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace

std::string MeaningOf(const std::string& text) { return Meaning(Parsed(text)); }

std::optional<std::string> LayoutChecked(const std::string& text,
                                         std::string* broken) {
  const Parsed before(text);
  const auto once = dsl::CanonicalLayout(before.source(), before.file);
  if (!before.file.complete) return std::nullopt;
  if (!once) {
    *broken = "there is no layout of:\n" + text;
    return std::nullopt;
  }
  const Parsed after(*once);
  const auto twice = dsl::CanonicalLayout(after.source(), after.file);
  if (!twice || *twice != *once) {
    *broken = "a second layout differs:\n" + *once + "\nis laid out as\n" +
              twice.value_or("nothing");
  } else if (CommentsOf(before) != CommentsOf(after)) {
    *broken = "comments differ:\n" + text + "\nis laid out as\n" + *once;
  } else if (Meaning(before) != Meaning(after)) {
    *broken = "the meaning differs:\n" + text + "\nis laid out as\n" + *once;
  }
  return once;
}

}  // namespace tocsin::testing
