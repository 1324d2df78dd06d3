// Texts with holes: "{user.username} read {objectRef.name ?? "all"}".
//
//   template  " { text | "{{" | "}}" | "{" expr "}" } "
//
// A hole is an ordinary expression, read under the skipper, so its own strings
// need no escapes and the place of a mistake inside is right by itself. Text is
// read character by character: blanks in it count.
#include "dsl/parser/grammar.h"
#include "dsl/parser/quotes.h"

namespace tocsin::dsl::syntax {
namespace {

// The end of the text that starts at `at`: a quote, a hole, the line's end.
Iterator TextEnd(Iterator at, Iterator end) {
  while (at < end && *at != '"' && *at != '\n') {
    const bool pair = end - at > 1;
    if (*at == '{' && !(pair && at[1] == '{')) break;
    const bool doubled = pair && (*at == '{' || *at == '}') && at[1] == *at;
    const bool escape = pair && *at == '\\' && at[1] != '\n';
    at += doubled || escape ? 2 : 1;
  }
  return at;
}

// What stands between the quotes. Blanks before the first quote were skipped.
struct TemplateBody : Terminal<TemplateBody> {
  template <typename AnyContext, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             RuleContext&, Attribute&) const {
    State& state = StateOf(context);
    Iterator at = SkipBlanks(first, last);
    if (at == last || *at != '"') return false;
    if (last - at > 2 && at[1] == '"' && at[2] == '"') return false;
    const Iterator open = at++;
    while (true) {
      const Iterator end = TextEnd(at, last);
      if (end > at) state.Push(SyntaxKind::kTemplateText, at, end);
      at = end;
      if (at == last || *at == '\n') {
        state.Push(SyntaxKind::kOpenString, open, at);
        first = at;
        return true;
      }
      if (*at == '"') break;
      Hole(at, last, context, state);
    }
    first = at + 1;
    return true;
  }

  template <typename AnyContext>
  static void Hole(Iterator& at, Iterator last, const AnyContext& context,
                   State& state) {
    const Iterator open = at++;
    GoDeeper(state, open);
    ++state.holes;
    if (!expr.parse(at, last, context, x3::unused, x3::unused)) {
      throw Failure{
          at, "an expression in `{}` (a brace is written `{{`)", open, {}};
    }
    const Iterator end = SkipBlanks(at, last);
    if (end == last || *end != '}') {
      throw Failure{at, "`}` (a brace is written `{{`)", open, {}};
    }
    --state.nesting;
    --state.holes;
    at = end + 1;
  }
};

}  // namespace

// clang-format off
auto const text_template_def =
    node(SyntaxKind::kTemplate)[TemplateBody()]
    | node(SyntaxKind::kTemplate)[leaf(SyntaxKind::kSingleQuoted)[
          '\'' >> *(x3::char_ - x3::char_("'\n")) >> -x3::lit('\'')]]
    | node(SyntaxKind::kTemplate)[
          leaf(SyntaxKind::kSingleQuoted)[TypographicText()]];
// clang-format on

BOOST_SPIRIT_DEFINE(text_template)
BOOST_SPIRIT_INSTANTIATE(Rule<TemplateTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
