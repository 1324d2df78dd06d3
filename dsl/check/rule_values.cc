// by, collect, show: values with names.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/alert_type.h"
#include "dsl/check/constants.h"
#include "dsl/check/k8s_audit.h"
#include "dsl/check/key_name.h"
#include "dsl/check/rule_checker.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

// Whether the expression reads the first address that a request claims.
bool ReadsClaimedAddress(const CheckedExpr& expr) {
  if (expr.op == ExprOp::kPath && expr.path.size() == 2 &&
      expr.path[0].key == "sourceIPs" &&
      expr.path[1].kind == PathSegment::Kind::kIndex &&
      expr.path[1].index == 0) {
    return true;
  }
  for (const CheckedExpr& child : expr.children) {
    if (ReadsClaimedAddress(child)) return true;
  }
  return false;
}

}  // namespace

// A name given with `as` must mean nothing else; any name stands once.
bool RuleChecker::TakeName(const std::string& name, Span span, bool written) {
  std::string_view taken;
  for (const CheckedKey& key : rule_.by) {
    if (key.name == name) taken = "a key";
  }
  for (const CheckedEvent& event : rule_.events) {
    if (event.name == name) taken = "an event";
  }
  for (const CheckedCollect& collect : rule_.collects) {
    if (collect.name == name) taken = "a collected name";
  }
  for (const CheckedField& show : rule_.shows) {
    if (show.name == name) taken = "a shown name";
  }
  const Symbols& symbols = context_.symbols;
  if (taken.empty() && written) {
    if (symbols.lists.contains(name)) taken = "a list";
    if (symbols.lets.contains(name)) taken = "a let";
    if (symbols.tables.contains(name)) taken = "a table";
    if (schema_ != nullptr && HidesField(*schema_, name)) {
      taken = "a field of the event";
    }
    if (schema_ != nullptr) {
      for (const CheckedField& derived : schema_->derives) {
        if (derived.name == name) taken = "a derived field";
      }
    }
  }
  if (taken.empty()) return true;
  report_
      .Emit(Kind::kNameTaken, span,
            absl::StrFormat("`%s` is %s already", name, taken))
      .help = "give it another name with `as`";
  return false;
}

bool RuleChecker::KeyType(const cst::KeyPart& part, const Value& value) {
  const Type& type = value.expr.type;
  const Span span = SpanOf(part.expr);
  const std::string text = context_.Text(span);
  if (part.each) {
    if (type.kind == TypeKind::kList || type.kind == TypeKind::kAny) {
      return true;
    }
    report_
        .Emit(Kind::kEachWithoutList, span,
              absl::StrFormat("`each` takes the elements of a list, and `%s` "
                              "is %s",
                              text, AType(type)))
        .help = "leave `each` out";
    return false;
  }
  if (type.kind == TypeKind::kList) {
    const bool addresses = text == "sourceIPs";
    Diagnostic& d =
        report_.Emit(Kind::kListAsKey, span,
                     absl::StrFormat("`%s` is %s, and a key is one value", text,
                                     AType(type)));
    d.help = absl::StrFormat(
        "`%s[-1]` is the last, `%s[0]` the first, `each %s` a group for each",
        text, text, text);
    d.fix = Fix{span, addresses ? text + "[-1]" : "each " + text};
    return false;
  }
  if (IsScalar(type.kind)) return true;
  report_.Emit(
      Kind::kWrongType, span,
      absl::StrFormat("`%s` is %s, and a key is one value", text, AType(type)));
  return false;
}

void RuleChecker::Among(const cst::KeyPart& part, const Value& value,
                        CheckedKey* key) {
  if (!part.among.has_value()) return;
  const Span span = SpanOf(*part.among);
  const Symbols& symbols = context_.symbols;
  const auto found = symbols.lists.find(part.among->text);
  if (found == symbols.lists.end()) {
    if (symbols.unreadable.contains(part.among->text)) return;
    Diagnostic& d =
        report_.Emit(Kind::kUnknownList, span,
                     absl::StrFormat("unknown list `%s`", part.among->text));
    std::vector<std::string_view> names;
    for (const auto& [name, list] : symbols.lists) names.push_back(name);
    std::string_view nearest;
    d.help = DidYouMean(part.among->text, names, &nearest);
    if (!nearest.empty()) d.fix = Fix{span, std::string(nearest)};
    return;
  }
  if (found->second.broken) return;
  const TypeKind element = context_.lists[found->second.index].element;
  const TypeKind kind = TestedType(value.expr.type).kind;
  const bool fits = kind == TypeKind::kAny || element == TypeKind::kAny ||
                    kind == element || (IsNumber(kind) && IsNumber(element)) ||
                    (kind == TypeKind::kIp && element == TypeKind::kCidr);
  if (!fits) {
    report_.Emit(
        Kind::kWrongType, span,
        absl::StrFormat("`%s` holds values of type %s, the key is %s",
                        part.among->text, KindName(element), AKind(kind)));
    return;
  }
  key->among = found->second.index;
}

