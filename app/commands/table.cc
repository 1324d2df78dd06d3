#include "app/commands/commands.h"

namespace tocsin {

Option RulesOption(std::vector<std::string>* rules, bool required) {
  return {.name = "rules",
          .value = "PATH",
          .help = "a .rules file or a folder of them; may be repeated",
          .target = rules,
          .required = required};
}

Option FormatOption(std::string* format) {
  return {.name = "format",
          .value = "FORMAT",
          .help = "text for people, json for programs",
          .target = format,
          .choices = {"text", "json"},
          .shown_default = "text"};
}

CommandTable MakeCommandTable() {
  CommandTable table;
  Command& root = table.root;
  root.name = "tocsin";
  root.summary = "detection rules over the Kubernetes audit stream";
  root.about =
      "Compiles detection rules from .rules files and runs them over audit "
      "logs (or other JSON events): finished, still growing, posted by "
      "apiservers or read from Kafka.";
  root.commands.push_back(MakeCheckCommand(&table));
  root.commands.push_back(MakeTestCommand(&table));
  root.commands.push_back(MakeFixCommand(&table));
  root.commands.push_back(MakeFmtCommand(&table));
  root.commands.push_back(MakeReplayCommand(&table));
  root.commands.push_back(MakeRunCommand(&table));
  root.commands.push_back(MakeExplainCommand(&table));
  root.commands.push_back(MakeProfileCommand(&table));
  root.commands.push_back(MakeConfigCommand(&table));
  root.commands.push_back(MakeStateCommand(&table));
  root.commands.push_back(MakeWebhookCommand(&table));
  root.commands.push_back(MakeCertsCommand(&table));
  root.commands.push_back(MakeVersionCommand());
  root.commands.push_back(MakeDocsCommand(&table));
  root.examples = {
      {"is there anything wrong with these rules?", "tocsin check rules/"},
      {"what would they have found in last night's log?",
       "tocsin replay --rules rules/ audit.log"},
      {"follow the log from now on", "tocsin run --config tocsin.yaml"},
  };
  return table;
}

}  // namespace tocsin
