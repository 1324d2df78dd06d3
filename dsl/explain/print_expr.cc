#include "dsl/explain/print_expr.h"

#include "absl/strings/str_format.h"
#include "dsl/explain/print_condition.h"
#include "engine/base/check.h"
#include "engine/program/function.h"

namespace tocsin::dsl {
namespace {

constexpr std::size_t kItemsShown = 20;

// Loosest first, as the grammar binds.
enum Level : int {
  kOrLevel,
  kAndLevel,
  kNotLevel,
  kTestLevel,
  kCoalesceLevel,
  kSumLevel,
  kProductLevel,
  kUnaryLevel,
  kPathLevel,
};

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  AppendJsonEscaped(text, &out);
  return out + "\"";
}

// A pattern as it is best read: raw, with as many # as it needs.
std::string RawText(std::string_view text) {
  std::string hashes;
  while (text.find("\"" + hashes) != std::string_view::npos) hashes += '#';
  return absl::StrFormat("r%s\"%s\"%s", hashes, text, hashes);
}

std::string_view TestWord(ExprOp op) {
  switch (op) {
    case ExprOp::kEq:
      return "==";
    case ExprOp::kLess:
      return "<";
    case ExprOp::kLessEq:
      return "<=";
    case ExprOp::kGreater:
      return ">";
    case ExprOp::kGreaterEq:
      return ">=";
    case ExprOp::kIn:
    case ExprOp::kInRange:
      return "in";
    case ExprOp::kContains:
      return "contains";
    case ExprOp::kStartsWith:
      return "startswith";
    case ExprOp::kEndsWith:
      return "endswith";
    case ExprOp::kLike:
      return "like";
    case ExprOp::kMatches:
      return "matches";
    default:
      return "";
  }
}

std::string_view ArithmeticWord(ExprOp op) {
  switch (op) {
    case ExprOp::kAdd:
      return "+";
    case ExprOp::kSubtract:
      return "-";
    case ExprOp::kMultiply:
      return "*";
    case ExprOp::kDivide:
      return "/";
    case ExprOp::kModulo:
      return "%";
    default:
      return "";
  }
}

std::string_view QuantifierWord(ExprOp op) {
  switch (op) {
    case ExprOp::kAny:
      return "any";
    case ExprOp::kAll:
      return "all";
    case ExprOp::kNone:
      return "none";
    case ExprOp::kCount:
      return "count";
    default:
      return "";
  }
}

std::string_view AlertFieldName(AlertField field) {
  switch (field) {
    case AlertField::kCount:
      return "count";
    case AlertField::kTotal:
      return "total";
    case AlertField::kFolded:
      return "folded";
    case AlertField::kTime:
      return "time";
    case AlertField::kRule:
      return "rule";
    case AlertField::kSeverity:
      return "severity";
  }
  return "";
}

class Printer {
 public:
  Printer(const CheckedRules& rules, const CheckedSchema& schema,
          const CheckedRule* rule, const CheckedCondition* condition)
      : rules_(rules), schema_(schema), rule_(rule), condition_(condition) {}

  // In parentheses when it binds looser than `least`.
  std::string Print(const CheckedExpr& expr, int least) const {
    const int level = LevelOf(expr);
    std::string text = Bare(expr);
    return level < least ? "(" + text + ")" : text;
  }

 private:
  static int LevelOf(const CheckedExpr& expr) {
    switch (expr.op) {
      case ExprOp::kOr:
        return kOrLevel;
      case ExprOp::kAnd:
        return kAndLevel;
      case ExprOp::kNot:
        return TestWord(expr.children[0].op).empty() ? kNotLevel : kTestLevel;
      case ExprOp::kCoalesce:
        return kCoalesceLevel;
      case ExprOp::kAdd:
      case ExprOp::kSubtract:
        return kSumLevel;
      case ExprOp::kMultiply:
      case ExprOp::kDivide:
      case ExprOp::kModulo:
        return kProductLevel;
      case ExprOp::kNegate:
        return kUnaryLevel;
      default:
        return TestWord(expr.op).empty() ? kPathLevel : kTestLevel;
    }
  }

  std::string Joined(const CheckedExpr& expr, std::string_view word,
                     int least) const {
    std::string text;
    for (const CheckedExpr& child : expr.children) {
      if (!text.empty()) text += word;
      text += Print(child, least);
    }
    return text;
  }

