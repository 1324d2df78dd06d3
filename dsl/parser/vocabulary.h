// The parsers that the grammar is made of, beside those of X3 itself: words and
// signs, which skip blanks first and, when they fail, give back the place
// before the blanks. So the place of a failure is the end of the last token.
#pragma once

#include <boost/spirit/home/x3.hpp>
#include <functional>
#include <string>

#include "dsl/parser/starts.h"
#include "dsl/parser/state.h"

namespace tocsin::dsl::syntax {

namespace x3 = boost::spirit::x3;

// Base of the parsers here: no attribute.
template <typename Derived>
struct Terminal : x3::parser<Derived> {
  using attribute_type = x3::unused_type;
  static constexpr bool has_attribute = false;
};

// Blanks and # comments. The skipper of every syntactic rule.
struct Blanks : Terminal<Blanks> {
  template <typename Context, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const Context&, Rule&,
             Attribute&) const {
    const Iterator before = first;
    first = SkipBlanks(first, last);
    return first != before;
  }
};
inline constexpr Blanks blanks{};

// Every separately compiled rule is instantiated for these very types.
struct StateTag;
using Context = x3::context<StateTag, std::reference_wrapper<State>,
                            x3::phrase_parse_context<Blanks>::type>;

template <typename AnyContext>
State& StateOf(const AnyContext& context) {
  return x3::get<StateTag>(context).get();
}

// A keyword: its text, and no identifier character behind it. `keep` makes it a
// kWord leaf.
struct Word : Terminal<Word> {
  const char* text;
  bool keep;
  constexpr Word(const char* t, bool k) : text(t), keep(k) {}
  bool Read(Iterator& first, State& state) const {
    const Iterator at = SkipBlanks(first, state.end());
    const std::string_view word = IdentAt(at, state.end());
    if (state.Meant(at, word) != text) return false;
    first = at + word.size();
    if (keep) state.Push(SyntaxKind::kWord, at, first);
    return true;
  }
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator&, const AnyContext& context, Rule&,
             Attribute&) const {
    return Read(first, StateOf(context));
  }
};
constexpr Word word(const char* text) { return {text, false}; }
constexpr Word head(const char* text) { return {text, true}; }

// A sign such as `{` or `+=`; with `kind`, it is kept as a leaf.
struct Sign : Terminal<Sign> {
  const char* text;
  bool keep;
  constexpr Sign(const char* t, bool k) : text(t), keep(k) {}
  bool Read(Iterator& first, State& state) const {
    const Iterator at = SkipBlanks(first, state.end());
    const std::string_view sign(text);
    const std::string_view rest(at, static_cast<std::size_t>(state.end() - at));
    if (!rest.starts_with(sign)) return false;
    if (sign == "=" && rest.starts_with("==")) return false;
    first = at + sign.size();
    if (keep) state.Push(SyntaxKind::kWord, at, first);
    return true;
  }
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator&, const AnyContext& context, Rule&,
             Attribute&) const {
    return Read(first, StateOf(context));
  }
};
constexpr Sign sign(const char* text) { return {text, false}; }
constexpr Sign mark(const char* text) { return {text, true}; }

// No clause or declaration begins here (see NextBegins). Consumes nothing.
struct NotNext : Terminal<NotNext> {
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule&, Attribute&) const {
    return !NextBegins(StateOf(context), SkipBlanks(first, last));
  }
};
inline constexpr NotNext not_next{};

}  // namespace tocsin::dsl::syntax

// What a parser without a name is called in a message: X3 would say its mangled
// type. A sequence is called by its first part.
namespace boost::spirit::x3 {

template <typename Left, typename Right>
struct get_info<sequence<Left, Right>> {
  using result_type = std::string;
  std::string operator()(const sequence<Left, Right>& parser) const {
    return x3::what(parser.left);
  }
};
template <typename Left, typename Right>
struct get_info<alternative<Left, Right>> {
  using result_type = std::string;
  std::string operator()(const alternative<Left, Right>& parser) const {
    return x3::what(parser.left) + " or " + x3::what(parser.right);
  }
};
template <typename Subject>
struct get_info<optional<Subject>> {
  using result_type = std::string;
  std::string operator()(const optional<Subject>& parser) const {
    return x3::what(parser.subject);
  }
};
template <>
struct get_info<tocsin::dsl::syntax::Word> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::Word& word) const {
    return std::string("`") + word.text + "`";
  }
};
template <>
struct get_info<tocsin::dsl::syntax::Sign> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::Sign& sign) const {
    return std::string("`") + sign.text + "`";
  }
};

}  // namespace boost::spirit::x3
