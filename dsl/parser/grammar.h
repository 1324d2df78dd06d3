// The rules of the grammar that more than one file uses. A rule's name is what
// a message says was expected. None has an attribute: nodes grow on the State.
//
// The grammar is the one of docs/language.md in X3, one file a subject:
// lexemes, expressions, templates, conditions, clauses, schemas, declarations,
// test_blocks. Expectation points (`>`) stand behind the first word that
// decides; every operand of `>` is a rule, a word, a sign or named[].
#pragma once

#include "dsl/parser/directives.h"

namespace tocsin::dsl::syntax {

template <typename Tag>
using Rule = x3::rule<Tag, x3::unused_type>;

// lexemes.cc
inline Rule<struct IdentTag> const any_name = "a name";  // reserved ones too
inline Rule<struct NameTag> const name = "a name";
inline Rule<struct RootTag> const root = "a field";  // name or `name`
inline Rule<struct DottedTag> const dotted = "a name such as `k8s.audit`";
inline Rule<struct StringTag> const string = "a string";
inline Rule<struct IntegerTag> const integer = "a whole number";
inline Rule<struct NumberTag> const number = "a number";
inline Rule<struct DurationTag> const duration = "a duration such as `5m`";
inline Rule<struct BoolTag> const boolean = "`true` or `false`";
inline Rule<struct ScalarTag> const scalar = "a value";  // every other literal
inline Rule<struct TagTag> const tag = "a tag such as `attack.t1110`";
inline Rule<struct GlobTag> const glob = "the name of a rule, or a glob";
inline Rule<struct RunTag> const run = "a count such as `x5`";
inline Rule<struct LogicOpTag> const logic_op = "`and` or `or`";
inline Rule<struct ValueOpTag> const value_op = "an operator";
inline Rule<struct TextOpTag> const text_op = "an operator";  // contains ...

// expressions.cc
inline Rule<struct ExprTag> const expr = "an expression";
inline Rule<struct OperandTag> const operand = "a value, a field or `(`";
inline Rule<struct PathTag> const path = "a field";
inline Rule<struct ListTag> const list_literal = "a list such as `[a, b]`";
inline Rule<struct RangeTag> const range = "a range such as `200..299`";
inline Rule<struct NamedTag> const named_expr = "an expression";

// templates.cc
inline Rule<struct TemplateTag> const text_template = "a text in quotes";

// conditions.cc
inline Rule<struct ConditionTag> const condition = "a condition";

// clauses.cc
inline Rule<struct ClauseTag> const rule_clause = "a clause";
inline Rule<struct KeyPartsTag> const key_parts = "a group key";

// schemas.cc
inline Rule<struct SchemaClauseTag> const schema_clause = "a schema clause";
inline Rule<struct TypeTag> const scalar_type = "a type such as `string`";

// test_blocks.cc
inline Rule<struct StatementTag> const statement = "a test statement";

// declarations.cc
inline Rule<struct FileTag> const rule_file = "a rule file";

BOOST_SPIRIT_DECLARE(Rule<IdentTag>, Rule<NameTag>, Rule<RootTag>,
                     Rule<DottedTag>, Rule<StringTag>, Rule<IntegerTag>,
                     Rule<NumberTag>, Rule<DurationTag>, Rule<BoolTag>,
                     Rule<ScalarTag>, Rule<TagTag>, Rule<GlobTag>, Rule<RunTag>,
                     Rule<LogicOpTag>, Rule<ValueOpTag>, Rule<TextOpTag>)
BOOST_SPIRIT_DECLARE(Rule<ExprTag>, Rule<OperandTag>, Rule<PathTag>,
                     Rule<ListTag>, Rule<RangeTag>, Rule<NamedTag>,
                     Rule<TemplateTag>, Rule<ConditionTag>, Rule<ClauseTag>,
                     Rule<KeyPartsTag>, Rule<SchemaClauseTag>, Rule<TypeTag>,
                     Rule<StatementTag>, Rule<FileTag>)

// p {"," p}; p is an operand of `>` here.
template <typename Parser>
constexpr auto commas(const Parser& parser) {
  return parser >> *(sign(",") > parser);
}

// The same, and a comma may stand before the closing `]`.
template <typename Parser>
constexpr auto loose_commas(const Parser& parser) {
  return parser >> *((sign(",") >> !sign("]")) > parser) >> -sign(",");
}

// Within a period: `within D`.
inline auto const within = word("within") > duration;

}  // namespace tocsin::dsl::syntax
