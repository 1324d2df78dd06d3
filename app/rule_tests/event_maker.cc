#include "app/rule_tests/event_maker.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_format.h"
#include "app/rule_tests/json_value.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

using dsl::CheckedExpr;
using dsl::CheckedSchema;
using dsl::ExprOp;
using dsl::TestJson;

constexpr std::int64_t kSecond = 1'000'000;

// The declared field at a path of plain keys; null: not declared.
const Field* FieldAt(const Type& type, const FieldPath& path) {
  const Type* at = &type;
  const Field* field = nullptr;
  for (const PathSegment& step : path) {
    field = nullptr;
    for (const Field& candidate : at->fields) {
      if (candidate.name == step.key) field = &candidate;
    }
    if (field == nullptr) return nullptr;
    at = &field->type;
  }
  return field;
}

// A time as the pattern has it (engine/program/time_pattern.h), in UTC.
std::string TimeByPattern(const std::string& pattern, std::int64_t us) {
  std::string spelt;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool fraction =
        pattern[i] == '%' && i + 1 < pattern.size() && pattern[i + 1] == 'f';
    if (!fraction) {
      spelt += pattern[i];
      if (pattern[i] == '%' && i + 1 < pattern.size()) spelt += pattern[++i];
      continue;
    }
    spelt += absl::StrFormat("%06d", us % kSecond);
    ++i;
  }
  const std::time_t seconds = us / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::string text(256, '\0');
  text.resize(std::strftime(text.data(), text.size(), spelt.c_str(), &parts));
  return text;
}

