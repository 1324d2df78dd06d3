#include "dsl/explain/explain.h"

#include <unistd.h>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/event_probe.h"
#include "app/exit_code.h"
#include "app/explain_alert.h"
#include "app/find_rule.h"
#include "app/first_event.h"
#include "app/rule_loader.h"
#include "app/terminal.h"
#include "connectors/stdio/stdout_sink.h"
#include "dsl/explain/print_parts.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

struct ExplainOptions {
  std::vector<std::string> name, event, rules;
  ExplainAlertOptions alert;
  std::string format = "text", colour = "auto";
  bool all = false;
};

int Fail(const absl::Status& status) {
  PrintError(Message(status));
  return kExitCouldNotRun;
}

int Print(const std::string& text, int code) {
  const absl::Status written = WriteAll(STDOUT_FILENO, text, "stdout");
  if (!written.ok() && !absl::IsCancelled(written)) return Fail(written);
  return code;
}

// The rule held against the first event of a file.
int ExplainEvent(const ExplainOptions& options, const LoadedRules& loaded,
                 const dsl::CheckedRule& rule) {
  const std::string& path = options.event.front();
  const absl::StatusOr<std::string> event = ReadFirstObject(path);
  if (!event.ok()) return Fail(event.status());
  const std::string name = path == "-" ? "stdin" : path;
  const dsl::LetNames lets(loaded.sources, loaded.files);
  const auto found = EventProbe(loaded.checked, rule, lets).Look(*event);
  if (!found.ok()) return Fail(Annotate(found.status(), name));
  const int code = found->matches ? kExitOk : kExitFindings;
  if (options.format == "json") return Print(PrintPartsJson(*found), code);
  dsl::PartsStyle style;
  style.colour = UseColour(ParseColour(options.colour), STDOUT_FILENO);
  style.everything = options.all;
  return Print(PrintParts(*found, style), code);
}

int Explain(const ExplainOptions& options) {
  const bool alert = !options.alert.alert.empty();
  if (alert != options.name.empty()) {
    return Fail(absl::InvalidArgumentError(
        alert ? "an alert names its rule: either RULE or --alert"
              : "which rule? explain RULE, or explain --alert FILE"));
  }
  if (!alert && !options.alert.events.empty()) {
    return Fail(absl::InvalidArgumentError(
        "--events goes with --alert; an event for a rule stands behind it"));
  }
  const std::unique_ptr<LoadedRules> loaded =
      LoadRulesOrTell(options.rules, UseColour(ColourMode::kAuto, 2));
  if (loaded == nullptr) return kExitCouldNotRun;
  if (alert) {
    ExplainAlertOptions of_alert = options.alert;
    of_alert.json = options.format == "json";
    const auto text = ExplainAlert(*loaded, of_alert);
    return text.ok() ? Print(*text, kExitOk) : Fail(text.status());
  }
  const auto rule = FindRule(options.name.front(), loaded->checked);
  if (!rule.ok()) return Fail(rule.status());
  if (!options.event.empty()) return ExplainEvent(options, *loaded, **rule);
  const dsl::Origins origins(loaded->sources, loaded->files);
  const auto explain =
      options.format == "json" ? dsl::ExplainJson : dsl::Explain;
  return Print(explain(loaded->checked, **rule, *loaded->rules, &origins),
               kExitOk);
}

}  // namespace

Command MakeExplainCommand(CommandTable* table) {
  auto* const options = MakeOptions<ExplainOptions>(table);
  Command command;
  command.name = "explain";
  command.summary = "say what a rule does, or what it makes of an event";
  command.about =
      "Prints what a rule means once defaults, lets and exceptions are in "
      "their place: its kind, filter, key, condition, what it keeps per key, "
      "what it costs, and the fields it reads; and where a part stands that is "
      "not the rule's own: a tune, the file's defaults, an addition to a list."
      "\n\n"
      "With an event: which part of the rule holds on it and which does not, "
      "with the values that the event has, evaluated as it would be when the "
      "rule runs. Exits 0 when the event passes the rule's filter and has its "
      "key, 1 when not. What a window would make of several events is for "
      "`tocsin replay`.";
  command.arguments = {
      {"RULE", "the rule's name, or the end of it when that is enough",
       &options->name, 0},
      {"EVENT",
       "a file whose first event is held against the rule, on one line or "
       "several; - is stdin",
       &options->event, 0}};
  command.groups = {
      {"Rules", {RulesOption(&options->rules)}},
      {"Alert",
       {{.name = "alert",
         .value = "FILE",
         .help = "say why an alert was told: its line of JSON, or - for stdin; "
                 "instead of RULE",
         .target = &options->alert.alert},
        {.name = "events",
         .value = "LOG",
         .help = "look there for the alert's events, and hold them against "
                 "the rule; may be repeated",
         .target = &options->alert.events}}},
      {"Output",
       {FormatOption(&options->format),
        {.name = "color",
         .value = "WHEN",
         .help = "colour; auto is on a terminal without NO_COLOR",
         .target = &options->colour,
         .choices = ColourChoices(),
         .shown_default = "auto"},
        {.name = "all",
         .help = "of an event: also what derived fields are made of when they "
                 "are as the rule wants them",
         .target = &options->all}}}};
  command.examples = {
      {"what does this rule really test?",
       "tocsin explain burst_of_401s --rules rules/"},
      {"why does it not match this event?",
       "tocsin explain burst_of_401s event.json --rules rules/"},
      {"why was this told?",
       "tocsin explain --alert alert.json --events audit.log --rules "
       "rules/"}};
  command.run = [options] { return Explain(*options); };
  return command;
}

}  // namespace tocsin
