// Expressions, read flat: operands and operators in a row. Precedence and what
// may follow what come in lower_expr.cc, where messages are better.
//
//   expr      operand { (and | or) {not} operand | operator operand [nocase] }
//   operand   primary { "." segment | "[" "*" "]" | "[" expr, ... "]" }
//   primary   scalar | list | quantifier | name [ "(" expr, ... ")" ]
//             | "(" expr, ... ")"
#include "dsl/parser/grammar.h"

namespace tocsin::dsl::syntax {

// clang-format off
auto const segment = any_name;

auto const member =
    node(SyntaxKind::kMember)[
        (sign(".") >> !sign(".")) > named("a field name")[segment]];

auto const subscript =
    node(SyntaxKind::kWildcard)[sign("[") >> sign("*") >> sign("]")]
    | node(SyntaxKind::kSubscript)[bracket('[', ']')[
          named("an index, a key or `*`")[commas(expr)]]];

auto const arguments =
    node(SyntaxKind::kArguments)[bracket('(', ')')[-commas(expr)]];

// What follows `in` is a path or a call of a built-in: any other name before a
// parenthesis is a path, and the parenthesis is the body.
auto const builtin =
    word("lower") | word("upper") | word("trim") | word("len") | word("split")
    | word("join") | word("replace") | word("basename") | word("dirname")
    | word("url_decode") | word("url_query") | word("base64_decode")
    | word("json_parse") | word("extract") | word("keys_of")
    | word("values_of") | word("text") | word("int") | word("float")
    | word("ip") | word("cidr") | word("time") | word("hour")
    | word("weekday") | word("time_of_day") | word("entropy")
    | word("coalesce") | word("image_repo") | word("image_tag")
    | word("exists");
auto const domain =
    node(SyntaxKind::kOperand)[ahead[builtin >> sign("(")] >> name >> arguments]
    | path;

auto const quantifier_word =
    head("any") | head("all") | head("none") | head("count");
auto const quantifier =
    node(SyntaxKind::kQuantifier)[
        (quantifier_word >> name >> word("in") >> ahead[builtin | root])
        > named("a list to look into")[domain]
        > named("`(` and a condition on the element")[bracket('(', ')')[expr]]];

auto const parenthesis =
    node(SyntaxKind::kParen)[bracket('(', ')')[
        named("an expression")[commas(expr)]]];

auto const primary =
    scalar
    | list_literal
    | quantifier
    | parenthesis
    | (root >> -arguments);

auto const list_literal_def =
    node(SyntaxKind::kList)[bracket('[', ']')[-loose_commas(expr)]];

auto const path_def =
    node(SyntaxKind::kOperand)[root >> *(member | subscript)];

auto const operand_def =
    node(SyntaxKind::kOperand)[primary >> *(member | subscript)];

auto const minus = leaf(SyntaxKind::kOperator)[x3::lit('-')];
auto const negation =
    node(SyntaxKind::kOperator)[word("not")]
    | leaf(SyntaxKind::kOperator)['!' >> !x3::lit('=')];
auto const value = named("a value, a field or `(`")[*minus >> operand];
auto const truth =
    named("a value, a field or `(`")[*negation >> *minus >> operand];

auto const expr_def =
    node(SyntaxKind::kExpr)[
        truth >> *(
            (logic_op > truth)
            | (text_op > -head("all") > value > -head("nocase"))
            | (value_op > value > -head("nocase")))];

auto const range_def =
    node(SyntaxKind::kRange)[
        -minus >> number >> sign("..") >> -(-minus >> number)];

auto const named_expr_def =
    node(SyntaxKind::kNamed)[
        expr >> -(word("as") > node(SyntaxKind::kAs)[named("a name")[name]])];
// clang-format on

BOOST_SPIRIT_DEFINE(expr, operand, path, list_literal, range, named_expr)
BOOST_SPIRIT_INSTANTIATE(Rule<ExprTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<OperandTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<PathTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<ListTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<RangeTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<NamedTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