TestJson TimeAs(const dsl::CheckedTimeSource& source, std::int64_t us) {
  switch (source.format) {
    case TimeFormat::kRfc3339:
      return JsonText(FormatTime(us));
    case TimeFormat::kEpochSeconds:
      if (us % kSecond == 0)
        return JsonNumber(absl::StrFormat("%d", us / kSecond));
      return JsonNumber(absl::StrFormat("%d.%06d", us / kSecond, us % kSecond));
    case TimeFormat::kEpochMillis:
      return JsonNumber(absl::StrFormat("%d", us / 1'000));
    case TimeFormat::kEpochMicros:
      return JsonNumber(absl::StrFormat("%d", us));
    case TimeFormat::kEpochNanos:
      return JsonNumber(absl::StrFormat("%d000", us));
    case TimeFormat::kPattern:
      break;
  }
  return JsonText(TimeByPattern(source.pattern, us));
}

TestJson FromConstant(const Constant& constant) {
  std::string encoding;
  AppendCanonical(constant, &encoding);
  return JsonOf(encoding);
}

// Of a closed set the first value that the schema's default does not turn away
// by name: that of k8s.audit asks for an answered request.
const Constant& UsualValue(const CheckedSchema& schema, const Field& field) {
  const auto named = [&](const CheckedExpr& expr, const Constant& value,
                         const auto& self) -> bool {
    if (expr.op == ExprOp::kDerived) {
      return self(schema.derives[expr.derived].expr, value, self);
    }
    if (expr.op == ExprOp::kConst) {
      if (expr.constant == value) return true;
      const auto* list = std::get_if<ConstantList>(&expr.constant.value);
      return list != nullptr &&
             std::find(list->begin(), list->end(), value) != list->end();
    }
    return std::any_of(
        expr.children.begin(), expr.children.end(),
        [&](const CheckedExpr& child) { return self(child, value, self); });
  };
  if (schema.default_where.has_value()) {
    for (const Constant& value : field.values) {
      if (named(*schema.default_where, value, named)) return value;
    }
  }
  return field.values.front();
}

TestJson ValueFor(const CheckedSchema& schema, const FieldPath& path,
                  std::int64_t time_us, std::uint64_t number) {
  const Field* const field = FieldAt(schema.type, path);
  const TypeKind kind = field == nullptr ? TypeKind::kAny : field->type.kind;
  const auto with_values = field != nullptr && !field->values.empty();
  if (with_values && field->limit == Field::Limit::kOneOf) {
    return FromConstant(UsualValue(schema, *field));
  }
  if (kind == TypeKind::kTime) return JsonText(FormatTime(time_us));
  if (kind == TypeKind::kInt || kind == TypeKind::kFloat) {
    return with_values ? FromConstant(field->values.front())
                       : JsonNumber(absl::StrFormat("%d", number));
  }
  if (kind == TypeKind::kBool) return FromConstant(Constant{true});
  if (kind == TypeKind::kIp) return JsonText("192.0.2.1");
  return JsonText(absl::StrFormat("test-%d", number));
}

struct Wanted {
  const FieldPath* path = nullptr;
  const Constant* value = nullptr;  // Null: anything.
};

// What `match` asks for, as far as it says so plainly.
void WantedBy(const CheckedExpr& match, std::vector<Wanted>* wanted) {
  if (match.op == ExprOp::kAnd) {
    for (const CheckedExpr& child : match.children) WantedBy(child, wanted);
    return;
  }
  if (match.children.empty()) return;
  const CheckedExpr& left = match.children[0];
  if (left.op != ExprOp::kPath || !left.children.empty()) return;
  if (match.op == ExprOp::kExists) wanted->push_back({&left.path, nullptr});
  if (match.children.size() < 2) return;
  const CheckedExpr& right = match.children[1];
  if (right.op != ExprOp::kConst) return;
  if (match.op == ExprOp::kEq) wanted->push_back({&left.path, &right.constant});
  const auto* list = std::get_if<ConstantList>(&right.constant.value);
  if (match.op == ExprOp::kIn && list != nullptr && !list->empty()) {
    wanted->push_back({&left.path, &list->front()});
  }
}

}  // namespace

void EventMaker::Fill(const CheckedSchema& schema, std::int64_t time_us,
                      TestJson* event) {
  const auto there = [&](const FieldPath& path) {
    return FindAt(*event, path) != nullptr;
  };
  const bool timed = std::any_of(
      schema.times.begin(), schema.times.end(),
      [&](const dsl::CheckedTimeSource& time) { return there(time.path); });
  if (!timed && !schema.times.empty()) {
    const dsl::CheckedTimeSource& first = schema.times.front();
    SetAt(first.path, TimeAs(first, time_us), event);
  }
  std::vector<Wanted> wanted;
  for (const FieldPath& path : schema.identity) {
    // An event with a time of its own keeps it.
    const bool is_time = std::any_of(
        schema.times.begin(), schema.times.end(),
        [&](const dsl::CheckedTimeSource& time) { return time.path == path; });
    if (!is_time) wanted.push_back({&path, nullptr});
  }
  if (schema.match.has_value()) WantedBy(*schema.match, &wanted);
  for (const Wanted& want : wanted) {
    if (there(*want.path)) continue;
    SetAt(*want.path,
          want.value != nullptr ? FromConstant(*want.value)
                                : ValueFor(schema, *want.path, time_us, made_),
          event);
  }
}

bool EventMaker::Make(const dsl::TestSend& send, std::uint64_t index,
                      std::int64_t time_us, std::string* line,
                      std::string* error) {
  ++made_;
  TestJson event = send.event;
  for (const dsl::TestAssign& assign : send.with) {
    TestJson value;
    if (assign.json.has_value()) {
      value = *assign.json;
    } else {
      std::string text;
      for (const dsl::TestAssign::Part& part : assign.text) {
        text += part.number ? absl::StrFormat("%d", index) : part.text;
      }
      value = JsonText(std::move(text));
    }
    if (!SetAt(assign.path, std::move(value), &event)) {
      *error = absl::StrFormat("`with %s`: the event has no such place",
                               FormatPath(assign.path));
      return false;
    }
  }
  for (const CheckedSchema& schema : rules_.schemas) {
    if (schema.name == send.schema) Fill(schema, time_us, &event);
  }
  line->clear();
  AppendJsonText(event, line);
  *line += '\n';
  return true;
}

}  // namespace tocsin
