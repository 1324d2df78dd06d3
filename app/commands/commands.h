// One function a command: its row of the command table. Each stands in the
// file of its name.
#pragma once

#include <string>
#include <vector>

#include "app/command.h"

namespace tocsin {

// --rules, as every command has it that runs rules.
Option RulesOption(std::vector<std::string>* rules, bool required = true);
// --format of a report: text or json.
Option FormatOption(std::string* format);

Command MakeCheckCommand(CommandTable* table);
Command MakeTestCommand(CommandTable* table);
Command MakeFixCommand(CommandTable* table);
Command MakeFmtCommand(CommandTable* table);
Command MakeReplayCommand(CommandTable* table);
Command MakeRunCommand(CommandTable* table);
Command MakeExplainCommand(CommandTable* table);
Command MakeProfileCommand(CommandTable* table);
Command MakeConfigCommand(CommandTable* table);
Command MakeStateCommand(CommandTable* table);
Command MakeWebhookCommand(CommandTable* table);
Command MakeCertsCommand(CommandTable* table);
Command MakeVersionCommand();
// Man pages and completions, for the build; not shown in help.
Command MakeDocsCommand(CommandTable* table);

}  // namespace tocsin
