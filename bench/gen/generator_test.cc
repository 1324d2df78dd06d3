#include "bench/gen/generator.h"

#include <map>
#include <string>

#include "engine/base/hash.h"
#include "engine/event/extract.h"
#include "gtest/gtest.h"

namespace tocsin::bench {
namespace {

std::string Lines(Shape shape, std::uint64_t seed, std::size_t bytes) {
  AuditGenerator generator(shape, seed);
  std::string log;
  while (log.size() < bytes) generator.AppendLine(&log);
  return log;
}

// A figure is comparable only while the data stays what it was. A change that
// is meant changes these, and with them the meaning of every older figure.
TEST(AuditGeneratorTest, GivesTheSameBytesEverywhere) {
  const std::pair<Shape, const char*> kPinned[] = {
      {Shape::kRealistic, "9d30abc8931dc330284631bde1d42c49"},
      {Shape::kMetadata, "72d0f2482726b954772612dd504fb764"},
      {Shape::kBodies, "6b130e6f6602245ed9fa70f32febe56c"},
      {Shape::kShuffled, "87426486a55d8a095df0c73b138dc7e0"},
      {Shape::kHostile, "5a75ed6c99a681a291c0f4094fb142b4"},
  };
  for (const auto& [shape, hash] : kPinned) {
    EXPECT_EQ(ToHex(HashWide(Lines(shape, 1, 1'000'000))), hash)
        << static_cast<int>(shape);
  }
  EXPECT_NE(Lines(Shape::kRealistic, 1, 1'000),
            Lines(Shape::kRealistic, 2, 1'000));
}

TEST(AuditGeneratorTest, KeepsTheSharesOfRealLogs) {
  const std::string log = Lines(Shape::kRealistic, 7, 20'000'000);
  const Projection projection({{{"level"}, kWantScalar},
                               {{"user", "username"}, kWantScalar},
                               {{"requestURI"}, kWantScalar},
                               {{"stageTimestamp"}, kWantScalar}},
                              {});
  SymbolTables symbols(projection);
  EventBatch batch;
  batch.Reserve(log.size());
  std::copy(log.begin(), log.end(), batch.bytes.begin());
  batch.input_size = log.size();
  MakeSimdjsonExtractor()->Extract(projection, &symbols, &batch);
  std::map<std::string, double> share;
  const double events = static_cast<double>(batch.rows.size());
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    ASSERT_EQ(batch.rows[row].fate, Fate::kEvent);
    if ((batch.At(2, row).flags & kEscaped) != 0)
      share["escaped"] += 1 / events;
    if (batch.Text(batch.MutableAt(0, row)) == "RequestResponse") {
      share["bodies"] += 1 / events;
      share["body bytes"] += batch.rows[row].size / double(log.size());
    }
    const std::string_view user = batch.Text(batch.MutableAt(1, row));
    share[user.substr(0, 12) == "system:node:"     ? "nodes"
          : user.substr(0, 14) == "system:service" ? "accounts"
          : user.substr(0, 7) == "system:"         ? "components"
                                                   : "people"] += 1 / events;
  }
  EXPECT_NEAR(log.size() / events, 1'750, 100);
  EXPECT_NEAR(share["escaped"], 0.26, 0.03);
  EXPECT_NEAR(share["bodies"], 0.046, 0.005);
  EXPECT_NEAR(share["body bytes"], 0.37, 0.05);
  EXPECT_NEAR(share["nodes"], 0.33, 0.02);
  EXPECT_NEAR(share["accounts"], 0.39, 0.02);
  EXPECT_NEAR(share["components"], 0.25, 0.02);
  EXPECT_NEAR(share["people"], 0.03, 0.01);
}

}  // namespace
}  // namespace tocsin::bench