  std::string Bare(const CheckedExpr& expr) const {
    if (!TestWord(expr.op).empty()) return Test(expr, false);
    if (!ArithmeticWord(expr.op).empty()) return Arithmetic(expr);
    if (!QuantifierWord(expr.op).empty()) return Quantifier(expr);
    switch (expr.op) {
      case ExprOp::kConst:
        return PrintConstant(expr.constant);
      case ExprOp::kList:
        return rules_.lists[expr.list].name;
      case ExprOp::kPath:
        return Path(expr);
      case ExprOp::kVariable:
        return absl::StrFormat("v%d", expr.slot);
      case ExprOp::kDerived:
        return schema_.derives[expr.derived].name;
      case ExprOp::kEventTime:
        return "ts";
      case ExprOp::kNot: {
        const CheckedExpr& inner = expr.children[0];
        if (!TestWord(inner.op).empty()) return Test(inner, true);
        return "not " + Print(inner, kNotLevel);
      }
      case ExprOp::kAnd:
        return Joined(expr, " and ", kAndLevel + 1);
      case ExprOp::kOr:
        return Joined(expr, " or ", kOrLevel + 1);
      case ExprOp::kExists:
        return "exists(" + Print(expr.children[0], kOrLevel) + ")";
      case ExprOp::kCoalesce:
        return Joined(expr, " ?? ", kCoalesceLevel + 1);
      case ExprOp::kNegate:
        return "-" + Print(expr.children[0], kUnaryLevel);
      case ExprOp::kCall:
        return Call(expr);
      case ExprOp::kLookup:
        return Lookup(expr);
      case ExprOp::kStep:
        return Step(expr);
      case ExprOp::kStepCount:
        return "count(" + EventName(expr.index) + ")";
      case ExprOp::kAggregate:
        TOCSIN_CHECK(rule_ != nullptr && condition_ != nullptr);
        return PrintAggregate(rules_, *rule_,
                              condition_->aggregates[expr.index]);
      case ExprOp::kKey:
        return absl::StrFormat("key[%d]", expr.index);
      case ExprOp::kCollected:
        return absl::StrFormat("collected[%d]", expr.index);
      case ExprOp::kShown:
        return absl::StrFormat("show[%d]", expr.index);
      case ExprOp::kAlertField:
        return std::string(AlertFieldName(expr.alert_field));
      default:
        break;
    }
    TOCSIN_CHECK(false && "an expression without a text");
    return "";
  }

  std::string Path(const CheckedExpr& expr) const {
    const std::string path = FormatPath(expr.path);
    if (expr.children.empty()) return path;
    const bool key =
        !expr.path.empty() && expr.path[0].kind == PathSegment::Kind::kKey;
    return Print(expr.children[0], kPathLevel) + (key ? "." : "") + path;
  }

  std::string Lookup(const CheckedExpr& expr) const {
    const CheckedTable& table = rules_.tables[expr.index];
    const std::string key = Joined(expr, ", ", kOrLevel);
    if (expr.column != kWholeRow) {
      return absl::StrFormat("%s[%s].%s", table.name, key,
                             table.columns[expr.column].name);
    }
    return expr.children.size() == 1
               ? absl::StrFormat("%s in %s", key, table.name)
               : absl::StrFormat("(%s) in %s", key, table.name);
  }

  // bound.objectRef.name, first(denied).userAgent
  std::string Step(const CheckedExpr& expr) const {
    const std::string name = EventName(expr.index);
    const CheckedSchema& schema =
        rule_ == nullptr ? schema_
                         : rules_.schemas[rule_->events[expr.index].schema];
    const std::string of = expr.pick == StepPick::kOldest
                               ? absl::StrFormat("first(%s)", name)
                               : name;
    return of + "." +
           Printer(rules_, schema, rule_, condition_)
               .Print(expr.children[0], kPathLevel);
  }
  std::string EventName(std::uint32_t event) const {
    return rule_ == nullptr ? absl::StrFormat("event[%d]", event)
                            : rule_->events[event].name;
  }

  std::string Arithmetic(const CheckedExpr& expr) const {
    const int level = LevelOf(expr);
    return absl::StrFormat("%s %s %s", Print(expr.children[0], level),
                           ArithmeticWord(expr.op),
                           Print(expr.children[1], level + 1));
  }

