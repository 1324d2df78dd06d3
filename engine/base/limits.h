// Every limit of the product by name, with its reason. A limit that is hit is
// reported (a diagnostic for rule text, a counter for events), never silent;
// each has a test at the limit and one past it, where it is enforced.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::limits {

// ---- rule text ----
inline constexpr std::size_t kRuleFileBytes = 4u << 20;  // One .rules file.
inline constexpr int kNesting = 64;  // Parentheses, calls, blocks.
inline constexpr std::size_t kListItems =
    1'000'000;                                     // One list, inline or file.
inline constexpr std::size_t kRules = 20'000;      // One rule set.
inline constexpr std::size_t kRegexBytes = 4'096;  // One pattern's text.
inline constexpr std::int64_t kRegexMemory = 8 << 20;   // RE2's program budget.
inline constexpr std::uint64_t kThreshold = 1'000'000;  // N of count() >= N.
inline constexpr std::uint64_t kKeysDefault =
    1'000'000;  // keys <= N when unwritten.
inline constexpr std::uint64_t kKeys = 100'000'000;  // The largest N.
inline constexpr std::size_t kAggregates = 32;       // Joined in one `when`.
inline constexpr std::size_t kEvents = 32;           // Of one rule.
inline constexpr std::size_t kSteps = 16;         // Of a sequence, of `N of`.
inline constexpr std::int64_t kRun = 1'000;       // N of a step's xN.
inline constexpr std::int64_t kHops = 10'080;     // Of a window: 7d hopping 1m.
inline constexpr std::size_t kLevels = 16;        // Of `escalate`.
inline constexpr std::size_t kCollected = 1'000;  // collect E up to N.
inline constexpr std::size_t kCollectedDefault = 10;
inline constexpr std::size_t kExpandedNodes =
    100'000;                                // One rule, lets expanded.
inline constexpr int kExpandedDepth = 256;  // One expression, lets expanded.
inline constexpr std::size_t kErrorsShown = 200;  // Diagnostics of one file.
inline constexpr std::size_t kListFileBytes = 64u << 20;  // One list file.
inline constexpr std::uint64_t kTestEvents =
    100'000;  // Of one `send` of a test.
inline constexpr std::int64_t kTestMicros =
    3650LL * 86'400 * 1'000'000;  // How far a test's clock goes.

// ---- configuration ----
inline constexpr std::size_t kConfigBytes = 1u << 20;  // The YAML file.
inline constexpr std::size_t kConfigValues = 10'000;   // Aliases written out.
inline constexpr int kConfigDepth = 32;

// ---- events ----
inline constexpr std::size_t kLineBytes =
    16u << 20;  // One line; a longer one is dropped(too_long).
inline constexpr std::size_t kEnvelopeItems =
    65'536;  // Of one line's envelope; more is dropped(too_long).
inline constexpr int kJsonDepth = 128;  // Deeper is dropped(too_deep).
inline constexpr std::size_t kEachElements =
    32;  // by each E: more are counted.
inline constexpr std::size_t kKeyBytes =
    4'096;  // Canonical bytes of one key; longer ones are hashed in part.
inline constexpr std::size_t kValueBytes =
    1'024;  // One collected or shown text; cut at a character.
inline constexpr std::size_t kChunkBytes = 256u << 10;
inline constexpr std::size_t kSymbolsPerField = 65'536;

// ---- files that are followed ----
inline constexpr std::size_t kFollowedFiles =
    4'096;  // Open at once, of one source; more wait.
inline constexpr std::uint64_t kDeletedBytes =
    4ull << 30;  // Of deleted files that are kept open; past it, given up.

// ---- state ----
inline constexpr std::uint32_t kShards = 1'024;
inline constexpr std::uint64_t kWholeRuleKeys =
    100'000;  // keys <= this: one shard, exactly N.
inline constexpr std::size_t kSamples = 10;  // Events an alert carries.
inline constexpr std::size_t kSampleRing =
    1'024;  // Events a shard remembers for alerts.
inline constexpr std::size_t kDedupEntries =
    1u << 20;  // Identities a shard remembers; past it one is forgotten early.
inline constexpr std::uint64_t kStateBytes =
    2ull << 30;  // The budget over all rules, unless state.memory says more.
inline constexpr std::uint64_t kBudgetEvents =
    131'072;  // Between two looks at it; more than the events of any chunk.
inline constexpr std::size_t kShedAtOnce =
    4'096;  // Keys that one shard lets go at a look, of a rule over budget.
inline constexpr std::int64_t kDedupMicros = 15LL * 60 * 1'000'000;
inline constexpr std::size_t kZoneEvents =
    4'096;  // Timestamps kept above the clock, per key.
inline constexpr std::size_t kOpenAbsences =
    1'000;  // A's of one key that wait for their B under `then every`.
inline constexpr std::size_t kPaneValues =
    65'536;  // Numbers of a median, values of a distinct, per pane.
inline constexpr std::size_t kRunTries =
    65'536;  // Combinations that a sequence's `where` is tried on, per event.

// ---- Kafka ----
inline constexpr std::size_t kKafkaQueueBytes =
    32u << 20;  // Messages that wait, over all partitions of a source.
inline constexpr std::size_t kKafkaFetchBytes =
    16u << 20;  // One answer of a broker; comes on top of the queue.
inline constexpr std::size_t kKafkaPlaceBytes =
    16u << 10;  // Key and headers of one message; what is past it is left out.
inline constexpr std::size_t kShownPlaceBytes =
    256;  // A key, or a topic's name, in an alert's sample of a message.
inline constexpr std::size_t kKafkaLagPartitions =
    256;  // Partitions with a lag of their own in the metrics.

// ---- what is durable ----
inline constexpr std::size_t kOutboxBytes =
    1u << 30;  // Alerts that wait for a sink; then reading waits, too.
inline constexpr std::size_t kOutboxMemoryBytes =
    16u << 20;  // The same without a data directory.
inline constexpr std::size_t kOutboxInMemory =
    4'096;  // Alerts held ready for the sinks; the rest is read when needed.
inline constexpr std::size_t kHistoryBytes =
    64u << 20;  // Alerts that were delivered; then the oldest go.
inline constexpr std::size_t kDeadLetterBytes =
    64u << 20;  // Lines that were no events; at twice that the oldest go.
inline constexpr std::size_t kUncommittedBytes =
    16u << 20;  // Alerts that are told and not durable yet.
inline constexpr std::size_t kStateValueBytes =
    128u << 10;  // One value of a checkpoint.
inline constexpr std::uint64_t kDiskReserveBytes =
    64u << 20;  // Of the disk of data_dir; twice that: the journal and history.
inline constexpr std::size_t kStateWriteBytes =
    1u << 20;  // Written ahead at once: alerts wait behind no more.
inline constexpr std::size_t kSavedAtOnce =
    1'000;  // Entries of a checkpoint between two chunks.
inline constexpr std::size_t kMergeLogged =
    4'096;  // Entries of the merge log in memory before they are written.

}  // namespace tocsin::limits
