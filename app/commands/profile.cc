#include "app/profile/profile.h"

#include <unistd.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/rule_loader.h"
#include "app/terminal.h"
#include "connectors/stdio/stdout_sink.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

struct ProfileCommandOptions {
  std::vector<std::string> rules;
  ProfileOptions profile;
  std::string format = "text";
  int top = 20;
};

int Fail(const absl::Status& status) {
  PrintError(Message(status));
  return kExitCouldNotRun;
}

int RunProfile(const ProfileCommandOptions& options) {
  const std::vector<std::string>& files = options.profile.files;
  if (std::find(files.begin(), files.end(), "-") != files.end()) {
    return Fail(absl::InvalidArgumentError(
        "profile reads its input more than once: name files, not stdin"));
  }
  const std::unique_ptr<LoadedRules> loaded =
      LoadRulesOrTell(options.rules, UseColour(ColourMode::kAuto, 2));
  if (loaded == nullptr) return kExitCouldNotRun;
  if (loaded->rules->rules.empty()) {
    return Fail(absl::InvalidArgumentError(kNoRuleEnabled));
  }
  const absl::StatusOr<Profile> profile =
      MeasureProfile(*loaded, options.profile);
  if (!profile.ok()) return Fail(profile.status());
  const auto top = static_cast<std::size_t>(options.top);
  const absl::Status written =
      WriteAll(STDOUT_FILENO,
               options.format == "json" ? PrintProfileJson(*profile, top)
                                        : PrintProfile(*profile, top),
               "stdout");
  if (!written.ok() && !absl::IsCancelled(written)) return Fail(written);
  return kExitOk;
}

}  // namespace

Command MakeProfileCommand(CommandTable* table) {
  auto* const options = MakeOptions<ProfileCommandOptions>(table);
  Command command;
  command.name = "profile";
  command.summary = "measure what each rule costs on real events";
  command.about =
      "Runs finished files through the rules and prints, the dearest rule "
      "first, what its tests take per event, how many events the index left "
      "to it, how many passed, the alerts and the keys it keeps; its tests "
      "with how often each was evaluated and passed; and what would be "
      "faster. Everything is measured on these events, also the advice: each "
      "proposal is compiled and run, and is printed only with the ratio that "
      "it gained.\n\n"
      "Counts are of all the input; times are of its first 16 MiB, one "
      "thread, the least of several runs. What several rules share is shared "
      "out among them.";
  command.arguments = {{"FILE", "files of events, as for replay",
                        &options->profile.files, 1, true}};
  command.groups = {{"Rules", {RulesOption(&options->rules)}},
                    {"Output",
                     {FormatOption(&options->format),
                      {.name = "top",
                       .value = "N",
                       .help = "print the N dearest rules",
                       .target = IntTarget{&options->top, 1, 100'000},
                       .shown_default = "20"}}}};
  command.examples = {{"which rule costs most, and what would be faster?",
                       "tocsin profile --rules rules/ audit.log"}};
  command.run = [options] { return RunProfile(*options); };
  return command;
}

}  // namespace tocsin
