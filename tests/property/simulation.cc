#include "tests/property/simulation.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "absl/strings/str_join.h"
#include "engine/durable/outbox.h"
#include "gtest/gtest.h"
#include "tests/testing/simulated_source.h"
#include "tests/unit/engine/pipeline/pipeline_run.h"

namespace tocsin::testing {
namespace {

constexpr std::uint64_t kWallMost = 1'600'000'000'000'000;

std::size_t LinesOf(const Streams& sources) {
  std::size_t lines = 0;
  for (const auto& streams : sources) {
    for (const std::string& text : streams) {
      lines += std::count(text.begin(), text.end(), '\n');
    }
  }
  return lines;
}

// A sink that knows ids, as an idempotent one does.
class Sink {
 public:
  // In the order in which they came.
  const std::vector<Alert>& alerts() const { return alerts_; }
  // Takes some; sometimes the note of it is lost.
  void Take(Outbox* outbox, std::size_t most, bool noted) {
    const auto next = outbox->Next(0, most);
    ASSERT_TRUE(next.ok()) << next.status();
    for (const OutboxAlert& one : *next) {
      std::string line;
      AppendJson(*one.alert, &line);
      const std::string name =
          absl::StrCat(one.alert->id, " ", static_cast<int>(one.alert->kind));
      const auto [found, fresh] = lines_.emplace(name, line);
      ASSERT_EQ(found->second, line) << "one id, two alerts";
      if (!fresh) continue;
      all_ += line;
      alerts_.push_back(*one.alert);
    }
    if (noted && !next->empty()) {
      ASSERT_TRUE(outbox->Done(0, next->back().number).ok());
    }
  }
  const std::string& all() const { return all_; }

 private:
  std::map<std::string, std::string> lines_;
  std::string all_;
  std::vector<Alert> alerts_;
};

// Tells every event, so that what is told says how the sources were merged.
constexpr char kEveryEvent[] =
    "rule every_event { where exists(at) then every show id }";

std::vector<SimulatedWorld::Given> MergeOf(const std::vector<Alert>& alerts,
                                           const Streams& sources) {
  std::map<std::string, SimulatedWorld::Given> by_id;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (std::uint32_t stream = 0; stream < sources[i].size(); ++stream) {
      for (const std::string& line : std::vector<std::string>(
               absl::StrSplit(absl::string_view(sources[i][stream]), '\n',
                              absl::SkipEmpty()))) {
        const std::size_t at = line.find("\"id\":\"") + 6;
        by_id[line.substr(at, line.find('"', at) - at)] = {
            absl::StrCat("s", i), stream, 0, line + "\n"};
      }
    }
  }
  std::vector<SimulatedWorld::Given> merge;
  for (const Alert& alert : alerts) {
    if (alert.rule != "every_event") continue;
    std::string json;
    AppendJson(alert, &json);
    const std::size_t at = json.find("\"show\":{\"id\":\"") + 14;
    merge.push_back(by_id[json.substr(at, json.find('"', at) - at)]);
  }
  return merge;
}

struct Life {
  std::vector<std::unique_ptr<SimulatedSource>> owned;
  std::vector<Source*> sources;
};

Life NewLife(const Streams& streams, SimulatedWorld* world) {
  Life life;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    life.owned.push_back(std::make_unique<SimulatedSource>(absl::StrCat("s", i),
                                                           streams[i], world));
    life.sources.push_back(life.owned.back().get());
  }
  return life;
}

PipelineOptions LiveOptions(const ManualClock* clock,
                            const Simulation& simulation) {
  PipelineOptions options = WithClosed();
  options.state_bytes = simulation.state_bytes;
  options.budget_events = simulation.budget_events;
  options.live = true;
  options.clock = clock;
  options.idle_us = INT64_MAX;
  return options;
}

// What one run without a crash tells of the same merge.
std::string Expected(std::shared_ptr<const RuleSet> rules,
                     const std::vector<SimulatedWorld::Given>& merge,
                     std::size_t sources, const PipelineOptions& options) {
  std::size_t next = 0;
  std::vector<std::unique_ptr<RecordedSource>> owned;
  std::vector<Source*> all;
  for (std::size_t i = 0; i < sources; ++i) {
    owned.push_back(
        std::make_unique<RecordedSource>(absl::StrCat("s", i), &merge, &next));
    all.push_back(owned.back().get());
  }
  return RunPipeline(std::move(rules), all, options).alerts;
}

// Which of several sources ends first is not in what they gave: what is told
// behind the last event has no order.
std::string InOrder(const std::string& alerts) {
  const std::size_t last = alerts.rfind("\"rule\":\"every_event\"");
  const std::size_t end = alerts.find('\n', last) + 1;
  std::vector<std::string> rest = absl::StrSplit(
      absl::string_view(alerts).substr(end), '\n', absl::SkipEmpty());
  std::sort(rest.begin(), rest.end());
  return absl::StrCat(alerts.substr(0, end), absl::StrJoin(rest, "\n"));
}