void RuleChecker::By(const std::vector<cst::KeyPart>& parts,
                     std::vector<CheckedKey>* by) {
  for (const cst::KeyPart& part : parts) TakeKey(part, by);
}

void RuleChecker::TakeKey(const cst::KeyPart& part,
                          std::vector<CheckedKey>* by) {
  Value value = expressions_.Check(part.expr, MakeScope());
  CheckedKey key;
  const bool named = KeyName(part.expr, part.as, file_, &context_, &key.name);
  if (value.bad || !named || !KeyType(part, value)) {
    // The texts still know the name.
    lenient_ = lenient_ || !named;
    value.expr.type = MakeType(TypeKind::kAny);
    incomplete_ = true;
    if (!named) return;
  }
  const Span name_span =
      part.as.has_value() ? SpanOf(*part.as) : SpanOf(part.expr);
  for (const CheckedKey& other : *by) {
    if (other.name != key.name) continue;
    report_
        .Emit(Kind::kNameTaken, name_span,
              absl::StrFormat("`%s` is a key already", key.name))
        .help = "give it another name with `as`";
    incomplete_ = true;
    return;
  }
  if (!TakeName(key.name, name_span, part.as.has_value())) {
    incomplete_ = true;
    return;
  }
  Among(part, value, &key);
  if (schema_ != nullptr && schema_->name == kAuditSchemaName &&
      ReadsClaimedAddress(value.expr)) {
    Diagnostic& d = report_.Emit(Kind::kClaimedAddress, SpanOf(part.expr),
                                 "sourceIPs[0] is what the client says of "
                                 "itself");
    d.help = "`client` is the address that it cannot choose";
    d.fix = Fix{SpanOf(part.expr), "client"};
  }
  key.missing_ok = part.missing_ok;
  key.each = part.each;
  key.expr = std::move(value.expr);
  by->push_back(std::move(key));
}

void RuleChecker::Collect(const cst::CollectClause& collect) {
  // Without the name of an event: of every event, if they are of one schema.
  Scope scope = EvidenceScope();
  scope.evidence = false;
  if (OneSchema()) scope.plain = PlainField::kOfTheEvent;
  Value value = expressions_.Check(collect.expr, scope);
  CheckedCollect checked;
  checked.name = collect.as.text;
  checked.up_to = limits::kCollectedDefault;
  if (checked.name.empty()) return;
  if (!TakeName(checked.name, SpanOf(collect.as), true)) return;
  if (collect.up_to.has_value()) {
    Constant number;
    TypeKind kind = TypeKind::kAny;
    LiteralValue(*collect.up_to, &number, &kind);
    const auto* up_to = std::get_if<std::int64_t>(&number.value);
    if (up_to == nullptr || *up_to < 1 ||
        *up_to > static_cast<std::int64_t>(limits::kCollected)) {
      report_.Emit(
          Kind::kCollectsTooMuch, SpanOf(*collect.up_to),
          absl::StrFormat("`up to` is 1 to %s", Grouped(limits::kCollected)));
    } else {
      checked.up_to = static_cast<std::size_t>(*up_to);
    }
  }
  if (!value.bad && !TakeStep(&value.expr, &checked.event)) {
    report_
        .Emit(Kind::kCannotJoin, SpanOf(collect.expr),
              "a collected value is one event's")
        .help = "collect each under a name of its own";
    value.bad = true;
  }
  if (value.bad) incomplete_ = true;
  checked.expr = std::move(value.expr);
  rule_.collects.push_back(std::move(checked));
}

// Whether every alert of the schema shows this; another value under the same
// name is a mistake.
bool RuleChecker::ShownBySchema(const CheckedField& field, Span span) {
  if (schema_ == nullptr) return false;
  for (const CheckedField& other : schema_->shows) {
    if (other.name != field.name) continue;
    if (SubjectKey(other.expr) == SubjectKey(field.expr)) return true;
    report_
        .Emit(Kind::kNameTaken, span,
              absl::StrFormat("every alert of %s shows another value as `%s`",
                              schema_->name, field.name))
        .help = "give it another name with `as`";
  }
  return false;
}

void RuleChecker::Show(const cst::ShowClause& show) {
  for (const cst::Named& named : show.items) {
    Value value = expressions_.Check(named.expr, EvidenceScope());
    CheckedField field;
    if (!KeyName(named.expr, named.as, file_, &context_, &field.name)) {
      lenient_ = true;
      continue;
    }
    const Span span =
        named.as.has_value() ? SpanOf(*named.as) : SpanOf(named.expr);
    if (!TakeName(field.name, span, named.as.has_value())) continue;
    field.expr = std::move(value.expr);
    if (value.bad) {
      incomplete_ = true;
    } else if (ShownBySchema(field, span)) {
      continue;
    }
    rule_.shows.push_back(std::move(field));
  }
}

}  // namespace tocsin::dsl
