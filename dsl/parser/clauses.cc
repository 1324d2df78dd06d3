// The clauses of a rule, a signal, `defaults` and `tune`. Each is a kClause
// node: its word, then what belongs to it. Which may stand where is said in
// lower_clause.cc.
#include "dsl/parser/grammar.h"

namespace tocsin::dsl::syntax {

// clang-format off
auto const names = named("a name")[commas(name)];

auto const text_clause =
    (head("title") | head("runbook") | head("alert")) > text_template;

auto const plain_clause =
    (head("description") | head("owner") | head("id")) > string;

auto const severity_word =
    named("`critical`, `high`, `medium`, `low` or `info`")[
        head("critical") | head("high") | head("medium") | head("low")
        | head("info")];
auto const severity_clause =
    head("severity") > severity_word
    > *(word("if") > expr > word("else") > severity_word);

auto const tags =
    named("`[` and tags")[bracket('[', ']')[-loose_commas(tag)]];
auto const tags_clause =
    head("tags") > -mark("+=") > tags;

auto const list_clause =
    (head("references") | head("falsepositives")) > list_literal;

auto const from =
    node(SyntaxKind::kFrom)[word("from") > dotted];
auto const from_clause =
    head("from") > dotted;

auto const until =
    node(SyntaxKind::kUntil)[word("until") > named("a date in quotes")[string]];

auto const key_part =
    node(SyntaxKind::kKeyPart)[
        -mark("?") >> -head("each") >> expr
        >> -node(SyntaxKind::kAs)[word("as") > name]
        >> -node(SyntaxKind::kAmong)[word("among") > name]];
auto const key_parts_def = commas(named("a group key")[key_part]);

auto const by =
    node(SyntaxKind::kBy)[
        word("by") > named("a group key")[before_equals[key_parts]]];
auto const event_clause =
    head("event") > named("a name for the event")[name] > -from > -by
    > sign("=") > expr;

auto const up_to =
    node(SyntaxKind::kUpTo)[word("up") > word("to") > integer];
auto const collect_clause =
    head("collect") > expr > -up_to > word("as") > name;

auto const per =
    node(SyntaxKind::kPer)[word("per") > names];
auto const then_clause =
    head("then") > named("`once`, `every`, `reset`, `edge` or `escalate`")[
        (head("once") > word("per") > duration > -per)
        | head("reset")
        | head("edge")
        | head("every")
        | (head("escalate") > named("a whole number")[commas(integer)])];

auto const late_word = named("`drop` or `now`")[head("drop") | head("now")];

auto const rule_clause_def =
    node(SyntaxKind::kClause)[
        text_clause
        | plain_clause
        | severity_clause
        | (head("risk") > expr)
        | tags_clause
        | list_clause
        | (head("enabled") > boolean)
        | from_clause
        | (head("where") > expr)
        | (head("unless") > expr > -until)
        | (head("by") > key_parts)
        | event_clause
        | (head("when") > condition)
        | then_clause
        | collect_clause
        | (head("show") > named("an expression")[commas(named_expr)])
        | (head("keys") > sign("<=") > integer)
        | (head("late") > late_word)];
// clang-format on

BOOST_SPIRIT_DEFINE(rule_clause, key_parts)
BOOST_SPIRIT_INSTANTIATE(Rule<ClauseTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<KeyPartsTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
