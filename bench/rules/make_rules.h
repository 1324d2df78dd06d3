// Rule text as detection rules for audit logs look: four or five tests each, on
// verb, resource, namespace, user, outcome, name, URI, agent and sometimes a
// body; nearly all select a small part of the events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tocsin::bench {

std::string MakeRules(std::size_t count, std::uint64_t seed);

}  // namespace tocsin::bench
