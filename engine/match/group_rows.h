// What the windows need of one match: the groups that the event enters, and
// the values that aggregates and `collect` take from it. Layout: match.h.
// Confined to one worker; keeps its memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/match/evaluator.h"
#include "engine/match/match.h"

namespace tocsin {

class GroupRows {
 public:
  explicit GroupRows(std::uint64_t key_seed) : key_seed_(key_seed) {}
  // In the order of the rule set.
  void AddRule(std::string uid_bytes) { uids_.push_back(std::move(uid_bytes)); }

  // Appends one row per group of the evaluator's row.
  void Append(const RuleProgram& rule, std::uint32_t index, std::uint32_t event,
              Evaluator* evaluator, RuleCounts* counts, MatchResult* result);

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
  bool ReadKey(const RuleProgram& rule, Evaluator* evaluator,
               RuleCounts* counts);
  bool ReadPart(const KeyProgram& part, Evaluator* evaluator,
                RuleCounts* counts);
  bool AddPiece(const Value& value, const KeyProgram& part,
                Evaluator* evaluator);
  bool StoodAlready(std::size_t first_piece) const;
  // The next combination of the parts' pieces; false after the last.
  bool Advance();
  void AppendKey(std::size_t parts, std::string* out);

  void AppendValues(const RuleProgram& rule, Evaluator* evaluator,
                    std::string* out);
  void AppendAggregate(const AggregateProgram& aggregate, Evaluator* evaluator,
                       std::string* out);
  void AppendTuples(const AggregateProgram& aggregate, Evaluator* evaluator,
                    std::string* out);

  std::uint64_t key_seed_;
  std::vector<std::string> uids_;
  std::string bytes_;
  std::vector<Piece> pieces_;
  std::vector<Part> parts_;
  std::vector<std::size_t> at_;  // Per part, which piece.
  std::string key_, cut_;
};

}  // namespace tocsin
