#include "dsl/explain/explain.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/rule_loader.h"
#include "app/terminal.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/status.h"
#include "engine/base/strings.h"

namespace tocsin {
namespace {

struct ExplainOptions {
  std::vector<std::string> name, rules;
};

// "burst" of "k8s.authn.burst"; also "authn.burst".
bool EndsWithName(std::string_view full, std::string_view name) {
  return full == name || (full.size() > name.size() && full.ends_with(name) &&
                          full[full.size() - name.size() - 1] == '.');
}

std::string_view LastSegment(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

std::string UnknownRule(const std::string& name,
                        const dsl::CheckedRules& rules) {
  std::vector<std::string_view> names;
  for (const dsl::CheckedRule& rule : rules.rules) {
    names.push_back(rule.name);
    names.push_back(LastSegment(rule.name));
  }
  const std::string_view near = Nearest(name, names);
  if (near.empty()) return absl::StrFormat("no rule is named `%s`", name);
  return absl::StrFormat("no rule is named `%s`; did you mean `%s`?", name,
                         near);
}

// The one rule that `name` names; null, and why, when it is not one.
const dsl::CheckedRule* Resolve(const std::string& name,
                                const dsl::CheckedRules& rules,
                                std::string* why) {
  std::vector<const dsl::CheckedRule*> found;
  for (const dsl::CheckedRule& rule : rules.rules) {
    if (rule.name == name) return &rule;
    if (EndsWithName(rule.name, name)) found.push_back(&rule);
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    *why = UnknownRule(name, rules);
    return nullptr;
  }
  *why = absl::StrFormat("`%s` is the name of several rules:", name);
  for (const dsl::CheckedRule* rule : found) *why += " " + rule->name;
  return nullptr;
}

int Explain(const ExplainOptions& options) {
  const std::unique_ptr<LoadedRules> loaded =
      LoadRulesOrTell(options.rules, UseColour(ColourMode::kAuto, 2));
  if (loaded == nullptr) return kExitCouldNotRun;
  std::string why;
  const dsl::CheckedRule* const rule =
      Resolve(options.name.front(), loaded->checked, &why);
  if (rule == nullptr) {
    PrintError(why);
    return kExitCouldNotRun;
  }
  const absl::Status written =
      WriteAll(STDOUT_FILENO,
               dsl::Explain(loaded->checked, *rule, *loaded->rules), "stdout");
  if (!written.ok() && !absl::IsCancelled(written)) {
    PrintError(Message(written));
    return kExitCouldNotRun;
  }
  return kExitOk;
}

}  // namespace

Command MakeExplainCommand(CommandTable* table) {
  auto* const options = MakeOptions<ExplainOptions>(table);
  Command command;
  command.name = "explain";
  command.summary = "say what the compiler made of a rule";
  command.about =
      "Prints what a rule means once defaults, lets and exceptions are in "
      "their place: its kind, filter, key, condition, what it keeps per key, "
      "what it costs, and the fields it reads.";
  command.arguments = {{"RULE",
                        "the rule's name, or the end of it when that is enough",
                        &options->name}};
  command.groups = {
      {"Rules",
       {{.name = "rules",
         .value = "PATH",
         .help = "a .rules file or a folder of them; may be repeated",
         .target = &options->rules,
         .required = true}}}};
  command.examples = {{"what does this rule really test?",
                       "tocsin explain burst_of_401s --rules rules/"}};
  command.run = [options] { return Explain(*options); };
  return command;
}

}  // namespace tocsin
