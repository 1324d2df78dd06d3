// The commands as one table: from it the command line is parsed, --help, the
// man pages and the shell completions are written. Nothing here knows CLI11.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tocsin {

// A duration in microseconds, as --lateness has it.
struct DurationTarget {
  std::int64_t* us;
};
struct IntTarget {
  int* value;
  int least;
  int most;
};
// Where an option's value goes; a bool* is a flag without a value.
using OptionTarget =
    std::variant<bool*, std::string*, std::vector<std::string>*, DurationTarget,
                 IntTarget>;

struct Option {
  std::string name;     // "format": --format
  std::string value{};  // "FILE" in the help; empty for a flag.
  std::string help;
  OptionTarget target;
  std::vector<std::string> choices{};  // Empty: anything.
  std::string shown_default{};         // In the help; empty: nothing.
  bool required = false;
  char letter = 0;
};

struct OptionGroup {
  std::string title;
  std::vector<Option> options;
};

// The words that are not options: the last may repeat.
struct Argument {
  std::string name;
  std::string help;
  std::vector<std::string>* values = nullptr;
  std::size_t least = 1;
  bool repeats = false;
};

struct Example {
  std::string what;
  std::string command;
};

struct Command {
  std::string name;     // "replay"; "config check" is under "config".
  std::string summary;  // One line, lower case, no full stop.
  std::string about;    // Paragraphs; may be empty.
  std::vector<Argument> arguments;
  std::vector<OptionGroup> groups;
  std::vector<Example> examples;
  std::function<int()> run;  // Null when there are commands below.
  std::vector<Command> commands;
  bool hidden = false;
};

// The whole program. The targets of options live in `storage`.
struct CommandTable {
  Command root;
  std::vector<std::shared_ptr<void>> storage;
};
CommandTable MakeCommandTable();

// Options of type T that live as long as the table.
template <typename T>
T* MakeOptions(CommandTable* table) {
  auto options = std::make_shared<T>();
  T* const raw = options.get();
  table->storage.push_back(std::move(options));
  return raw;
}

}  // namespace tocsin
