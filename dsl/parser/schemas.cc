// Schemas: the clauses, and fields with their types.
//
//   field   name type ["?"] [one of [..] | usually [..] | in a..[b]]
//   type    list of T | map of T | { fields ["..."] } | any | string | ...
#include "dsl/parser/bodies.h"
#include "dsl/parser/grammar.h"

namespace tocsin::dsl::syntax {

Rule<struct FieldTag> const field = "a field such as `name string`";
Rule<struct TypeExprTag> const type = "a type such as `string`";
BOOST_SPIRIT_DECLARE(Rule<FieldTag>, Rule<TypeExprTag>)

// clang-format off
auto const field_name = string | any_name;
auto const limit =
    node(SyntaxKind::kLimit)[
        ((head("one") >> ahead[any_name >> sign("[")]) > word("of")
         > list_literal)
        | (head("usually") > list_literal)
        | (head("in") > range)];

auto const block =
    node(SyntaxKind::kBlock)[fields[mark("...") | field]];

auto const type_def =
    node(SyntaxKind::kType)[
        ((head("list") | head("map")) > word("of") > deeper[type])
        | block
        | any_name];

auto const field_def =
    node(SyntaxKind::kField)[field_name > type > -mark("?") > -limit];

auto const scalar_type_def = not_next >> any_name;

auto const paths = named("a field")[commas(path)];

auto const time_format =
    node(SyntaxKind::kAs)[
        word("as") > named("`rfc3339`, `epoch_s`, `epoch_ms`, `epoch_us`, "
                           "`epoch_ns` or a pattern in quotes")[name | string]];
auto const time_source =
    node(SyntaxKind::kTimeSource)[path >> -time_format];

auto const mentioned =
    node(SyntaxKind::kMentioned)[word("mentioned") > paths];

auto const schema_clause_def =
    node(SyntaxKind::kSchemaClause)[
        (head("time") > named("a field")[commas(named("a field")[time_source])])
        | (head("identity")
           > named("`position` or fields")[
               attempt[head("position") >> !sign(".") >> !sign("[")] | paths])
        | (head("unwrap") > paths)
        | (head("match") > expr)
        | (head("default") > word("where") > expr > word("unless") > mentioned)
        | (head("derive") > name > scalar_type > sign("=") > expr)
        | (head("show") > named("an expression")[commas(named_expr)])
        | (head("fields") > named("`{`")[block])];
// clang-format on

BOOST_SPIRIT_DEFINE(schema_clause, scalar_type, field, type)
BOOST_SPIRIT_INSTANTIATE(Rule<SchemaClauseTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<TypeTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