class World {
 public:
  explicit World(const Simulation& simulation)
      : simulation_(simulation),
        random_(simulation.seed),
        rules_(RulesOf(simulation.rules + kEveryEvent)),
        options_(LiveOptions(&clock_, simulation)) {
    world_.random = Random(random_.Next());
    world_.lines = LinesOf(simulation.streams);
    world_.most_at_once = Simulation::kMostOfChunk;
    options_.store = &store_;
    options_.checkpoint_chunks = 1 + random_.Below(8);
    options_.rows_per_step = 1 + random_.Below(4);
  }

  // True when everything was read and told.
  bool Live(bool last) {
    world_.reads_left =
        last || random_.Chance(10) ? -1 : static_cast<int>(random_.Below(120));
    world_.quiet_reads = 0;
    if (!last && random_.Chance(25)) {
      store_.FailNextSync(random_.Chance(50));
    }
    Outbox outbox(&store_, {"sink"});
    absl::Status status = outbox.Load();
    if (status.ok()) {
      options_.outbox = &outbox;
      SeededExecutor executor(1 + static_cast<int>(random_.Below(4)),
                              random_.Next());
      options_.executor = &executor;
      Life life = NewLife(simulation_.streams, &world_);
      status = RunPipeline(rules_, life.sources, options_).status;
    }
    // What was told stays told, whether or not it was noted.
    while (random_.Chance(60)) {
      sink_.Take(&outbox, 1 + random_.Below(20), random_.Chance(70));
    }
    if (!status.ok()) return false;
    sink_.Take(&outbox, 10'000, true);
    EXPECT_TRUE(outbox.empty(0));
    return true;
  }

  void Crash() {
    clock_.Advance(static_cast<std::int64_t>(random_.Below(3'000'000)));
    // The wall clock is anywhere, but behind the events: ahead of them it would
    // tell, while all sources are idle, that their time has passed.
    clock_.SetWall(static_cast<std::int64_t>(random_.Below(kWallMost)));
    store_.Crash(random_.Below(store_.unsynced() + 1));
  }

  void Judge() {
    ASSERT_EQ(world_.given.size(), world_.lines);
    const auto merge = MergeOf(sink_.alerts(), simulation_.streams);
    ASSERT_EQ(merge.size(), world_.lines) << "events were lost";
    const ManualClock clock;
    const std::string expected =
        Expected(rules_, merge, simulation_.streams.size(),
                 LiveOptions(&clock, simulation_));
    if (InOrder(sink_.all()) != InOrder(expected)) {
      const std::string base = ::testing::TempDir() + "simulation";
      std::ofstream(base + ".got") << sink_.all();
      std::ofstream(base + ".want") << expected;
      FAIL() << "compare " << base << ".got with " << base << ".want";
    }
  }

  void Count(SimulationEnd* end) const {
    for (const Alert& alert : sink_.alerts()) {
      end->alerts += alert.rule != "every_event";
      end->over_budget += alert.rule == "tocsin.state_budget";
    }
  }

 private:
  const Simulation& simulation_;
  Random random_;
  const std::shared_ptr<const RuleSet> rules_;
  MemoryStateStore store_;
  ManualClock clock_;
  SimulatedWorld world_;
  PipelineOptions options_;
  Sink sink_;
};

}  // namespace

Streams RandomStreams(const EventShape& shape, Random* random) {
  Streams sources(1 + random->Below(3));
  for (auto& streams : sources) streams.resize(1 + random->Below(3));
  std::int64_t ms = 1'700'000'000'000;
  const int events = shape.least + static_cast<int>(random->Below(shape.more));
  for (int i = 0; i < events; ++i) {
    ms += random->Between(0, shape.pause_ms);
    const std::int64_t at =
        ms - (random->Chance(20) ? random->Below(6'000) : 0);
    auto& streams = sources[random->Below(sources.size())];
    streams[random->Below(streams.size())] += absl::StrFormat(
        R"({"at":%d,"id":"e%d","who":"u%d","door":"d%d","ok":%s})"
        "\n",
        at, i, random->Below(shape.users), random->Below(shape.doors),
        random->Chance(30) ? "true" : "false");
  }
  return sources;
}

SimulationEnd Simulate(const Simulation& simulation) {
  SCOPED_TRACE(absl::StrFormat("TOCSIN_SEED=%d", simulation.seed));
  constexpr int kLastLife = 21;
  SimulationEnd end;
  World world(simulation);
  while (!world.Live(end.lives >= kLastLife)) {
    world.Crash();
    ++end.lives;
    if (end.lives > 1'000) {
      ADD_FAILURE() << "it never comes to an end";
      return end;
    }
  }
  world.Judge();
  world.Count(&end);
  return end;
}

}  // namespace tocsin::testing
