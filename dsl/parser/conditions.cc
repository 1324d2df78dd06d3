// What stands behind `when`, read generously: terms joined by `and` and `or`;
// lower_condition.cc sorts them into aggregates that share a window, sequences
// and so on. A parenthesis is read once, whether it turns out to hold a
// condition or a sum.
//
//   condition  term { (and | or) term }
//   term       silent for D | new(E, ..) within D [learn D]
//              | (all | N) of (A, ..) within D
//              | [not] A [xN] then [not] B .. [without ..] [where E] within D
//              | value {operator value} [within window]
#include "dsl/parser/grammar.h"

namespace tocsin::dsl::syntax {

// clang-format off
auto const silent =
    node(SyntaxKind::kSilent)[(word("silent") >> word("for")) > duration];

auto const learn =
    node(SyntaxKind::kLearn)[word("learn") > duration];
auto const fresh =
    node(SyntaxKind::kNew)[
        word("new") >> bracket('(', ')')[named("an expression")[commas(expr)]]
        >> -(within >> -learn)];

auto const parts_of =
    node(SyntaxKind::kPartsOf)[
        ((head("all") | integer) >> word("of"))
        > named("`(` and event names")[bracket('(', ')')[
              named("an event name")[commas(name)]]]
        > -within];

// `then` of the next clause is not a step: nothing is named `once per`.
auto const next_clause =
    ahead[(word("once") >> word("per")) | (word("escalate") >> integer)];
auto const step =
    node(SyntaxKind::kStep)[-head("not") >> name >> -run];
auto const then_step =
    (word("then") >> !next_clause) > named("an event name")[step];
auto const without =
    node(SyntaxKind::kWithout)[
        word("without") > named("an event name")[commas(name)]];
auto const where =
    node(SyntaxKind::kWhere)[word("where") > expr];
auto const sequence =
    node(SyntaxKind::kSequence)[
        step >> ahead[word("then") >> !next_clause] >> +then_step
        >> -without >> -where >> -within];

auto const window =
    node(SyntaxKind::kWindow)[
        (head("session") > word("gap") > duration > word("max") > duration)
        | (duration >> -(
              (head("tumbling") >> -(word("tz") > string))
              | (head("hopping") > duration)))];

auto const at_most =
    node(SyntaxKind::kAtMost)[
        (word("at") >> word("most")) > integer
        > named("`(` and an expression")[bracket('(', ')')[expr]]];
auto const condition_parenthesis =
    node(SyntaxKind::kConditionParen)[bracket('(', ')')[condition]];
auto const minus = leaf(SyntaxKind::kOperator)[x3::lit('-')];
auto const value =
    named("a value, a count or `(`")[
        *minus >> (at_most | condition_parenthesis | operand)];
auto const test =
    node(SyntaxKind::kTest)[
        value >> *(
            (text_op > -head("all") > value > -head("nocase"))
            | (value_op > value > -head("nocase")))
        >> -(word("within") > named("a duration such as `5m`")[window])];

auto const term =
    named("a condition")[silent | fresh | parts_of | sequence | test];

auto const condition_def =
    node(SyntaxKind::kCondition)[term >> *(logic_op > term)];
// clang-format on

BOOST_SPIRIT_DEFINE(condition)
BOOST_SPIRIT_INSTANTIATE(Rule<ConditionTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
