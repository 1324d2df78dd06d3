// Places at which a test makes the process die as if by kill -9: before and
// behind what makes something durable. TOCSIN_CRASH_AT=name:n dies when the
// place of that name is reached for the n-th time; unset, a place costs a load.
#pragma once

#include <string_view>

namespace tocsin {

// Every name, for the tests that die at each of them. Webhooks alone reach
// journal and answer, Kafka alone offsets.
inline constexpr std::string_view kCrashPoints[] = {
    "commit.begin",     "commit.synced",    "commit.published",
    "checkpoint.ahead", "checkpoint.begin", "checkpoint.valid",
    "deliver.begin",    "deliver.sent",     "deliver.noted",
    "journal.made",     "journal.written",  "journal.synced",
    "journal.freed",    "answer.begin",     "answer.sent",
    "offsets.begin",    "offsets.sent",     "offsets.committed",
};

// Thread-safe.
void CrashPoint(std::string_view name);

}  // namespace tocsin
