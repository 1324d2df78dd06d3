// A development CA with a server's and a client's certificate.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tocsin {

struct MakeCertsOptions {
  std::string folder;                     // Made when it is not there.
  std::vector<std::string> server_names;  // DNS names and IP addresses.
  std::string client_name = "kube-apiserver";
  int days = 365;
};

// Writes ca.crt, ca.key, server.crt, server.key, client.crt, client.key (keys
// 0600, ECDSA P-256). AlreadyExists when one of them is there: nothing is
// written then.
absl::Status MakeCerts(const MakeCertsOptions& options);

}  // namespace tocsin
