// The statements of a `test` block, and the JSON in them.
//
// `at D` belongs to the `expect` before it on the same line; at the start of a
// line it is a statement of its own and moves the clock.
#include "dsl/parser/grammar.h"

namespace tocsin::dsl::syntax {

Rule<struct JsonTag> const json = "a JSON value";
BOOST_SPIRIT_DECLARE(Rule<JsonTag>)

namespace {

struct OnSameLine : Terminal<OnSameLine> {
  template <typename AnyContext, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const AnyContext& context,
             RuleContext&, Attribute&) const {
    return !AtLineStart(StateOf(context), SkipBlanks(first, last));
  }
};

}  // namespace

// clang-format off
auto const pair =
    named("a key")[string | any_name] > sign(":") > json;

auto const json_def =
    node(SyntaxKind::kJsonObject)[
        bracket('{', '}')[-commas(named("a key")[pair])]]
    | node(SyntaxKind::kJsonList)[bracket('[', ']')[-commas(json)]]
    | node(SyntaxKind::kJsonScalar)[
          string
          | attempt[-leaf(SyntaxKind::kOperator)[x3::lit('-')] >> number]
          | boolean
          | leaf(SyntaxKind::kNull)["null" >> !x3::char_("A-Za-z0-9_")]];

auto const assign =
    node(SyntaxKind::kAssign)[
        path > sign("=")
        > named("a text or a JSON value")[text_template | json]];

auto const option =
    node(SyntaxKind::kOption)[
        run
        | (head("every") > duration)
        | (head("late") > duration)
        | (head("from") > dotted)
        | (head("with") > named("a field")[commas(named("a field")[assign])])];

auto const event =
    named("a JSON object, or the name of a `let`")[json | name];
auto const send =
    head("send") > named("`file`, a JSON object, or the name of a `let`")[
        attempt[head("file") >> string]
        | (event > *option)];

auto const at =
    node(SyntaxKind::kOption)[(OnSameLine() >> head("at")) > duration];
auto const expected =
    (head("alert") | head("resolved")) > json > -at;
auto const expect =
    head("expect")
    > named("`nothing`, `alert` or `resolved`")[head("nothing") | expected];

auto const statement_def =
    node(SyntaxKind::kStatement)[
        (head("let") > name > sign("=") > json)
        | ((head("at") | head("lateness")) > duration)
        | head("restart")
        | (head("reload") > -string)
        | send
        | expect];
// clang-format on

BOOST_SPIRIT_DEFINE(statement, json)
BOOST_SPIRIT_INSTANTIATE(Rule<StatementTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
