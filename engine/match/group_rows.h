// What the windows need of one match: the groups that the event enters, and
// the values that it leaves in them. Layout: match.h.
//
// An event is told to a rule feed by feed, and then closed for it: one row a
// key, whatever the number of feeds that gave it.
// Confined to one worker; keeps its memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/match/evaluator.h"
#include "engine/match/match.h"

namespace tocsin {

// The hash that a key of a rule goes by; MatchedRow::key_hash. `key`: its sized
// canonical parts.
std::uint64_t KeyHash(const Hash128& rule_uid, std::string_view key,
                      std::uint64_t key_seed);

class GroupRows {
 public:
  explicit GroupRows(std::uint64_t key_seed) : key_seed_(key_seed) {}
  // In the order of the rule set.
  void AddRule(const Hash128& uid);

  // Appends one row per group that the evaluator's row enters by `feed`.
  void Append(const FeedProgram& feed, std::uint32_t event,
              Evaluator* evaluator, RuleCounts* counts, MatchResult* result);
  // The rows from `first_row` on are all of one rule and one event of `schema`:
  // gives them their values.
  void Close(const RuleProgram& rule, std::uint16_t schema,
             std::size_t first_row, Evaluator* evaluator, MatchResult* result);

 private:
  // Encodings in `bytes_`, several per part with `each`.
  struct Piece {
    std::size_t offset = 0, size = 0;
  };
  struct Part {
    std::size_t first = 0, count = 0;  // Of pieces_.
  };

  std::string_view Text(const Piece& piece) const {
    return std::string_view(bytes_).substr(piece.offset, piece.size);
  }
  // Where a value is read from, and of which events of the rule.
  struct Reading {
    std::uint64_t mask = 0;
    std::uint16_t schema = 0;
    bool Takes(std::uint32_t of_event, std::uint16_t of_schema) const {
      if (of_schema != kNoSchema && of_schema != schema) return false;
      return of_event == kNoEvent || (mask >> of_event & 1) != 0;
    }
  };
  bool ReadKey(const std::vector<KeyProgram>& by, Evaluator* evaluator,
               RuleCounts* counts);
  bool ReadPart(const KeyProgram& part, Evaluator* evaluator,
                RuleCounts* counts);
  bool AddPiece(const Value& value, const KeyProgram& part,
                Evaluator* evaluator);
  bool StoodAlready(std::size_t first_piece) const;
  // The next combination of the parts' pieces; false after the last.
  bool Advance();
  void AppendKey(std::size_t parts, std::string* out);

  static void Merge(std::size_t first_row, MatchResult* result);
  void AppendValues(const RuleProgram& rule, const Reading& reading,
                    Evaluator* evaluator, std::string* out);
  void AppendAggregate(const AggregateProgram& aggregate, bool passes,
                       Evaluator* evaluator, std::string* out);
  void AppendTuples(const AggregateProgram& aggregate, Evaluator* evaluator,
                    std::string* out);
  void AppendNumbers(const AggregateProgram& aggregate, Evaluator* evaluator,
                     std::string* out);
  void AppendCapture(const CaptureProgram& capture, Evaluator* evaluator,
                     std::string* out);
  void AppendCollect(const CollectProgram& collect, bool passes,
                     Evaluator* evaluator, std::string* out);

  std::uint64_t key_seed_;
  std::vector<std::string> uids_;
  std::string bytes_;
  std::vector<Piece> pieces_;
  std::vector<Part> parts_;
  std::vector<std::size_t> at_;  // Per part, which piece.
  std::string key_, cut_;
  // Of the row that Close() has written last.
  std::uint64_t written_mask_ = 0;
  std::uint32_t written_offset_ = 0, written_size_ = 0;
};

}  // namespace tocsin
