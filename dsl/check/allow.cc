#include "dsl/check/allow.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"

namespace tocsin::dsl {
namespace {

constexpr std::string_view kBlanks = " \t";

struct Allowed {
  Kind kind = Kind::kExpected;
  Span code;   // Where the code stands in the comment.
  Span place;  // What it speaks of.
  bool used = false;
};

void SkipBlanks(std::string_view* text) {
  const std::size_t at = text->find_first_not_of(kBlanks);
  text->remove_prefix(at == std::string_view::npos ? text->size() : at);
}

bool Take(std::string_view word, std::string_view* text) {
  if (!text->starts_with(word)) return false;
  text->remove_prefix(word.size());
  return true;
}

// A capital and four digits: W0512.
bool LooksLikeCode(std::string_view word) {
  return word.size() == 5 && word[0] >= 'A' && word[0] <= 'Z' &&
         word.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::optional<Kind> KindOf(std::string_view code) {
  for (std::size_t i = 0; i < KindCount(); ++i) {
    const Kind kind = static_cast<Kind>(i);
    if (Describe(kind).code == code) return kind;
  }
  return std::nullopt;
}

// These come and go with the day, with the configuration, or with how `check`
// was asked: an allow of them is never idle.
bool Comes(Kind kind, bool strict) {
  switch (kind) {
    case Kind::kUntilPassed:
    case Kind::kUntilSoon:
    case Kind::kLatenessOutlasts:
      return true;
    default:
      return !strict && Describe(kind).severity == Severity::kInfo;
  }
}

class AllowReader {
 public:
  AllowReader(const cst::File& file, Context* context)
      : file_(file),
        source_(context->sources.file(file.id)),
        text_(source_.text()),
        context_(*context) {}

  void Read(std::vector<Allowed>* allowed) {
    for (const cst::Comment& comment : file_.comments) {
      std::string_view rest =
          text_.substr(comment.begin, comment.end - comment.begin);
      Take("#", &rest);
      SkipBlanks(&rest);
      if (!Take("tocsin:", &rest)) continue;
      SkipBlanks(&rest);
      if (!Take("allow", &rest)) continue;
      Read(comment, rest, allowed);
    }
  }

 private:
  Span At(std::string_view part) const {
    const auto begin = static_cast<std::uint32_t>(part.data() - text_.data());
    return Span{file_.id, begin,
                static_cast<std::uint32_t>(begin + part.size())};
  }

  // `rest`: what stands behind `allow`.
  void Read(const cst::Comment& comment, std::string_view rest,
            std::vector<Allowed>* allowed) {
    const Span place = PlaceOf(comment);
    std::size_t codes = 0;
    while (true) {
      while (!rest.empty() && (rest[0] == ' ' || rest[0] == ',')) {
        rest.remove_prefix(1);
      }
      const std::string_view word =
          rest.substr(0, rest.find_first_of(" ,:\t\r"));
      if (!LooksLikeCode(word)) break;
      rest.remove_prefix(word.size());
      ++codes;
      const std::optional<Kind> kind = KindOf(word);
      if (!kind.has_value()) {
        Tell(At(word), absl::StrFormat("nothing is told by the code %s", word));
      } else if (Describe(*kind).severity == Severity::kError) {
        Tell(At(word),
             absl::StrFormat("%s is an error: it has to be mended", word));
      } else {
        allowed->push_back({*kind, At(word), place, false});
      }
    }
    const Span whole{file_.id, comment.begin, comment.end};
    if (codes == 0) return Tell(whole, "no code is named: allow W0512 ..");
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t:,-")));
    if (!rest.empty()) return;
    context_.report
        .Emit(Kind::kAllowWithoutReason, whole,
              "why it is allowed stands nowhere")
        .help = "say it behind the code: # tocsin:allow W0512 the names are ..";
  }

  void Tell(Span span, std::string message) {
    context_.report.Emit(Kind::kIdleAllow, span, std::move(message)).help =
        "take it out, or name what it is to allow";
  }

  std::uint32_t LineStart(std::uint32_t offset) const {
    const std::size_t feed =
        offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
    return feed == std::string_view::npos
               ? 0
               : static_cast<std::uint32_t>(feed + 1);
  }
  std::uint32_t LineEnd(std::uint32_t offset) const {
    return static_cast<std::uint32_t>(
        std::min(text_.find('\n', offset), text_.size()));
  }

  // What the comment speaks of; nothing when a blank line follows.
  Span PlaceOf(const cst::Comment& comment) const {
    std::uint32_t start = LineStart(comment.begin);
    std::string_view before = text_.substr(start, comment.begin - start);
    if (before.find_first_not_of(kBlanks) != std::string_view::npos) {
      return Span{file_.id, std::min(start, NodeBegin(comment.begin)),
                  LineEnd(comment.begin)};
    }
    while (true) {
      const std::uint32_t end = LineEnd(start);
      if (end >= text_.size()) return Span{file_.id, end, end};
      start = end + 1;
      std::string_view line = text_.substr(start, LineEnd(start) - start);
      const std::size_t first = line.find_first_not_of(kBlanks);
      if (first == std::string_view::npos) return Span{file_.id, start, start};
      if (line[first] != '#') break;
    }
    return Span{file_.id, start, std::max(LineEnd(start), NodeEnd(start))};
  }

  // Calls `see` with each declaration, and before it with its clauses.
  template <typename See>
  void EachNode(const See& see) const {
    for (const cst::Item& item : file_.items) {
      const std::vector<cst::Clause>* clauses = nullptr;
      if (const auto* rule = std::get_if<cst::RuleItem>(&item.value)) {
        clauses = &rule->clauses;
      } else if (const auto* tune = std::get_if<cst::TuneItem>(&item.value)) {
        clauses = &tune->clauses;
      }
      if (clauses != nullptr)
        std::for_each(clauses->begin(), clauses->end(), see);
      see(item);
    }
  }

  // The begin of the outermost declaration or clause of which nothing stands
  // between its end and `comment`: such a comment means the whole, however it
  // is broken into lines. `comment` itself when there is none.
  std::uint32_t NodeBegin(std::uint32_t comment) const {
    std::uint32_t begin = comment;
    EachNode([&](const cst::Node& node) {
      if (node.end > comment || node.begin >= begin) return;
      const std::string_view gap = text_.substr(node.end, comment - node.end);
      if (gap.find_first_not_of(kBlanks) == std::string_view::npos) {
        begin = node.begin;
      }
    });
    return begin;
  }

  // The end of the declaration or the clause that begins on the line at
  // `start`; 0 when none does.
  std::uint32_t NodeEnd(std::uint32_t start) const {
    const std::uint32_t end = LineEnd(start);
    std::uint32_t ends = 0;
    EachNode([&](const cst::Node& node) {
      if (node.begin >= start && node.begin < end) {
        ends = std::max(ends, node.end);
      }
    });
    return ends;
  }

  const cst::File& file_;
  const SourceFile& source_;
  const std::string_view text_;
  Context& context_;
};

}  // namespace

void ApplyAllows(std::span<const cst::File> files, Context* context,
                 DiagnosticSink* sink) {
  const CheckOptions& options = context->options;
  if (!options.lint && !options.lateness_us.has_value()) return;
  std::vector<Allowed> allowed;
  for (const cst::File& file : files) {
    AllowReader(file, context).Read(&allowed);
  }
  if (allowed.empty()) return;
  sink->RemoveIf([&](const Diagnostic& d) {
    if (Describe(d.kind).severity == Severity::kError) return false;
    bool silent = false;
    for (Allowed& allow : allowed) {
      if (allow.kind != d.kind || allow.place.file != d.span.file ||
          d.span.begin < allow.place.begin || d.span.begin > allow.place.end) {
        continue;
      }
      allow.used = true;
      silent = true;
    }
    return silent;
  });
  // With errors not all lint was looked for.
  if (sink->has_errors() || !options.lint) return;
  for (const Allowed& allow : allowed) {
    if (allow.used || Comes(allow.kind, options.strict)) continue;
    context->report
        .Emit(Kind::kIdleAllow, allow.code,
              absl::StrFormat("nothing here is told by %s",
                              Describe(allow.kind).code))
        .help = "take it out";
  }
}

}  // namespace tocsin::dsl
