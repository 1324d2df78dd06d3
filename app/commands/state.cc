#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/data_dir.h"
#include "app/exit_code.h"
#include "app/state_report.h"
#include "app/terminal.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

struct StateOptions {
  std::vector<std::string> dirs;
  std::string format = "text";
};

int Failed(const absl::Status& status) {
  PrintError(Message(status));
  return absl::IsDataLoss(status) ? kExitFindings : kExitCouldNotRun;
}

// As it was when it was opened, also while a service has it.
absl::StatusOr<std::unique_ptr<RocksStateStore>> OpenToRead(
    const std::string& dir) {
  RocksOptions options = StoreOptions(dir);
  options.read_only = true;
  return RocksStateStore::Open(options);
}

int Inspect(const StateOptions& options) {
  const auto store = OpenToRead(options.dirs.front());
  if (!store.ok()) return Failed(store.status());
  const absl::StatusOr<StateReport> report = ReportState(store->get());
  if (!report.ok()) return Failed(report.status());
  const std::string text = options.format == "json" ? StateReportJson(*report)
                                                    : StateReportText(*report);
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

int Export(const StateOptions& options) {
  const auto store = OpenToRead(options.dirs.front());
  if (!store.ok()) return Failed(store.status());
  const absl::Status status =
      ExportState(store->get(), [](std::string_view line) {
        std::fwrite(line.data(), 1, line.size(), stdout);
      });
  return status.ok() ? kExitOk : Failed(status);
}

int Verify(const StateOptions& options) {
  const std::string& dir = options.dirs.front();
  const auto store = OpenToRead(dir);
  if (!store.ok()) return Failed(store.status());
  absl::Status status = (*store)->Verify();
  if (status.ok()) status = ReportState(store->get()).status();
  if (!status.ok()) return Failed(status);
  std::fputs(absl::StrFormat("%s: sound\n", dir).c_str(), stdout);
  return kExitOk;
}

int Compact(const StateOptions& options) {
  const auto dir = DataDir::Open(options.dirs.front());
  if (!dir.ok()) return Failed(dir.status());
  const std::uint64_t before = (*dir)->store()->BytesOnDisk();
  const absl::Status status = (*dir)->store()->Compact();
  if (!status.ok()) return Failed(status);
  std::fputs(
      absl::StrFormat("%s: %d bytes in tables, %d before\n", (*dir)->path(),
                      (*dir)->store()->BytesOnDisk(), before)
          .c_str(),
      stdout);
  return kExitOk;
}

Command Make(std::string name, std::string summary, std::string about,
             StateOptions* options, int (*run)(const StateOptions&)) {
  Command command;
  command.name = std::move(name);
  command.summary = std::move(summary);
  command.about = std::move(about);
  command.arguments = {{"DIR", "a data directory (data_dir)", &options->dirs}};
  command.run = [options, run] { return run(*options); };
  return command;
}

}  // namespace

Command MakeStateCommand(CommandTable* table) {
  auto* const options = MakeOptions<StateOptions>(table);
  Command command;
  command.name = "state";
  command.summary = "look at what a data directory keeps";
  command.about =
      "Looks at the data directory of a service, which may be running: what is "
      "seen is what stood there at the start of the command.";
  Command inspect = Make(
      "inspect", "say what is kept",
      "Prints the checkpoint and which rule has how much of it, what stands "
      "behind it, the alerts on their way and where each source stands. Exits "
      "0, 1 when it is damaged, 2 when it could not be read.",
      options, Inspect);
  inspect.groups = {{"Output", {FormatOption(&options->format)}}};
  inspect.examples = {
      {"what would a restart go on with?",
       "tocsin state inspect /var/lib/tocsin"},
      {"which rule has most keys?",
       "tocsin state inspect --format json /var/lib/tocsin | jq "
       "-r '.by_rule | max_by(.keys).rule'"}};
  Command exports = Make(
      "export", "write all of it as JSON",
      "Writes one JSON object a line: the checkpoint, positions, the merge "
      "log, and every alert that is on its way. Exits 0, 1 when it is "
      "damaged, 2 when it could not be read.",
      options, Export);
  exports.examples = {{"the alerts that no sink has had",
                       "tocsin state export /var/lib/tocsin | jq "
                       "'select(.alert) | .alert'"}};
  Command verify = Make(
      "verify", "say whether it is sound",
      "Reads every block and checks every sum. Exits 0 when it is sound, 1 "
      "with the first place that is not, 2 when it could not be read.",
      options, Verify);
  verify.examples = {
      {"after a disk was in doubt", "tocsin state verify /var/lib/tocsin"}};
  Command compact =
      Make("compact", "give back the room of what is deleted",
           "Writes the tables anew without what was deleted. The service must "
           "not run. Exits 0, or 2 when it could not be done.",
           options, Compact);
  compact.examples = {
      {"after a flood of keys", "tocsin state compact /var/lib/tocsin"}};
  command.commands = {std::move(inspect), std::move(exports), std::move(verify),
                      std::move(compact)};
  return command;
}

}  // namespace tocsin
