// What is installed beside the binary: man pages and shell completions.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "app/help.h"

namespace tocsin {
namespace {

std::string Troff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out.push_back(c);
    }
  }
  // A line that begins with a dot or a quote would be a request.
  if (!out.empty() && (out[0] == '.' || out[0] == '\'')) out.insert(0, "\\&");
  return out;
}

std::string TroffOption(const Option& option) {
  std::string out = ".TP\n.B ";
  if (option.letter != 0) out += absl::StrFormat("\\-%c, ", option.letter);
  out += Troff("--" + option.name);
  if (!option.value.empty()) {
    std::string value = option.value;
    if (!option.choices.empty()) {
      value.clear();
      for (const std::string& choice : option.choices) {
        value += (value.empty() ? "" : "|") + choice;
      }
    }
    out += absl::StrFormat(" \\fI%s\\fR", Troff(value));
  }
  out += "\n" + Troff(option.help);
  if (!option.shown_default.empty()) {
    out += absl::StrFormat(" (default %s)", Troff(option.shown_default));
  }
  return out + "\n";
}

// Calls `visit` for every command that is shown, with its words.
template <typename Visit>
void ForEach(const Command& command, const std::string& path,
             const Visit& visit) {
  visit(command, path);
  for (const Command& below : command.commands) {
    if (!below.hidden) ForEach(below, path + " " + below.name, visit);
  }
}

std::string WordsBehind(const Command& command) {
  std::string words;
  const auto add = [&](const std::string& word) {
    words += (words.empty() ? "" : " ") + word;
  };
  for (const Command& below : command.commands) {
    if (!below.hidden) add(below.name);
  }
  for (const OptionGroup& group : command.groups) {
    for (const Option& option : group.options) add("--" + option.name);
  }
  add("--help");
  return words;
}

// `a [b]` as zsh wants it inside single quotes.
std::string ZshText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':') {
      out += std::string("\\") + c;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string ZshOption(const Option& option) {
  const bool repeats =
      std::holds_alternative<std::vector<std::string>*>(option.target);
  std::string out = absl::StrFormat("    '%s--%s[%s]", repeats ? "*" : "",
                                    option.name, ZshText(option.help));
  if (!option.choices.empty()) {
    out += absl::StrFormat(":%s:(", ZshText(option.value));
    for (const std::string& choice : option.choices) out += choice + " ";
    out.back() = ')';
  } else if (!option.value.empty()) {
    const bool path = option.value == "FILE" || option.value == "PATH";
    out +=
        absl::StrFormat(":%s:%s", ZshText(option.value), path ? "_files" : " ");
  }
  return out + "' \\\n";
}

std::string FunctionName(std::string path) {
  std::replace(path.begin(), path.end(), ' ', '_');
  return "_" + path;
}

std::string ZshFunction(const Command& command, const std::string& path) {
  std::string out = absl::StrFormat("%s() {\n", FunctionName(path));
  if (!command.commands.empty()) {
    out += "  local -a commands\n  commands=(\n";
    for (const Command& below : command.commands) {
      if (below.hidden) continue;
      out +=
          absl::StrFormat("    '%s:%s'\n", below.name, ZshText(below.summary));
    }
    out +=
        "  )\n  if (( CURRENT == 2 )); then\n"
        "    _describe command commands\n    return\n  fi\n"
        "  local name=$words[2]\n  shift words\n  (( CURRENT-- ))\n"
        "  case $name in\n";
    for (const Command& below : command.commands) {
      if (below.hidden) continue;
      out += absl::StrFormat("    %s) %s ;;\n", below.name,
                             FunctionName(path + " " + below.name));
    }
    return out + "  esac\n}\n\n";
  }
  out += "  _arguments -s \\\n";
  for (const OptionGroup& group : command.groups) {
    for (const Option& option : group.options) out += ZshOption(option);
  }
  out += "    '--help[print help]' \\\n    '*:file:_files'\n}\n\n";
  return out;
}

}  // namespace

std::string ManPageName(std::string_view path) {
  std::string name(path);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name + ".1";
}

