#include "dsl/check/test_json.h"

#include "absl/strings/str_format.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

using Kind_ = TestJson::Kind;

TestJson::Kind KindOf(const cst::Literal& literal) {
  switch (literal.kind) {
    case cst::LiteralKind::kInt:
    case cst::LiteralKind::kFloat:
      return Kind_::kNumber;
    case cst::LiteralKind::kBool:
      return Kind_::kBool;
    case cst::LiteralKind::kNull:
      return Kind_::kNull;
    default:
      return Kind_::kText;
  }
}

std::string_view Describe(TestJson::Kind kind) {
  switch (kind) {
    case Kind_::kBool:
      return "a bool";
    case Kind_::kNumber:
      return "a number";
    case Kind_::kText:
      return "a text";
    case Kind_::kList:
      return "a list";
    case Kind_::kObject:
      return "an object";
    case Kind_::kNull:
      break;
  }
  return "null";
}

// Whether JSON of this kind can be a value of the type.
bool Fits(TestJson::Kind kind, TypeKind type) {
  switch (type) {
    case TypeKind::kAny:
      return true;
    case TypeKind::kBool:
      return kind == Kind_::kBool;
    case TypeKind::kInt:
    case TypeKind::kFloat:
      return kind == Kind_::kNumber;
    case TypeKind::kString:
    case TypeKind::kIp:
    case TypeKind::kCidr:
      return kind == Kind_::kText;
    case TypeKind::kTime:
    case TypeKind::kDuration:
      return kind == Kind_::kText || kind == Kind_::kNumber;
    case TypeKind::kList:
      return kind == Kind_::kList;
    case TypeKind::kMap:
    case TypeKind::kObject:
      return kind == Kind_::kObject;
  }
  return true;
}

void LintMember(const std::string& key, Span key_span, const TestJson& value,
                const Type& type, Context* context) {
  if (type.kind == TypeKind::kMap) {
    LintTestEvent(value, type.element[0], context);
    return;
  }
  if (const Field* field = FindField(type, key)) {
    LintTestEvent(value, field->type, context);
    return;
  }
  if (type.open) return;
  Diagnostic& d = context->report.Emit(
      Kind::kMisfitTestEvent, key_span,
      absl::StrFormat("the schema knows no field `%s` here", key));
  std::string_view nearest;
  d.help = DidYouMean(key, FieldNames(type), &nearest);
}

}  // namespace

TestJson ToTestJson(const cst::Json& json, const FileSettings& file) {
  TestJson out;
  out.span = At(file, json);
  if (json.kind == cst::Json::Kind::kScalar) {
    out.kind = KindOf(json.scalar);
    out.text = json.scalar.text;
    return out;
  }
  out.kind =
      json.kind == cst::Json::Kind::kObject ? Kind_::kObject : Kind_::kList;
  for (const cst::Name& key : json.keys) {
    out.keys.push_back(key.text);
    out.key_spans.push_back(At(file, key));
  }
  for (const cst::Json& value : json.values) {
    out.values.push_back(ToTestJson(value, file));
  }
  return out;
}

void LintTestEvent(const TestJson& event, const Type& type, Context* context) {
  if (event.kind == Kind_::kNull) return;
  if (!Fits(event.kind, type.kind)) {
    context->report
        .Emit(Kind::kMisfitTestEvent, event.span,
              absl::StrFormat("%s where the schema has %s",
                              Describe(event.kind), AType(type)))
        .help = "no test of a rule holds on a value of another type";
    return;
  }
  for (std::size_t i = 0; i < event.values.size(); ++i) {
    if (event.kind == Kind_::kList) {
      if (type.kind == TypeKind::kList) {
        LintTestEvent(event.values[i], type.element[0], context);
      }
    } else if (type.kind != TypeKind::kAny) {
      LintMember(event.keys[i], event.key_spans[i], event.values[i], type,
                 context);
    }
  }
}

}  // namespace tocsin::dsl
