// Directives of the grammar: build a node, keep a leaf, go one level deeper.
// Those that recover from a mistake are in bodies.h.
#pragma once

#include <string>
#include <tuple>

#include "dsl/parser/vocabulary.h"
#include "engine/base/limits.h"

namespace tocsin::dsl::syntax {

// Base of the directives here: one subject, no attribute.
template <typename Subject, typename Derived>
struct Directive : x3::unary_parser<Subject, Derived> {
  using attribute_type = x3::unused_type;
  static constexpr bool has_attribute = false;
  static constexpr bool is_pass_through_unary = false;
  constexpr explicit Directive(const Subject& inner)
      : x3::unary_parser<Subject, Derived>(inner) {}
};

template <typename Parser>
using SubjectOf = typename x3::extension::as_parser<Parser>::value_type;

// One level more; past limits::kNesting a Failure at `at`. Where a Failure is
// caught, the old depth is set again.
inline void GoDeeper(State& state, Iterator at) {
  if (state.nesting >= limits::kNesting) {
    throw Failure{at, {}, nullptr, Failure::Cause::kTooDeep};
  }
  ++state.nesting;
}

// leaf(kind)[p]: blanks, then p without blanks inside; its text is a leaf.
template <typename Subject>
struct Leaf : Directive<Subject, Leaf<Subject>> {
  SyntaxKind kind;
  constexpr Leaf(const Subject& inner, SyntaxKind k)
      : Directive<Subject, Leaf<Subject>>(inner), kind(k) {}
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule&, Attribute&) const {
    const Iterator begin = SkipBlanks(first, last);
    Iterator at = begin;
    if (!this->subject.parse(at, last, x3::unused, x3::unused, x3::unused)) {
      return false;
    }
    StateOf(context).Push(kind, begin, at);
    first = at;
    return true;
  }
};

// node(kind)[p]: what p keeps becomes the kids of one node. When p fails,
// nothing of it is left behind.
template <typename Subject>
struct NodeOf : Directive<Subject, NodeOf<Subject>> {
  SyntaxKind kind;
  constexpr NodeOf(const Subject& inner, SyntaxKind k)
      : Directive<Subject, NodeOf<Subject>>(inner), kind(k) {}
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    const Iterator before = first;
    state.Open(kind, SkipBlanks(first, last));
    if (!this->subject.parse(first, last, context, rule, x3::unused)) {
      state.Abandon();
      first = before;
      return false;
    }
    state.Close(first);
    return true;
  }
};

// attempt[p]: like p, and leaves no leaf behind when p fails half-way.
template <typename Subject>
struct Attempt : Directive<Subject, Attempt<Subject>> {
  using Directive<Subject, Attempt<Subject>>::Directive;
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    const std::size_t height = state.height();
    const Iterator before = first;
    if (this->subject.parse(first, last, context, rule, x3::unused)) {
      return true;
    }
    state.Truncate(height);
    first = before;
    return false;
  }
};

// ahead[p]: whether p would match here; consumes and keeps nothing.
template <typename Subject>
struct Ahead : Directive<Subject, Ahead<Subject>> {
  using Directive<Subject, Ahead<Subject>>::Directive;
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    const std::size_t height = state.height();
    Iterator at = first;
    const bool ok = this->subject.parse(at, last, context, rule, x3::unused);
    state.Truncate(height);
    return ok;
  }
};

// named("a duration")[p]: p, with the words for it in a message.
template <typename Subject>
struct Named : Directive<Subject, Named<Subject>> {
  const char* name;
  constexpr Named(const Subject& inner, const char* n)
      : Directive<Subject, Named<Subject>>(inner), name(n) {}
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    return this->subject.parse(first, last, context, rule, x3::unused);
  }
};

// bracket('(', ')')[p]: p one level deeper. Once the bracket is open, p must
// match and the bracket must close; depth past limits::kNesting is a Failure.
template <typename Subject>
struct Bracket : Directive<Subject, Bracket<Subject>> {
  char open;
  char close;
  constexpr Bracket(const Subject& inner, char o, char c)
      : Directive<Subject, Bracket<Subject>>(inner), open(o), close(c) {}
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    const Iterator at = SkipBlanks(first, last);
    if (at == last || *at != open) return false;
    GoDeeper(state, at);
    first = at + 1;
    if (!this->subject.parse(first, last, context, rule, x3::unused)) {
      throw Failure{first, x3::what(this->subject), at, {}};
    }
    const Iterator end = SkipBlanks(first, last);
    if (end == last || *end != close) {
      throw Failure{first, std::string("`") + close + "`", at, {}};
    }
    --state.nesting;
    first = end + 1;
    return true;
  }
};

// before_equals[p]: in p, a single `=` is not taken for a comparison.
template <typename Subject>
struct BeforeEquals : Directive<Subject, BeforeEquals<Subject>> {
  using Directive<Subject, BeforeEquals<Subject>>::Directive;
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    state.equals_ends = true;
    const bool ok = this->subject.parse(first, last, context, rule, x3::unused);
    state.equals_ends = false;
    return ok;
  }
};

// deeper[p]: p one level deeper, for a recursion without brackets.
template <typename Subject>
struct Deeper : Directive<Subject, Deeper<Subject>> {
  using Directive<Subject, Deeper<Subject>>::Directive;
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    GoDeeper(state, first);
    const bool ok = this->subject.parse(first, last, context, rule, x3::unused);
    --state.nesting;
    return ok;
  }
};

template <template <typename> typename Directive, typename... Arguments>
struct Maker {
  std::tuple<Arguments...> arguments;
  template <typename Parser>
  constexpr auto operator[](const Parser& parser) const {
    return std::apply(
        [&](auto... values) {
          return Directive<SubjectOf<Parser>>(x3::as_parser(parser), values...);
        },
        arguments);
  }
};
constexpr Maker<Leaf, SyntaxKind> leaf(SyntaxKind kind) { return {{kind}}; }
constexpr Maker<NodeOf, SyntaxKind> node(SyntaxKind kind) { return {{kind}}; }
inline constexpr Maker<Attempt> attempt{};
inline constexpr Maker<Ahead> ahead{};
inline constexpr Maker<BeforeEquals> before_equals{};
inline constexpr Maker<Deeper> deeper{};
constexpr Maker<Named, const char*> named(const char* name) { return {{name}}; }
constexpr Maker<Bracket, char, char> bracket(char open, char close) {
  return {{open, close}};
}

}  // namespace tocsin::dsl::syntax

namespace boost::spirit::x3 {

template <typename Subject>
struct get_info<tocsin::dsl::syntax::Named<Subject>> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::Named<Subject>& p) const {
    return p.name;
  }
};
template <typename Subject>
struct get_info<tocsin::dsl::syntax::NodeOf<Subject>> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::NodeOf<Subject>& p) const {
    return x3::what(p.subject);
  }
};
template <typename Subject>
struct get_info<tocsin::dsl::syntax::Attempt<Subject>> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::Attempt<Subject>& p) const {
    return x3::what(p.subject);
  }
};
template <typename Subject>
struct get_info<tocsin::dsl::syntax::Deeper<Subject>> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::Deeper<Subject>& p) const {
    return x3::what(p.subject);
  }
};
template <typename Subject>
struct get_info<tocsin::dsl::syntax::Bracket<Subject>> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::Bracket<Subject>& p) const {
    return std::string("`") + p.open + "`";
  }
};

}  // namespace boost::spirit::x3