std::string ManPage(const Command& root, const Command& command,
                    std::string_view path) {
  std::string title = ManPageName(path);
  title.resize(title.size() - 2);
  std::string out =
      absl::StrFormat(".TH \"%s\" 1 \"\" \"tocsin\" \"\"\n", Troff(title));
  out += absl::StrFormat(".SH NAME\n%s \\- %s\n", Troff(title),
                         Troff(command.summary));
  out +=
      absl::StrFormat(".SH SYNOPSIS\n.B %s\n", Troff(UsageLine(command, path)));
  out += absl::StrFormat(
      ".SH DESCRIPTION\n%s\n",
      Troff(command.about.empty() ? command.summary : command.about));
  if (!command.commands.empty()) {
    out += ".SH COMMANDS\n";
    for (const Command& below : command.commands) {
      if (below.hidden) continue;
      out += absl::StrFormat(".TP\n.B %s\n%s\n", Troff(below.name),
                             Troff(below.summary));
    }
  }
  for (const Argument& argument : command.arguments) {
    if (&argument == &command.arguments.front()) out += ".SH ARGUMENTS\n";
    out += absl::StrFormat(".TP\n.I %s\n%s\n", Troff(argument.name),
                           Troff(argument.help));
  }
  for (const OptionGroup& group : command.groups) {
    out += absl::StrFormat(".SH %s\n", Troff(group.title));
    for (const Option& option : group.options) out += TroffOption(option);
  }
  if (!command.examples.empty()) {
    out += ".SH EXAMPLES\n";
    for (const Example& example : command.examples) {
      out += absl::StrFormat(".PP\n%s:\n.PP\n.nf\n.RS\n%s\n.RE\n.fi\n",
                             Troff(example.what), Troff(example.command));
    }
  }
  out +=
      ".SH EXIT STATUS\n0 done or clean, 1 findings of severity error, 2 "
      "could not run.\n.SH SEE ALSO\n";
  std::string see;
  ForEach(root, root.name, [&](const Command&, const std::string& other) {
    if (other == path) return;
    std::string name = ManPageName(other);
    name.resize(name.size() - 2);
    see +=
        absl::StrFormat("%s.BR %s (1)", see.empty() ? "" : ",\n", Troff(name));
  });
  return out + see + "\n";
}

std::string BashCompletion(const Command& root) {
  std::string out =
      "# bash completion for tocsin\n"
      "_tocsin() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS["
      "COMP_CWORD-1]}\n"
      "  local path=tocsin word words=\n"
      "  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$path $word\" in\n";
  std::string choices, words;
  ForEach(
      root, root.name, [&](const Command& command, const std::string& path) {
        if (path != root.name) {
          out += absl::StrFormat("      \"%s\") path=\"%s\" ;;\n", path, path);
        }
        words += absl::StrFormat("    \"%s\") words=\"%s\" ;;\n", path,
                                 WordsBehind(command));
        for (const OptionGroup& group : command.groups) {
          for (const Option& option : group.options) {
            if (option.choices.empty()) continue;
            std::string list;
            for (const std::string& choice : option.choices) {
              list += (list.empty() ? "" : " ") + choice;
            }
            choices += absl::StrFormat("    \"%s --%s\") words=\"%s\" ;;\n",
                                       path, option.name, list);
          }
        }
      });
  out += "    esac\n  done\n  case \"$path $previous\" in\n" + choices;
  out +=
      "  esac\n"
      "  if [[ -n $words ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "    return\n  fi\n"
      "  case \"$path\" in\n" +
      words +
      "  esac\n"
      "  if [[ $current == -* || $path == tocsin || $path == \"tocsin "
      "config\" ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _tocsin tocsin\n";
  return out;
}

std::string ZshCompletion(const Command& root) {
  std::string out = "#compdef tocsin\n\n";
  ForEach(root, root.name,
          [&](const Command& command, const std::string& path) {
            out += ZshFunction(command, path);
          });
  return out + "_tocsin \"$@\"\n";
}

}  // namespace tocsin
