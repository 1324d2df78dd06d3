#include <cstdio>

#include "absl/strings/str_format.h"
#include "app/commands/commands.h"
#include "app/exit_code.h"
#include "app/terminal.h"
#include "app/yaml.h"

namespace tocsin {
namespace {

struct KubeconfigOptions {
  std::string server, ca, token_file, client_cert, client_key;
};

// What stands in front of the kubeconfig, so that the whole output is the file.
constexpr char kIntroduction[] =
    R"(# How a kube-apiserver finds tocsin. Save as
# /etc/kubernetes/audit-webhook.yaml (mode 0600) on each control plane node,
# mount it and the files that it names into the apiserver's pod, and add to the
# apiserver's flags, beside the --audit-policy-file that it has:
#
#   --audit-webhook-config-file=/etc/kubernetes/audit-webhook.yaml
#   --audit-webhook-mode=batch
#   --audit-webhook-batch-max-wait=5s
#
# batch (the default): requests never wait for tocsin. 5s: how long an event may
# wait in the apiserver (default 30s). One apiserver sends at most 400 events in
# a batch and 10 batches a second; --audit-webhook-batch-throttle-qps and
# --audit-webhook-batch-max-size change that. Bodies above `limits.body` are
# refused with 413: --audit-webhook-truncate-enabled cuts them at 10 MB.
# apiserver_audit_error_total{plugin="webhook"} counts what could not be
# delivered after five attempts (about 80 s).
#
# Every apiserver sends its own events: give each of them this file. A source
# (and a path) of its own for each tells them apart.
)";

constexpr char kCertificates[] =
    R"(#
# Certificates: the server's must be for the host of `server` and from the CA
# of certificate-authority; the client's, if tocsin has client_ca_file, from
# that CA, for client authentication, with a name of client_allowed_sans.
# `tocsin certs` makes all of them for development.
)";

constexpr char kPlain[] =
    "#\n# http: anyone on the way reads and forges events. Loopback only.\n";

std::string Kubeconfig(const KubeconfigOptions& options) {
  const bool tls = options.server.starts_with("https://");
  std::string out = kIntroduction;
  out += tls ? kCertificates : kPlain;
  out += absl::StrFormat(
      "apiVersion: v1\nkind: Config\nclusters:\n  - name: tocsin\n"
      "    cluster:\n      server: %s\n",
      YamlScalar(options.server));
  const auto add = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    out += absl::StrFormat("      %s: %s\n", key, YamlScalar(value));
  };
  add("certificate-authority", options.ca);
  out += "users:\n  - name: kube-apiserver\n";
  const bool shows =
      !options.token_file.empty() || !options.client_cert.empty();
  out += shows ? "    user:\n" : "    user: {}\n";
  add("client-certificate", options.client_cert);
  add("client-key", options.client_key);
  add("tokenFile", options.token_file);
  return out +
         "contexts:\n  - name: tocsin\n    context:\n      cluster: tocsin\n"
         "      user: kube-apiserver\ncurrent-context: tocsin\n";
}

std::string Fault(const KubeconfigOptions& options) {
  const bool tls = options.server.starts_with("https://");
  if (!tls && !options.server.starts_with("http://")) {
    return absl::StrFormat(
        "--server: `%s` does not begin with https:// or http://",
        options.server);
  }
  if (options.client_cert.empty() != options.client_key.empty()) {
    return "--client-cert and --client-key belong together";
  }
  if (!tls && (!options.ca.empty() || !options.client_cert.empty())) {
    return "--ca and --client-cert need a server with https://";
  }
  return {};
}

Command MakeKubeconfig(CommandTable* table) {
  auto* const options = MakeOptions<KubeconfigOptions>(table);
  const auto file = [](const char* name, const char* help,
                       std::string* target) {
    return Option{
        .name = name, .value = "FILE", .help = help, .target = target};
  };
  Command command;
  command.name = "kubeconfig";
  command.summary = "print what a kube-apiserver is told to find the webhook";
  command.about =
      "Prints the file for --audit-webhook-config-file, with the flags of the "
      "apiserver and what its certificates must be as comments. Paths are "
      "those on the control plane node.";
  command.groups = {
      {"SERVER",
       {{.name = "server",
         .value = "URL",
         .help = "where tocsin listens, with the path of the source",
         .target = &options->server,
         .required = true},
        file("ca", "the CA of the server's certificate", &options->ca)}},
      {"CLIENT",
       {file("client-cert", "the apiserver's certificate",
             &options->client_cert),
        file("client-key", "its key", &options->client_key),
        file("token-file", "a file with a bearer token",
             &options->token_file)}}};
  command.examples = {
      {"with a client certificate",
       "tocsin webhook kubeconfig --server https://10.0.0.7:8443/audit --ca "
       "/etc/kubernetes/tocsin/ca.crt --client-cert "
       "/etc/kubernetes/tocsin/client.crt --client-key "
       "/etc/kubernetes/tocsin/client.key > audit-webhook.yaml"}};
  command.run = [options] {
    const std::string fault = Fault(*options);
    if (!fault.empty()) {
      PrintError(fault);
      return static_cast<int>(kExitCouldNotRun);
    }
    std::fputs(Kubeconfig(*options).c_str(), stdout);
    return static_cast<int>(kExitOk);
  };
  return command;
}

}  // namespace

Command MakeWebhookCommand(CommandTable* table) {
  Command command;
  command.name = "webhook";
  command.summary = "connect a kube-apiserver to a webhook source";
  command.commands = {MakeKubeconfig(table)};
  command.examples = {
      {"what the apiserver needs",
       "tocsin webhook kubeconfig --server https://10.0.0.7:8443/audit --ca "
       "ca.crt"}};
  return command;
}

}  // namespace tocsin
