// `within`: lengths, hops, gaps and zones.
#include "absl/strings/str_format.h"
#include "dsl/check/condition.h"
#include "dsl/check/constants.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"
#include "engine/program/zone.h"

namespace tocsin::dsl {
namespace {

class WindowChecker {
 public:
  WindowChecker(const cst::Window& window, const FileSettings& file,
                Context* context, CheckedWindow* checked)
      : window_(window),
        file_(file),
        context_(*context),
        report_(context->report),
        checked_(*checked) {}

  bool Check() {
    if (!window_.length.has_value() ||
        !CheckDuration(*window_.length, file_, &context_,
                       &checked_.length_us)) {
      return false;
    }
    if (window_.step.has_value() &&
        !CheckDuration(*window_.step, file_, &context_, &checked_.step_us)) {
      return false;
    }
    switch (window_.kind) {
      case cst::Window::Kind::kSliding:
        return true;
      case cst::Window::Kind::kTumbling:
        checked_.kind = CheckedWindow::Kind::kTumbling;
        return NotEmpty(*window_.length, checked_.length_us) && Zone();
      case cst::Window::Kind::kHopping:
        checked_.kind = CheckedWindow::Kind::kHopping;
        return NotEmpty(*window_.length, checked_.length_us) &&
               NotEmpty(*window_.step, checked_.step_us) && Hops();
      case cst::Window::Kind::kSession:
        checked_.kind = CheckedWindow::Kind::kSession;
        return NotEmpty(*window_.step, checked_.step_us) && Session();
    }
    return false;
  }

 private:
  bool Bad(const cst::Node& at, std::string message, std::string help) {
    report_.Emit(Kind::kBadWindow, At(file_, at), std::move(message)).help =
        std::move(help);
    return false;
  }

  bool NotEmpty(const cst::Literal& literal, std::int64_t us) {
    return us > 0 ||
           Bad(literal, "a window of no length holds no event", "5m, 1h");
  }

  // W is a whole number of hops, so that panes of one hop make it up exactly.
  bool Hops() {
    const std::int64_t length = checked_.length_us;
    const std::int64_t step = checked_.step_us;
    if (step > length) {
      return Bad(*window_.step,
                 absl::StrFormat("hops of %s leave gaps between windows of %s",
                                 window_.step->text, window_.length->text),
                 "a hop is at most the window's length");
    }
    if (length % step != 0) {
      return Bad(*window_.step,
                 absl::StrFormat("%s is not a whole number of hops of %s",
                                 window_.length->text, window_.step->text),
                 "hops that divide the window: within 1h hopping 5m");
    }
    if (length / step <= limits::kHops) return true;
    return Bad(
        *window_.step,
        absl::StrFormat("%s hops of %s make up the window; at most %s",
                        Grouped(static_cast<std::uint64_t>(length / step)),
                        window_.step->text, Grouped(limits::kHops)),
        "hop further, or look back less");
  }

  bool Session() {
    if (checked_.step_us <= checked_.length_us) return true;
    return Bad(*window_.length,
               absl::StrFormat("a session of at most %s ends before a gap of "
                               "%s",
                               window_.length->text, window_.step->text),
               "max is at least the gap: session gap 5m max 1h");
  }

  bool Zone() {
    const std::string zone =
        window_.zone.has_value() ? window_.zone->text : file_.zone;
    if (FindZone(zone) == nullptr) {
      report_
          .Emit(Kind::kUnknownTimezone, At(file_, *window_.zone),
                absl::StrFormat("unknown time zone `%s`", zone))
          .help = "an IANA name is expected: \"UTC\", \"Europe/Berlin\"";
      return false;
    }
    if (zone != "UTC") checked_.zone = zone;
    return true;
  }

  const cst::Window& window_;
  const FileSettings& file_;
  Context& context_;
  Reporter& report_;
  CheckedWindow& checked_;
};

}  // namespace

bool CheckDuration(const cst::Literal& literal, const FileSettings& file,
                   Context* context, std::int64_t* us) {
  if (DurationMicros(literal.text, us)) return true;
  context->report.Emit(Kind::kBadConstant, At(file, literal),
                       absl::StrFormat("`%s` is too long", literal.text));
  return false;
}

bool CheckWindow(const cst::Condition& condition, std::string_view what,
                 const FileSettings& file, Context* context,
                 CheckedWindow* window) {
  if (condition.window.has_value()) {
    return WindowChecker(*condition.window, file, context, window).Check();
  }
  context->report
      .Emit(Kind::kMissingWithin, At(file, condition),
            absl::StrFormat("%s needs a `within`", what))
      .help = "say in which time: within 5m";
  return false;
}

}  // namespace tocsin::dsl
