// The tree that the grammar builds: one kind of node for everything, in the
// order of the text. Private to dsl/parser; lower_*.cc turns it into dsl/cst.
#pragma once

#include <cstdint>
#include <vector>

namespace tocsin::dsl::syntax {

enum class SyntaxKind : std::uint8_t {
  // Leaves: a piece of text.
  kWord,  // a clause word, or another word that means something
  kName,
  kQuotedName,  // in backticks
  kDotted,
  kString,
  kRawString,
  kBlockText,
  kSingleQuoted,  // unreadable: reported while lowering
  kOpenString,    // unreadable: no closing quote on its line
  kNumber,
  kDuration,
  kSize,
  kAddress,
  kBadNumber,  // unreadable: starts with a digit
  kBool,
  kNull,
  kTag,
  kGlob,
  kRun,  // x5
  kOperator,
  kTemplateText,
  // Expressions.
  kExpr,       // flat: [prefix...] operand {operator [prefix...] operand}
  kOperand,    // primary {member | subscript | wildcard}
  kMember,     // name
  kSubscript,  // exprs
  kWildcard,
  kArguments,  // exprs; follows the name that is called
  kList,
  kParen,
  kQuantifier,  // word, name, operand, expr
  kRange,
  kAtMost,    // number, expr
  kTemplate,  // template texts and exprs
  // Conditions.
  kCondition,  // flat: term {operator term}
  kSilent,
  kNew,
  kPartsOf,
  kSequence,
  kStep,
  kTest,  // flat as kExpr, then a window
  kConditionParen,
  kWindow,
  kWithout,
  kWhere,
  kLearn,
  // Clauses and their parts.
  kClause,  // word, then what belongs to it
  kUnknownClause,
  kFrom,
  kBy,
  kKeyPart,
  kNamed,
  kAs,
  kAmong,
  kUntil,
  kUpTo,
  kPer,
  // Declarations and their parts.
  kItem,  // word, then what belongs to it
  kUnknownItem,
  kParameters,
  kColumnOf,
  kKey,
  kColumn,
  kTableClause,
  kSchemaClause,
  kTimeSource,
  kMentioned,
  kBlock,  // { fields }
  kField,
  kType,
  kLimit,
  kStatement,
  kOption,
  kAssign,
  kJsonObject,
  kJsonList,
  kJsonScalar,
};

// Bytes [begin, end) of the text. `broken`: reading stopped inside; `kids` are
// what had been read.
struct SyntaxNode {
  SyntaxKind kind = SyntaxKind::kWord;
  bool broken = false;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::vector<SyntaxNode> kids;
};

}  // namespace tocsin::dsl::syntax
