// The smallest pieces of rule text: names, numbers, strings, operators.
//
//   ident     [A-Za-z_][A-Za-z0-9_]*        reserved: and or not in true false
//   duration  30s 5m 1h30m 7d               size      64KiB
//   address   10.0.0.0/8 2001:db8::1        number    12 1_000 0.5
//   string    "..." """...""" r"..." r#"..."#
//
// Order: address before duration, duration before size, size before number, all
// before names. What starts like a literal and is none is kept as an unreadable
// leaf, which is reported while lowering, so that reading goes on behind it.
#include "dsl/parser/grammar.h"
#include "dsl/parser/quotes.h"

namespace tocsin::dsl::syntax {
namespace {

using x3::char_;
using x3::digit;
using x3::lit;
using x3::repeat;
using x3::xdigit;

// A """ without its end: what follows cannot be told from text.
struct EndlessBlock : Terminal<EndlessBlock> {
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator& first, const Iterator&, const AnyContext&, Rule&,
             Attribute&) const {
    throw Failure{first, {}, nullptr, Failure::Cause::kEndlessBlock};
  }
};

// Not behind the keys of an event: there `=` starts its condition.
struct EqualsCompares : Terminal<EqualsCompares> {
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator&, const Iterator&, const AnyContext& context, Rule&,
             Attribute&) const {
    return !StateOf(context).equals_ends;
  }
};

// In a hole an open quote is rather the end of the template around it.
struct OutsideHoles : Terminal<OutsideHoles> {
  template <typename AnyContext, typename Rule, typename Attribute>
  bool parse(Iterator&, const Iterator&, const AnyContext& context, Rule&,
             Attribute&) const {
    return StateOf(context).holes == 0;
  }
};

}  // namespace

// clang-format off
auto const ident_char = char_("A-Za-z0-9_");
auto const ident = char_("A-Za-z_") >> *ident_char;
auto const reserved =
    (lit("and") | "or" | "not" | "in" | "true" | "false") >> !ident_char;
auto const backtick = '`' >> +(char_ - char_("`\n")) >> '`';

auto const digits = digit >> *(-lit('_') >> digit);
auto const decimal =
    digits >> -('.' >> digits) >> !ident_char >> !('.' >> digit);
auto const unit = lit("us") | "ms" | "s" | "m" | "h" | "d" | "w";
auto const span = +(+digit >> unit) >> !ident_char;
auto const size =
    +digit >> (lit("KiB") | "MiB" | "GiB" | "KB" | "MB" | "GB") >> !ident_char;
auto const byte = repeat(1, 3)[digit];
auto const ip4 = byte >> '.' >> byte >> '.' >> byte >> '.' >> byte;
auto const group = repeat(0, 4)[xdigit] >> ':';
auto const ip6 =
    &(group >> group) >> +char_("0-9A-Fa-f:") >> -('.' >> +char_("0-9."));
auto const address =
    (ip4 | ip6) >> -('/' >> repeat(1, 3)[digit]) >> !ident_char;
auto const bad_number =
    digit >> *(ident_char | ('.' >> ident_char) | (':' >> digit));

auto const quoted_char = ('\\' >> (char_ - '\n')) | (char_ - char_("\"\\\n"));
auto const quoted = '"' >> *quoted_char >> '"';
auto const open_string = '"' >> *quoted_char >> -lit('\\');
auto const single_quoted =
    '\'' >> *(char_ - char_("'\n")) >> -lit('\'');
auto const quotes = lit("\"\"\"");
auto const block = quotes >> *(char_ - quotes) >> quotes;
auto const endless_block = &quotes >> EndlessBlock();
auto const raw = "r\"" >> *(char_ - char_("\"\n")) >> '"';
auto const raw_hash = "r#\"" >> *(char_ - "\"#") >> "\"#";
auto const open_raw = "r\"" >> *(char_ - '\n');

