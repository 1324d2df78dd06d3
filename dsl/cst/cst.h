// A rule file as it was written: every node has its span, and what could not
// be read stands as a Bad node. Comments are kept beside the tree, by place.
//
// Plain values, no Boost: dsl/parser fills it, dsl/check reads it, the
// formatter will print it. Spans are byte offsets into the SourceFile's text.
//
// What the parser vouches for, so that nobody checks it again: an address, a
// duration (as int64 microseconds) and a size (as int64 bytes) can be read; a
// tree is at most 8 * limits::kNesting expressions deep; `and`, `or` and `??`
// of one level are one node of two or more children. What it could not read is
// a Bad node or carries a kBad expression, and was reported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tocsin::dsl::cst {

struct Node {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Name : Node {
  std::string text;     // Without backticks.
  bool quoted = false;  // Was written in backticks (or, a field, as a string).
};

struct Dotted : Node {  // k8s.audit
  std::string text;
};

// ---- expressions
// -------------------------------------------------------------

enum class LiteralKind : std::uint8_t {
  kString,  // "...": `text` is the decoded value
  kRaw,     // r"..." or r#"..."#
  kBlock,   // """...""": common indent and a blank first and last line gone
  kInt,     // `text` as written, underscores removed
  kFloat,
  kBool,      // "true" | "false"
  kDuration,  // as written: 1h30m
  kSize,      // as written: 64KiB
  kAddress,   // as written: 10.0.0.0/8, ::1
  kNull,      // in test blocks' JSON only
};

struct Literal : Node {
  LiteralKind kind = LiteralKind::kString;
  std::string text;
};

enum class ExprKind : std::uint8_t {
  kBad,        // unreadable; already reported
  kLiteral,    // literal
  kList,       // [children...]
  kName,       // text: the root of a path, a let, a list, a bound variable
  kMember,     // children[0] . text
  kSubscript,  // children[0] [ children[1], ... ]
  kWildcard,   // children[0] [*]
  kTuple,      // ( children... ), two or more
  kParen,      // ( children[0] )
  kCall,       // text ( children... )
  kUnary,      // op children[0]: "-" or "not"
  kBinary,     // children[0] op children[1]: + - * / %
               //   or and ??: two or more children, all joined by op
  kTest,   // children[0] op children[1]; negated, all, nocase. op: == != < <= >
           // >=
           //   in contains startswith endswith like matches
  kRange,  // children[0] .. children[1]; only right of `in`
  kQuantifier,  // text(any|all|none|count) variable in children[0] (
                // children[1] )
  kElements,  // text(any|all|none) ( children[0] ); only as the left of a kTest
  kAtMost,    // at most children[0] ( children[1] ); thresholds
};

struct Expr : Node {
  ExprKind kind = ExprKind::kBad;
  std::string text;  // name, member, callee, quantifier word
  Node word;         // span of `text` or of the (first) operator
  std::string op;
  bool quoted = false;  // kName, kMember: written in backticks (or as a string)
  bool negated = false;  // not in, not startswith
  bool all = false;      // contains all
  bool nocase = false;
  Name variable;    // kQuantifier
  Literal literal;  // kLiteral
  std::vector<Expr> children;
};

struct Named : Node {  // E [as NAME]
  Expr expr;
  std::optional<Name> as;
};

// "text {expr} text": parts in order; a part is text (decoded) or a hole.
struct TemplatePart : Node {
  std::string text;
  std::optional<Expr> hole;
};
struct Template : Node {
  std::vector<TemplatePart> parts;
};

// ---- conditions
// --------------------------------------------------------------

struct Window : Node {
  enum class Kind : std::uint8_t { kSliding, kTumbling, kHopping, kSession };
  Kind kind = Kind::kSliding;
  std::optional<Literal> length;  // session: max
  std::optional<Literal> step;    // hopping; session: gap
  std::optional<Literal> zone;    // tumbling tz
};

struct Step : Node {  // [not] NAME [xN]
  bool negated = false;
  Name name;
  std::optional<Literal> run;  // x5: kInt "5"
};

enum class ConditionKind : std::uint8_t {
  kBad,
  kOr,
  kAnd,
  kParen,
  kAggregate,  // exprs[0]: the tests, joined by `and`, as one expression;
               // window
  kSilent,     // window.length
  kNew,        // exprs; window.length; learn
  kPartsOf,    // all (count absent) | count of ( names ); window.length
  kSequence,   // steps; without; exprs[0]: where, if any; window.length
};

struct Condition : Node {
  ConditionKind kind = ConditionKind::kBad;
  std::vector<Condition> children;
  std::vector<Expr> exprs;
  std::vector<Step> steps;
  std::vector<Name> names;    // kPartsOf
  std::vector<Name> without;  // kSequence
  std::optional<Literal> count;
  std::optional<Literal> learn;
  std::optional<Window>
      window;  // Absent: `within` was missing; the checker says so.
};

// ---- clauses
// -----------------------------------------------------------------

struct KeyPart : Node {
  bool missing_ok = false;  // ?E
  bool each = false;
  Expr expr;
  std::optional<Name> as;
  std::optional<Name> among;
};

struct FromClause {
  Dotted source;
};
struct WhereClause {
  Expr condition;
};
struct UnlessClause {
  Expr condition;
  std::optional<Literal> until;
};
struct ByClause {
  std::vector<KeyPart> parts;
};
struct EventClause {
  Name name;
  std::optional<Dotted> from;
  std::vector<KeyPart> by;
  Expr condition;
};
struct WhenClause {
  Condition condition;
};
struct ThenClause {
  enum class Kind : std::uint8_t { kOncePer, kReset, kEdge, kEvery, kEscalate };
  Kind kind = Kind::kEvery;
  std::optional<Literal> per;   // duration of once per
  std::vector<Name> per_names;  // once per D per N, ...
  std::vector<Literal> levels;  // escalate
};
struct CollectClause {
  Expr expr;
  std::optional<Literal> up_to;
  Name as;
};
struct ShowClause {
  std::vector<Named> items;
};
struct TextClause {
  std::optional<Template> text;
  std::optional<Literal> plain;
};  // title alert runbook: text; description owner id: plain
struct SeverityClause {
  struct Arm {
    Name level;
    std::optional<Expr> condition;
  };  // the last has none
  std::vector<Arm> arms;
};
struct RiskClause {
  Expr expr;
};
struct TagsClause {
  bool append = false;
  std::vector<Name> tags;
};
struct ListClause {
  Expr list;
};  // references, falsepositives
struct EnabledClause {
  bool value = true;
};
struct KeysClause {
  Literal count;
};
struct LateClause {
  bool now = false;
};
struct BadClause {};  // unreadable; already reported

struct Clause : Node {
  Name
      word;  // "where", "title", ...; a BadClause keeps it when it was readable
  std::variant<BadClause, FromClause, WhereClause, UnlessClause, ByClause,
               EventClause, WhenClause, ThenClause, CollectClause, ShowClause,
               TextClause, SeverityClause, RiskClause, TagsClause, ListClause,
               EnabledClause, KeysClause, LateClause>
      value;
};

// ---- declarations
// ------------------------------------------------------------

struct UseItem {
  Dotted schema;
};
struct GroupItem {
  Dotted prefix;
};
struct TimezoneItem {
  Literal zone;
};
struct DefaultsItem {
  std::vector<Clause> clauses;
};
struct ListItem {
  Name name;
  bool append = false;          // +=
  std::optional<Expr> items;    // kList
  std::optional<Literal> file;  // from "x.csv"
  std::optional<Literal> column;
  std::optional<Name> type;  // as ip
};
struct LetItem {
  Name name;
  bool has_parameters = false;
  std::vector<Name> parameters;
  Expr body;
};
struct RuleItem {
  bool signal = false;
  Name name;
  std::vector<Clause> clauses;
  bool whole_header = true;  // False: name or `{` missing; already reported.
};

struct TypeExpr;
struct FieldLimit {
  enum class Kind : std::uint8_t { kNone, kOneOf, kUsually, kIn };
  Kind kind = Kind::kNone;
  std::optional<Expr> values;  // kList or kRange
};
struct FieldDecl;
struct TypeExpr : Node {
  enum class Kind : std::uint8_t { kScalar, kAny, kListOf, kMapOf, kBlock };
  Kind kind = Kind::kAny;
  Name scalar;
  std::vector<TypeExpr> element;  // kListOf, kMapOf: exactly one
  std::vector<FieldDecl> fields;  // kBlock
  bool open = false;              // "..."
};
struct FieldDecl : Node {
  Name name;
  TypeExpr type;
  bool optional = false;
  FieldLimit limit;
};
struct TimeSource {
  Expr path;
  std::optional<Name> format;
  std::optional<Literal> pattern;
};
struct SchemaClause : Node {
  enum class Kind : std::uint8_t {
    kBad,
    kTime,
    kIdentity,
    kUnwrap,
    kMatch,
    kDefault,
    kDerive,
    kShow,
    kFields
  };
  Kind kind = Kind::kBad;
  Name word;
  std::vector<TimeSource> times;
  bool position = false;     // identity position
  std::vector<Expr> exprs;   // identity, unwrap: paths; match, default, derive:
                             // [0]; default: mentioned paths follow
  std::optional<Name> name;  // derive
  std::optional<Name> type;  // derive
  std::vector<Named> shown;  // show
  std::optional<TypeExpr> fields;
};
struct SchemaItem {
  Dotted name;
  std::vector<SchemaClause> clauses;
};

struct TableColumn : Node {
  Name name;
  Name type;
  bool optional = false;
};
struct TableClause : Node {
  Name word;                     // from key put drop keep for keys
  std::vector<Named> named;      // key, keep
  std::vector<Expr> exprs;       // put, drop
  std::optional<Literal> value;  // for, keys
  std::optional<Dotted> from;
};
struct TableItem {
  Name name;
  std::optional<Literal> file;
  std::vector<Name> key_columns;
  std::vector<TableColumn> columns;
  std::vector<TableClause> clauses;
};
struct TuneItem {
  std::vector<Name> globs;
  std::vector<Clause> clauses;
};

struct Json : Node {
  enum class Kind : std::uint8_t { kObject, kList, kScalar };
  Kind kind = Kind::kScalar;
  Literal scalar;  // kInt/kFloat text carries its sign
  std::vector<Name> keys;
  std::vector<Json> values;
};
struct TestStatement : Node {
  Name word;  // let at lateness restart reload send expect
  Name name;  // let NAME; send NAME; expect what
  std::optional<Json> json;
  std::optional<Literal>
      value;  // at, lateness, reload path, send file, expect .. at
  std::optional<Literal> run, every, late;
  std::optional<Dotted> from;
  struct Assign {
    Expr path;
    std::optional<Json> json;
    std::optional<Template> text;
  };
  std::vector<Assign> with;
};
struct TestItem {
  Literal title;
  std::vector<Dotted> rules;
  std::vector<TestStatement> statements;
};
struct BadItem {};  // An unreadable let, list or rule keeps its type and name.

struct Item : Node {
  Name word;
  std::variant<BadItem, UseItem, GroupItem, TimezoneItem, DefaultsItem,
               ListItem, TableItem, LetItem, SchemaItem, RuleItem, TuneItem,
               TestItem>
      value;
};

struct Comment : Node {};  // from '#' to the end of its line

struct File {
  std::uint32_t id = 0;  // FileId in the SourceSet
  std::vector<Item> items;
  std::vector<Comment> comments;
  bool complete = true;  // No Bad node anywhere, nothing reported.
};

}  // namespace tocsin::dsl::cst