  std::string Quantifier(const CheckedExpr& expr) const {
    return absl::StrFormat("%s v%d in %s (%s)", QuantifierWord(expr.op),
                           expr.slot, Print(expr.children[0], kPathLevel),
                           Print(expr.children[1], kOrLevel));
  }

  std::string Call(const CheckedExpr& expr) const {
    const Function function = expr.function;
    std::string text(Describe(function).name);
    text += '(';
    for (std::size_t i = 0; i < expr.children.size(); ++i) {
      if (i > 0) text += ", ";
      const auto* pattern =
          std::get_if<std::string>(&expr.children[i].constant.value);
      const bool raw = function == Function::kExtract && i == 1;
      text += raw && pattern != nullptr ? RawText(*pattern)
                                        : Print(expr.children[i], kOrLevel);
    }
    return text + ")";
  }

  std::string Right(const CheckedExpr& test) const {
    const CheckedExpr& right = test.children[1];
    if (test.op == ExprOp::kInRange) {
      return absl::StrFormat("%s..%s", Print(right, kCoalesceLevel),
                             Print(test.children[2], kCoalesceLevel));
    }
    if (test.op != ExprOp::kMatches || right.op != ExprOp::kConst) {
      return Print(right, kCoalesceLevel);
    }
    if (const auto* text = std::get_if<std::string>(&right.constant.value)) {
      return RawText(*text);
    }
    const auto* list = std::get_if<ConstantList>(&right.constant.value);
    if (list == nullptr) return PrintConstant(right.constant);
    std::string texts;
    for (const Constant& item : *list) {
      const auto* text = std::get_if<std::string>(&item.value);
      if (!texts.empty()) texts += ", ";
      if (text != nullptr) texts += RawText(*text);
    }
    return "[" + texts + "]";
  }

  std::string Test(const CheckedExpr& test, bool negated) const {
    std::string left = Print(test.children[0], kCoalesceLevel);
    if (test.elements == Elements::kAll) left = "all(" + left + ")";
    if (test.elements == Elements::kNone) left = "none(" + left + ")";
    const std::string_view word = TestWord(test.op);
    const bool letters = word[0] >= 'a';
    std::string text = left;
    if (negated && test.op == ExprOp::kEq) {
      text += " != ";
    } else if (negated && !letters) {
      return "not " + Test(test, false);
    } else {
      text += absl::StrFormat(" %s%s ", negated ? "not " : "", word);
    }
    if (test.all) text += "all ";
    text += Right(test);
    if (test.nocase) text += " nocase";
    return text;
  }

  const CheckedRules& rules_;
  const CheckedSchema& schema_;
  const CheckedRule* rule_;
  const CheckedCondition* condition_;
};

struct ConstantPrinter {
  std::string operator()(Missing) const { return "missing"; }
  std::string operator()(bool b) const { return b ? "true" : "false"; }
  std::string operator()(std::int64_t i) const { return std::to_string(i); }
  std::string operator()(std::uint64_t u) const { return std::to_string(u); }
  std::string operator()(double f) const {
    std::string encoding, text;
    AppendCanonicalFloat(f, &encoding);
    AppendCanonicalAsText(encoding, &text);
    return text;
  }
  std::string operator()(const std::string& text) const { return Quoted(text); }
  std::string operator()(Time time) const {
    return "time(\"" + FormatTime(time.us) + "\")";
  }
  std::string operator()(Duration duration) const {
    return FormatDuration(duration.us);
  }
  std::string operator()(const IpAddress& ip) const { return FormatIp(ip); }
  std::string operator()(const Cidr& cidr) const { return FormatCidr(cidr); }
  std::string operator()(const ConstantList& list) const {
    std::string text = "[";
    for (std::size_t i = 0; i < list.size() && i < kItemsShown; ++i) {
      if (i > 0) text += ", ";
      text += PrintConstant(list[i]);
    }
    if (list.size() > kItemsShown) {
      text += absl::StrFormat(", ... %d in all", list.size());
    }
    return text + "]";
  }
};

}  // namespace

std::string PrintConstant(const Constant& constant) {
  return std::visit(ConstantPrinter(), constant.value);
}

std::string PrintExpr(const CheckedRules& rules, const CheckedSchema& schema,
                      const CheckedExpr& expr, const CheckedRule* rule,
                      const CheckedCondition* condition) {
  return Printer(rules, schema, rule, condition).Print(expr, kOrLevel);
}

}  // namespace tocsin::dsl