auto const string_def =
    leaf(SyntaxKind::kBlockText)[block]
    | leaf(SyntaxKind::kBlockText)[endless_block]
    | leaf(SyntaxKind::kString)[quoted]
    | (OutsideHoles() >> leaf(SyntaxKind::kOpenString)[open_string])
    | leaf(SyntaxKind::kSingleQuoted)[single_quoted]
    | leaf(SyntaxKind::kSingleQuoted)[TypographicText()];

auto const any_name_def =
    leaf(SyntaxKind::kQuotedName)[backtick]
    | leaf(SyntaxKind::kName)[ident];

auto const name_def =
    not_next >> leaf(SyntaxKind::kName)[!reserved >> ident];

auto const root_def =
    leaf(SyntaxKind::kQuotedName)[backtick]
    | name;

auto const dotted_def =
    not_next >> leaf(SyntaxKind::kDotted)[ident >> *('.' >> ident)];

auto const integer_def =
    leaf(SyntaxKind::kNumber)[digits >> !ident_char >> !('.' >> digit)];

auto const number_def =
    leaf(SyntaxKind::kNumber)[decimal];

auto const duration_def =
    leaf(SyntaxKind::kDuration)[span];

auto const boolean_def =
    leaf(SyntaxKind::kBool)[(lit("true") | "false") >> !ident_char];

auto const scalar_def =
    leaf(SyntaxKind::kRawString)[raw | raw_hash]
    | leaf(SyntaxKind::kOpenString)[open_raw]
    | string
    | leaf(SyntaxKind::kAddress)[address]
    | duration
    | leaf(SyntaxKind::kSize)[size]
    | number
    | leaf(SyntaxKind::kBadNumber)[bad_number]
    | boolean;

auto const tag_char = char_("A-Za-z0-9_-");
auto const tag_def =
    leaf(SyntaxKind::kTag)[ident_char >> *tag_char >> *('.' >> +tag_char)];

auto const glob_def =
    leaf(SyntaxKind::kGlob)[+char_("A-Za-z0-9_.*")];

auto const run_def =
    leaf(SyntaxKind::kRun)['x' >> +digit >> !ident_char];

// Operators of other languages are read as ours and reported while lowering, so
// that the rest of the expression is checked too.
auto const foreign_logic =
    lit("&&") | "||" | ((lit("AND") | "OR") >> !ident_char);
auto const foreign_sign =
    lit("===") | "!==" | "=~" | "~=" | "!~" | "=>" | "=<" | "<>";
auto const logic_op_def =
    leaf(SyntaxKind::kOperator)[
        ((lit("and") | "or") >> !ident_char) | foreign_logic];

auto const sign_op =
    (lit("==") >> !lit('=')) | (lit("!=") >> !lit('=')) | "<=" | ">="
    | ('<' >> !lit('>')) | ">" | "??"
    | (".." >> !lit('.')) | "+" | "-" | "*" | "/" | "%";
auto const value_op_def =
    leaf(SyntaxKind::kOperator)[foreign_sign | sign_op]
    | (EqualsCompares() >> leaf(SyntaxKind::kOperator)['='])
    | node(SyntaxKind::kOperator)[-word("not") >> word("in")];

auto const text_op_word =
    word("contains") | word("startswith") | word("endswith") | word("like")
    | word("matches");
auto const text_op_def =
    node(SyntaxKind::kOperator)[-word("not") >> text_op_word];
// clang-format on

BOOST_SPIRIT_DEFINE(any_name, name, root, dotted, string, integer, number,
                    duration, boolean, scalar, tag, glob, run, logic_op,
                    value_op, text_op)

BOOST_SPIRIT_INSTANTIATE(Rule<IdentTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<NameTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<RootTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<DottedTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<StringTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<IntegerTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<NumberTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<DurationTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<BoolTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<ScalarTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<TagTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<GlobTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<RunTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<LogicOpTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<ValueOpTag>, Iterator, Context)
BOOST_SPIRIT_INSTANTIATE(Rule<TextOpTag>, Iterator, Context)

}  // namespace tocsin::dsl::syntax
