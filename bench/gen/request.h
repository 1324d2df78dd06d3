// One request to the apiserver, before it is written as an audit event.
// Internal to bench/gen.
#pragma once

#include <cstdint>
#include <string>

#include "bench/gen/random.h"

namespace tocsin::bench {

struct Request {
  std::string username, uid, groups, extra, address,
      agent;  // JSON where plural.
  std::string verb, uri;
  std::string resource, ns, name, group, version, subresource;
  std::string message;  // Of a refusal.
  int code = 200;
  std::int64_t latency_us = 0;
  bool watch = false;
  bool writes = false;
  std::string reason;  // Of the authorizer.
};

// A request by the mix of a usual cluster.
Request UsualRequest(Random* random);
// One of the steps of an attack.
Request SuspiciousRequest(Random* random);

// Requests and responses as objects of 1.7 to 26 kB.
std::string PodJson(const Request& request, Random* random, bool with_status);
std::string ObjectJson(const Request& request, Random* random, int size);

}  // namespace tocsin::bench
