#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/help.h"
#include "app/terminal.h"

namespace tocsin {
namespace {

bool WriteFile(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out.fail()) return true;
  PrintError(absl::StrFormat("cannot write %s", path.string()));
  return false;
}

bool WriteManPages(const Command& root, const Command& command,
                   const std::string& path,
                   const std::filesystem::path& folder) {
  if (!WriteFile(folder / ManPageName(path), ManPage(root, command, path))) {
    return false;
  }
  for (const Command& below : command.commands) {
    if (below.hidden) continue;
    if (!WriteManPages(root, below, path + " " + below.name, folder)) {
      return false;
    }
  }
  return true;
}

// Man pages and completions of this very program, for the build to install.
int WriteDocs(const std::string& folder) {
  const CommandTable table = MakeCommandTable();
  const std::filesystem::path to(folder);
  std::error_code error;
  std::filesystem::create_directories(to, error);
  const bool written =
      WriteManPages(table.root, table.root, table.root.name, to) &&
      WriteFile(to / "tocsin.bash", BashCompletion(table.root)) &&
      WriteFile(to / "_tocsin", ZshCompletion(table.root));
  return written ? kExitOk : kExitCouldNotRun;
}

}  // namespace

Command MakeDocsCommand(CommandTable* table) {
  auto* const folder = MakeOptions<std::vector<std::string>>(table);
  Command command;
  command.name = "docs";
  command.summary = "write the man pages and shell completions into a folder";
  command.hidden = true;
  command.arguments = {{"FOLDER", "where to write them", folder}};
  command.examples = {
      {"what the build installs", "tocsin docs build/release/docs"}};
  command.run = [folder] { return WriteDocs(folder->front()); };
  return command;
}

}  // namespace tocsin
