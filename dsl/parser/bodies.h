// The directives that recover: what stands in the braces of a declaration, and
// the file as a row of declarations. A mistake costs one clause, not the file.
#pragma once

#include <optional>

#include "dsl/parser/directives.h"
#include "dsl/parser/report.h"

namespace tocsin::dsl::syntax {

// Runs a parser; a failure inside comes back as a value, and the nodes that
// were open stand on the stack as broken ones.
template <typename Run>
std::optional<Failure> Caught(State& state, Run run) {
  const int nesting = state.nesting;
  const std::size_t open_nodes = state.open_nodes();
  std::optional<Failure> failure;
  try {
    run();
    return failure;
  } catch (const x3::expectation_failure<Iterator>& expected) {
    failure = Failure{expected.where(), expected.which(), nullptr, {}};
  } catch (const Failure& caught) {
    failure = caught;
  }
  state.nesting = nesting;
  state.holes = 0;  // No body stands inside a template or a key.
  state.equals_ends = false;
  state.CloseBroken(open_nodes, failure->where);
  return failure;
}

// How a row of clauses, fields or declarations goes on at `first`.
enum class RowStep : std::uint8_t { kRead, kDone };

// What a row needs to know beside its parser; bodies.cc.
struct Row {
  BodyKind body;
  bool of_fields;
  Iterator open = nullptr;  // Its `{`; null for a file.
  bool forgiven = false;    // A brace is missing already: no word of its `}`.

  // Consumes the closing brace; reports a missing one.
  RowStep Step(State& state, Iterator& first);
  // Read without a failure, up to `first`. False: it did not match at all.
  void AfterClause(State& state, Iterator begin, Iterator& first, bool matched);
  void AfterFailure(State& state, Iterator begin, Iterator& first,
                    const Failure& failure);

 private:
  void GoOn(State& state, Iterator begin, Iterator at, Iterator& first);
};

template <typename Subject, typename AnyContext, typename Rule>
void ReadRow(Row row, const Subject& subject, Iterator& first,
             const Iterator& last, const AnyContext& context, Rule& rule) {
  State& state = StateOf(context);
  while (row.Step(state, first) == RowStep::kRead) {
    const Iterator begin = SkipBlanks(first, last);
    bool matched = false;
    const std::optional<Failure> failure = Caught(state, [&] {
      matched = subject.parse(first, last, context, rule, x3::unused);
    });
    if (failure) {
      row.AfterFailure(state, begin, first, *failure);
    } else {
      row.AfterClause(state, begin, first, matched);
    }
  }
}

// The `{` at `first`, consumed; or where a missing one is overlooked; or null.
Iterator OpenBody(State& state, Iterator& first);

// body(kind)[clause]: "{" { clause } "}", recovering at each clause. A missing
// `{` is reported and overlooked where a clause follows.
template <typename Subject>
struct Body : Directive<Subject, Body<Subject>> {
  BodyKind kind;
  constexpr Body(const Subject& inner, BodyKind k)
      : Directive<Subject, Body<Subject>>(inner), kind(k) {}
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    state.body = kind;
    const Iterator open = OpenBody(state, first);
    if (open != nullptr) {
      ReadRow({kind, false, open, *open != '{'}, this->subject, first, last,
              context, rule);
    }
    state.body = BodyKind::kFile;
    state.closing = '}';
    return open != nullptr;
  }
};

// fields[field]: "{" { field } "}" of a schema, one level deeper, recovering at
// the next line.
template <typename Subject>
struct Fields : Directive<Subject, Fields<Subject>> {
  using Directive<Subject, Fields<Subject>>::Directive;
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    State& state = StateOf(context);
    const Iterator open = SkipBlanks(first, last);
    if (open == last || *open != '{') return false;
    GoDeeper(state, open);
    first = open + 1;
    ReadRow({state.body, true, open}, this->subject, first, last, context,
            rule);
    --state.nesting;
    return true;
  }
};

// declarations[d]: { d } up to the end of the text, recovering at a declaration
// word in column 1.
template <typename Subject>
struct Declarations : Directive<Subject, Declarations<Subject>> {
  using Directive<Subject, Declarations<Subject>>::Directive;
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             Rule& rule, Attribute&) const {
    ReadRow({BodyKind::kFile, false}, this->subject, first, last, context,
            rule);
    return true;
  }
};

constexpr Maker<Body, BodyKind> body(BodyKind kind) { return {{kind}}; }
inline constexpr Maker<Fields> fields{};
inline constexpr Maker<Declarations> declarations{};

}  // namespace tocsin::dsl::syntax

namespace boost::spirit::x3 {

template <typename Subject>
struct get_info<tocsin::dsl::syntax::Body<Subject>> {
  using result_type = std::string;
  std::string operator()(const tocsin::dsl::syntax::Body<Subject>&) const {
    return "`{`";
  }
};

}  // namespace boost::spirit::x3
