// The only file that sees CLI11, and the one place where what it throws is
// caught. CLI11 splits words into options and arguments; messages and values
// are ours.
#include "app/cli.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <memory>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "app/exit_code.h"
#include "app/help.h"
#include "app/quantity.h"
#include "app/terminal.h"
#include "app/version.h"
#include "engine/base/strings.h"

namespace tocsin {
namespace {

// One command as CLI11 has it, and what it collected.
struct Parsed {
  const Command* command = nullptr;
  std::string path;
  CLI::App* app = nullptr;
  bool help = false;
  std::vector<
      std::pair<const Option*, std::unique_ptr<std::vector<std::string>>>>
      values;
  std::vector<std::unique_ptr<Parsed>> below;
};

void Complain(const std::string& message, const Parsed& at) {
  std::fputs(absl::StrFormat("tocsin: %s\nUsage: %s\n`%s --help` tells more.\n",
                             message, UsageLine(*at.command, at.path), at.path)
                 .c_str(),
             stderr);
}

void Declare(const Command& command, const std::string& path, CLI::App* app,
             Parsed* parsed) {
  parsed->command = &command;
  parsed->path = path;
  parsed->app = app;
  app->set_help_flag();
  app->add_flag("-h,--help", parsed->help);
  app->allow_extras();
  for (const OptionGroup& group : command.groups) {
    for (const Option& option : group.options) {
      std::string name = "--" + option.name;
      if (option.letter != 0) name += absl::StrFormat(",-%c", option.letter);
      if (bool* const* flag = std::get_if<bool*>(&option.target)) {
        app->add_flag(name, **flag);
        continue;
      }
      auto& [of, words] = parsed->values.emplace_back(
          &option, std::make_unique<std::vector<std::string>>());
      // One word each time it is written, so that files may follow.
      app->add_option(name, *words)
          ->type_size(1)
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  for (const Command& next : command.commands) {
    parsed->below.push_back(std::make_unique<Parsed>());
    Declare(next, path + " " + next.name, app->add_subcommand(next.name),
            parsed->below.back().get());
  }
}

std::string CheckChoice(const Option& option, const std::string& word) {
  if (option.choices.empty() ||
      std::find(option.choices.begin(), option.choices.end(), word) !=
          option.choices.end()) {
    return {};
  }
  std::string list;
  for (const std::string& choice : option.choices) {
    list += absl::StrFormat("%s%s", list.empty() ? "" : ", ", choice);
  }
  return absl::StrFormat("--%s: `%s` is not one of %s", option.name, word,
                         list);
}

// Puts the words of one option where they go; a message when they do not fit.
std::string Assign(const Option& option,
                   const std::vector<std::string>& words) {
  if (words.empty()) {
    return option.required ? absl::StrFormat("--%s %s is missing", option.name,
                                             option.value)
                           : "";
  }
  if (auto* const* many =
          std::get_if<std::vector<std::string>*>(&option.target)) {
    **many = words;
    return {};
  }
  if (words.size() > 1) {
    return absl::StrFormat("--%s is given %d times", option.name, words.size());
  }
  const std::string& word = words[0];
  if (auto* const* text = std::get_if<std::string*>(&option.target)) {
    **text = word;
    return CheckChoice(option, word);
  }
  if (const auto* duration = std::get_if<DurationTarget>(&option.target)) {
    const absl::StatusOr<std::int64_t> us = ParseDuration(word);
    if (!us.ok()) {
      return absl::StrFormat("--%s: %s", option.name, us.status().message());
    }
    *duration->us = *us;
    return {};
  }
  const auto& number = std::get<IntTarget>(option.target);
  int value = 0;
  const auto [stopped, bad] =
      std::from_chars(word.data(), word.data() + word.size(), value);
  if (bad != std::errc() || stopped != word.data() + word.size() ||
      value < number.least || value > number.most) {
    return absl::StrFormat("--%s: `%s` is not a number from %d to %d",
                           option.name, word, number.least, number.most);
  }
  *number.value = value;
  return {};
}

std::string UnknownOption(const Command& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> known{"--help"};
  for (const OptionGroup& group : command.groups) {
    for (const Option& option : group.options) {
      known.push_back("--" + option.name);
    }
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string_view near = Nearest(name, views);
  if (near.empty()) return absl::StrFormat("unknown option %s", name);
  return absl::StrFormat("unknown option %s; did you mean %s?", name, near);
}

std::string UnknownCommand(const Command& command, const std::string& word) {
  std::vector<std::string_view> names;
  for (const Command& below : command.commands) {
    if (!below.hidden) names.push_back(below.name);
  }
  const std::string_view near = Nearest(word, names);
  if (near.empty()) return absl::StrFormat("unknown command `%s`", word);
  return absl::StrFormat("unknown command `%s`; did you mean `%s`?", word,
                         near);
}

// What CLI11 left over: arguments of ours, unknown options.
std::string TakeArguments(const Parsed& parsed,
                          const std::vector<std::string>& behind_dashes) {
  const Command& command = *parsed.command;
  std::vector<std::string> words;
  for (const std::string& word : parsed.app->remaining()) {
    if (word.size() > 1 && word[0] == '-') return UnknownOption(command, word);
    words.push_back(word);
  }
  words.insert(words.end(), behind_dashes.begin(), behind_dashes.end());
  if (!command.commands.empty()) {
    return words.empty() ? "" : UnknownCommand(command, words[0]);
  }
  std::size_t at = 0;
  for (const Argument& argument : command.arguments) {
    const std::size_t take = argument.repeats
                                 ? words.size() - at
                                 : std::min<std::size_t>(1, words.size() - at);
    argument.values->assign(words.begin() + at, words.begin() + at + take);
    at += take;
    if (take < argument.least) {
      return absl::StrFormat("%s is missing: %s", argument.name, argument.help);
    }
  }
  if (at < words.size()) {
    return absl::StrFormat("`%s` is one word too many", words[at]);
  }
  return {};
}

int Run(const Parsed& parsed, const std::vector<std::string>& behind_dashes) {
  for (const auto& below : parsed.below) {
    if (below->app->parsed()) return Run(*below, behind_dashes);
  }
  const Command& command = *parsed.command;
  if (parsed.help) {
    const bool colour = UseColour(ColourMode::kAuto, 1);
    std::fputs(HelpText(command, parsed.path, colour).c_str(), stdout);
    return kExitOk;
  }
  std::string wrong = TakeArguments(parsed, behind_dashes);
  for (const auto& [option, words] : parsed.values) {
    if (wrong.empty()) wrong = Assign(*option, *words);
  }
  if (!wrong.empty()) {
    Complain(wrong, parsed);
    return kExitCouldNotRun;
  }
  if (command.run) return command.run();
  std::fputs(
      HelpText(command, parsed.path, UseColour(ColourMode::kAuto, 2)).c_str(),
      stderr);
  return kExitCouldNotRun;
}

}  // namespace

int RunCommandLine(const CommandTable& table, int argc,
                   const char* const* argv) {
  // What stands behind `--` is no option, whatever it looks like.
  std::vector<std::string> behind_dashes;
  int end = 1;
  while (end < argc && std::string_view(argv[end]) != "--") ++end;
  if (end < argc) behind_dashes.assign(argv + end + 1, argv + argc);
  CLI::App app;
  Parsed parsed;
  bool version = false;
  try {
    Declare(table.root, table.root.name, &app, &parsed);
    app.add_flag("--version", version);
    app.parse(std::min(end, argc), argv);
  } catch (const CLI::ParseError& error) {
    const Parsed* at = &parsed;
    for (const auto& below : parsed.below) {
      if (below->app->parsed()) at = below.get();
    }
    Complain(error.what(), *at);
    return kExitCouldNotRun;
  }
  if (version) {
    std::fputs(VersionLine().c_str(), stdout);
    return kExitOk;
  }
  return Run(parsed, behind_dashes);
}

}  // namespace tocsin
