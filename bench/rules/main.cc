// tocsin_bench_rules [--bytes N] [--seed S] [--repetitions N] [--gate RATIO]
//
// The cost of matching 10, 100, 1,000 and 5,000 rules against every event of a
// generated audit log, beside deciding every rule's filter by itself. Decoding
// is not timed. One JSON object a line and figure; the quickest of the
// repetitions counts.
//
// No figure without agreement: both must find the same (event, rule) pairs on
// the events that are decided both ways.
// Exit status 0; 1 when they differ, or when 1,000 rules cost more than RATIO
// times what 10 cost; 2 on wrong arguments.
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/gen/generator.h"
#include "bench/rules/make_rules.h"
#include "dsl/check/check.h"
#include "dsl/compile/compile.h"
#include "dsl/parser/parse.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/match/evaluator.h"
#include "engine/match/match.h"

namespace tocsin::bench {
namespace {

// Decisions of single filters that one naive pass may take.
constexpr std::uint64_t kNaiveDecisions = 20'000'000;

struct Options {
  std::uint64_t bytes = 40'000'000;
  std::uint64_t seed = 1;
  std::uint64_t repetitions = 5;
  double gate = 0;
};

double Seconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::shared_ptr<const RuleSet> CompileRules(const std::string& text) {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  const dsl::FileId id = sources.Add(dsl::SourceFile("bench.rules", text));
  const std::vector<dsl::cst::File> files{dsl::Parse(sources, id, &sink)};
  dsl::CheckOptions options;
  options.lint = false;
  const dsl::CheckedRules checked = dsl::Check(files, sources, options, &sink);
  TOCSIN_CHECK(checked.ok);
  return dsl::Compile(checked);
}

// A log as batches of whole lines, decoded for one rule set.
std::vector<std::unique_ptr<EventBatch>> Decode(const RuleSet& rules,
                                                SymbolTables* symbols,
                                                std::string_view log) {
  const auto extractor = MakeSimdjsonExtractor();
  std::vector<std::unique_ptr<EventBatch>> batches;
  while (!log.empty()) {
    std::size_t size = std::min(limits::kChunkBytes, log.size());
    const std::size_t feed = log.rfind('\n', size - 1);
    if (feed != std::string_view::npos) size = feed + 1;
    auto batch = std::make_unique<EventBatch>();
    batch->Reserve(size);
    std::copy_n(log.data(), size, batch->bytes.begin());
    batch->input_size = size;
    extractor->Extract(rules.projection, symbols, batch.get());
    batches.push_back(std::move(batch));
    log.remove_prefix(size);
  }
  return batches;
}

using Pairs = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

struct Measured {
  double seconds = 0;
  std::uint64_t events = 0;
  Pairs pairs;  // (event, rule), in order.
};

Measured MatchAll(const RuleSet& rules, SymbolTables* symbols,
                  const std::vector<std::unique_ptr<EventBatch>>& batches,
                  std::uint64_t repetitions) {
  Matcher matcher(&rules, symbols, kReplayKeySeed);
  MatchResult result;
  Measured best;
  for (std::uint64_t pass = 0; pass <= repetitions; ++pass) {
    Measured now;
    for (const auto& batch : batches) {
      const double start = Seconds();
      matcher.Match(batch.get(), &result);
      now.seconds += Seconds() - start;
      for (const MatchedRow& row : result.rows) {
        now.pairs.emplace_back(now.events + result.events[row.event].row,
                               row.rule);
      }
      now.events += batch->rows.size();
    }
    if (pass == 0 || now.seconds < best.seconds) best = std::move(now);
  }
  return best;
}

Measured DecideAll(const RuleSet& rules,
                   const std::vector<std::unique_ptr<EventBatch>>& batches) {
  Evaluator evaluator(&rules);
  Measured all;
  const std::uint64_t most =
      std::max<std::uint64_t>(kNaiveDecisions / rules.rules.size(), 200);
  for (const auto& batch : batches) {
    if (all.events >= most) break;
    const double start = Seconds();
    for (std::size_t row = 0; row < batch->rows.size(); ++row) {
      evaluator.Begin(batch.get(), row);
      evaluator.SetTime(batch->rows[row].time_us);
      for (std::uint32_t rule = 0; rule < rules.rules.size(); ++rule) {
        if (evaluator.Test(rules.rules[rule].filter)) {
          all.pairs.emplace_back(all.events + row, rule);
        }
      }
    }
    all.seconds += Seconds() - start;
    all.events += batch->rows.size();
  }
  return all;
}

double NanosPerEvent(const Measured& measured) {
  return measured.seconds / static_cast<double>(measured.events) * 1e9;
}

// Whether both found the same in the events that `naive` saw.
bool Agree(const Measured& matched, const Measured& naive) {
  Pairs seen;
  for (const auto& pair : matched.pairs) {
    if (pair.first < naive.events) seen.push_back(pair);
  }
  return seen == naive.pairs;
}

int Run(const Options& options) {
  std::string log;
  AuditGenerator generator(Shape::kRealistic, options.seed);
  while (log.size() < options.bytes) generator.AppendLine(&log);
  double ten = 0, thousand = 0;
  for (const std::size_t count : {10u, 100u, 1'000u, 5'000u}) {
    const double start = Seconds();
    const auto rules = CompileRules(MakeRules(count, options.seed));
    const double compiled = Seconds() - start;
    SymbolTables symbols(rules->projection);
    const auto batches = Decode(*rules, &symbols, log);
    const Measured matched =
        MatchAll(*rules, &symbols, batches, options.repetitions);
    const Measured naive = DecideAll(*rules, batches);
    const bool agree = Agree(matched, naive);
    std::printf("{\"name\":\"rules/match\",\"rules\":%zu,\"events\":%" PRIu64
                ",\"matches\":%zu,\"ns_per_event\":%.1f,"
                "\"naive_ns_per_event\":%.1f,\"compile_s\":%.3f,"
                "\"nodes\":%zu,\"agree\":%s}\n",
                count, matched.events, matched.pairs.size(),
                NanosPerEvent(matched), NanosPerEvent(naive), compiled,
                rules->exprs.size(), agree ? "true" : "false");
    std::fflush(stdout);
    if (!agree) return 1;
    if (count == 10) ten = NanosPerEvent(matched);
    if (count == 1'000) thousand = NanosPerEvent(matched);
  }
  std::printf("{\"name\":\"rules/1000_to_10\",\"value\":%.2f}\n",
              thousand / ten);
  return options.gate > 0 && thousand > options.gate * ten ? 1 : 0;
}

bool Parse(int argc, char** argv, Options* options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    char* end = nullptr;
    const double value = std::strtod(argv[i + 1], &end);
    if (*end != '\0' || value < 0) return false;
    if (name == "--gate") {
      options->gate = value;
    } else if (name == "--bytes") {
      options->bytes = static_cast<std::uint64_t>(value);
    } else if (name == "--seed") {
      options->seed = static_cast<std::uint64_t>(value);
    } else if (name == "--repetitions") {
      options->repetitions = static_cast<std::uint64_t>(value);
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  tocsin::bench::Options options;
  if (!tocsin::bench::Parse(argc, argv, &options)) {
    std::fprintf(stderr,
                 "tocsin_bench_rules [--bytes N] [--seed S] [--repetitions N] "
                 "[--gate RATIO]\n");
    return 2;
  }
  return tocsin::bench::Run(options);
}
