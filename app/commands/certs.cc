#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/terminal.h"
#include "connectors/webhook/make_certs.h"
#include "engine/base/status.h"

namespace tocsin {
namespace {

constexpr int kDaysMost = 3'650;

struct CertsOptions {
  std::vector<std::string> folders;
  MakeCertsOptions make;
};

int Make(CertsOptions* options) {
  MakeCertsOptions& make = options->make;
  make.folder = options->folders.front();
  if (make.server_names.empty()) make.server_names = {"localhost", "127.0.0.1"};
  const absl::Status status = MakeCerts(make);
  if (!status.ok()) {
    PrintError(Message(status));
    return kExitCouldNotRun;
  }
  std::fputs(
      absl::StrFormat(
          "ca.crt, ca.key          the CA: keep the key away from the others\n"
          "server.crt, server.key  for `tls` of the webhook source\n"
          "client.crt, client.key  for the apiserver (its name: %s)\n"
          "For development: nothing renews or revokes them, and they end in %d "
          "days.\n",
          make.client_name, make.days)
          .c_str(),
      stdout);
  return kExitOk;
}

}  // namespace

Command MakeCertsCommand(CommandTable* table) {
  auto* const options = MakeOptions<CertsOptions>(table);
  Command command;
  command.name = "certs";
  command.summary = "make a development CA, a server and a client certificate";
  command.about =
      "Writes ca, server and client, each .crt and .key (ECDSA P-256), into a "
      "folder. Refuses when one of them is there already. For development and "
      "tests; in production use the CA that you have.";
  command.arguments = {{"FOLDER", "where to write them", &options->folders}};
  command.groups = {
      {"CERTIFICATES",
       {{.name = "server-name",
         .value = "NAME",
         .help = "a DNS name or IP address of the server; may be repeated",
         .target = &options->make.server_names,
         .shown_default = "localhost and 127.0.0.1"},
        {.name = "client-name",
         .value = "NAME",
         .help = "what client_allowed_sans may name",
         .target = &options->make.client_name,
         .shown_default = "kube-apiserver"},
        {.name = "days",
         .value = "N",
         .help = "how long they are good",
         .target = IntTarget{&options->make.days, 1, kDaysMost},
         .shown_default = "365"}}}};
  command.examples = {
      {"for a receiver on this machine", "tocsin certs pki"},
      {"for one elsewhere",
       "tocsin certs --server-name tocsin.audit.svc --server-name 10.0.0.7 "
       "pki"}};
  command.run = [options] { return Make(options); };
  return command;
}

}  // namespace tocsin
