// A file: a row of declarations. Each is a kItem node: its word, then what
// belongs to it.
#include "dsl/parser/bodies.h"
#include "dsl/parser/grammar.h"
#include "dsl/parser/headers.h"

namespace tocsin::dsl::syntax {

// clang-format off
auto const list_source =
    node(SyntaxKind::kFrom)[word("from") > string]
    > -node(SyntaxKind::kColumnOf)[word("column") > string]
    > -node(SyntaxKind::kAs)[word("as") > scalar_type];
auto const list_items = (mark("+=") | mark("=")) > list_literal;
auto const list_item =
    head("list") > name
    > named("`=`, `+=` or `from`")[list_source | list_items];

auto const column_name = named("a column")[string | any_name];
auto const columns =
    node(SyntaxKind::kKey)[
        word("key") > named("a column")[commas(column_name)]];
auto const column =
    node(SyntaxKind::kColumn)[column_name > scalar_type > -mark("?")];
auto const named_list = named("an expression")[commas(named_expr)];
auto const table_clause =
    node(SyntaxKind::kTableClause)[
        (head("from") > dotted)
        | ((head("key") | head("keep")) > named_list)
        | ((head("put") | head("drop")) > expr)
        | (head("for") > duration)
        | (head("keys") > sign("<=") > integer)];
auto const table_file =
    node(SyntaxKind::kFrom)[word("from") > string]
    > named("`key` and columns")[columns]
    > named("`{` and columns")[fields[column]];
auto const table_item =
    head("table") > name
    > named("`from` or `{`")[table_file | body(BodyKind::kTable)[table_clause]];

auto const parameters =
    node(SyntaxKind::kParameters)[
        bracket('(', ')')[named("a name")[commas(name)]]];
auto const let_item =
    head("let") > name > -parameters > sign("=") > expr;

auto const rule_body = body(BodyKind::kRule)[rule_clause];
auto const rule_item =
    (head("rule") | head("signal")) > named("a name for the rule")[rule_header]
    > rule_body;

auto const schema_item =
    head("schema") > dotted > body(BodyKind::kSchema)[schema_clause];

auto const tune_item =
    head("tune") > named("the name of a rule, or a glob")[commas(glob)]
    > rule_body;

auto const test_item =
    head("test") > string > word("for")
    > named("the name of a rule")[commas(dotted)]
    > body(BodyKind::kTest)[statement];

auto const item =
    node(SyntaxKind::kItem)[
        (head("use") > dotted)
        | (head("group") > dotted)
        | (head("timezone") > string)
        | (head("defaults") > rule_body)
        | list_item
        | table_item
        | let_item
        | schema_item
        | rule_item
        | tune_item
        | test_item];

auto const rule_file_def = declarations[item];
// clang-format on

BOOST_SPIRIT_DEFINE(rule_file)
BOOST_SPIRIT_INSTANTIATE(Rule<FileTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
