#include "app/help.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace tocsin {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kHelpColumn = 28;

std::string Bold(std::string_view text, bool colour) {
  return colour ? absl::StrFormat("\x1b[1m%s\x1b[0m", text) : std::string(text);
}

// Words of `text` in lines of at most kWidth, each but the first indented.
std::string Wrap(std::string_view text, std::size_t indent,
                 std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    // A paragraph may end within what stands between two blanks.
    const std::size_t feed = word.rfind('\n');
    const std::size_t front = std::min(word.find('\n'), word.size());
    if (column + front > kWidth && column > indent) {
      out.back() = '\n';
      out.append(indent, ' ');
      column = indent;
    }
    out.append(word);
    out.push_back(' ');
    column = feed == std::string_view::npos ? column + word.size() + 1
                                            : word.size() - feed;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  if (!out.empty()) out.pop_back();
  return out;
}

std::string Row(std::string_view left, std::string_view right) {
  std::string out = absl::StrFormat("  %s", left);
  if (out.size() + 2 > kHelpColumn) {
    out += "\n";
    out.append(kHelpColumn, ' ');
  } else {
    out.resize(kHelpColumn, ' ');
  }
  return out + Wrap(right, kHelpColumn, kHelpColumn) + "\n";
}

std::string Join(const std::vector<std::string>& words,
                 std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

std::string ValueOf(const Option& option) {
  return option.choices.empty() ? option.value : Join(option.choices, "|");
}

std::string OptionName(const Option& option) {
  std::string name =
      option.letter == 0 ? "" : absl::StrFormat("-%c, ", option.letter);
  name += "--" + option.name;
  if (!option.value.empty()) name += " " + ValueOf(option);
  return name;
}

std::string OptionHelp(const Option& option) {
  std::string help = option.help;
  if (!option.shown_default.empty()) {
    help += absl::StrFormat(" (default %s)", option.shown_default);
  }
  return help;
}

std::string ArgumentName(const Argument& argument) {
  const std::string name =
      argument.repeats ? argument.name + "..." : argument.name;
  return argument.least == 0 ? "[" + name + "]" : name;
}

std::string Commands(const Command& command) {
  std::string out;
  for (const Command& below : command.commands) {
    if (!below.hidden) out += Row(below.name, below.summary);
  }
  return out;
}

}  // namespace

std::string UsageLine(const Command& command, std::string_view path) {
  std::string out(path);
  if (!command.commands.empty()) return out + " COMMAND [OPTIONS]";
  bool optional = false;
  for (const OptionGroup& group : command.groups) {
    for (const Option& option : group.options) {
      if (option.required) {
        out += absl::StrFormat(" --%s %s", option.name, ValueOf(option));
      } else {
        optional = true;
      }
    }
  }
  if (optional) out += " [OPTIONS]";
  for (const Argument& argument : command.arguments) {
    out += " " + ArgumentName(argument);
  }
  return out;
}

std::string HelpText(const Command& command, std::string_view path,
                     bool colour) {
  std::string out = absl::StrFormat("%s %s\n\n", Bold("Usage:", colour),
                                    UsageLine(command, path));
  out += Wrap(command.about.empty() ? command.summary : command.about, 0, 0) +
         "\n";
  const auto section = [&](std::string_view title) {
    out += "\n" + Bold(title, colour) + "\n";
  };
  if (!command.commands.empty()) {
    section("Commands:");
    out += Commands(command);
  }
  if (!command.arguments.empty()) {
    section("Arguments:");
    for (const Argument& argument : command.arguments) {
      out += Row(ArgumentName(argument), argument.help);
    }
  }
  for (const OptionGroup& group : command.groups) {
    section(group.title + ":");
    for (const Option& option : group.options) {
      out += Row(OptionName(option), OptionHelp(option));
    }
  }
  section("Help:");
  out += Row("-h, --help", "print this");
  if (command.name == "tocsin") {
    out += Row("--version", "print the version");
  }
  if (!command.examples.empty()) {
    section("Examples:");
    for (const Example& example : command.examples) {
      out += absl::StrFormat("  # %s\n  %s\n", example.what, example.command);
    }
  }
  if (!command.commands.empty()) {
    out += absl::StrFormat("\n`%s COMMAND --help` tells more of a command.\n",
                           path);
  }
  return out;
}

}  // namespace tocsin
