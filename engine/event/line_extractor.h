// What both extractors share: lines within a chunk, BOM, CRLF, blanks, lines
// that were cut, repair of invalid UTF-8. Only the reading of one JSON object
// differs, so a difference in the results is a difference in that.
// Internal to engine/event.
//
// A Reader has
//   void Begin(const Projection&, SymbolTables*, EventBatch*, BatchWriter*);
//   ReadFate Read(const Line& line);
// Read() adds the rows of one line that begins with a brace: one, or one per
// item of an envelope; none when it returns anything but kRows.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/batch_writer.h"
#include "engine/event/extract.h"
#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin {

enum class ReadFate : std::uint8_t {
  kRows,
  kMalformed,
  kInvalidUtf8,
  kTooLong,  // An envelope of more than limits::kEnvelopeItems.
};

struct Line {
  std::uint32_t offset = 0;  // In EventBatch::bytes, without BOM and blanks.
  std::uint32_t size = 0;    // The byte behind it is a blank.
  std::uint32_t number = 0;
  std::uint8_t flags = 0;  // Of all its rows: kRowSalvaged.
  bool repaired = false;   // It is a copy and `repairs` its U+FFFDs.
  const std::vector<std::uint32_t>* repairs = nullptr;

  // Whether a replacement lies in [begin, end) of the batch's bytes.
  std::uint8_t FlagsOf(std::uint32_t begin, std::uint32_t end) const {
    if (!repaired) return flags;
    const auto at = std::lower_bound(repairs->begin(), repairs->end(), begin);
    const bool inside = at != repairs->end() && *at < end;
    return static_cast<std::uint8_t>(flags | (inside ? kRowRepaired : 0));
  }
};

template <typename Reader>
class LineExtractor final : public Extractor {
 public:
  void Extract(const Projection& projection, SymbolTables* symbols,
               EventBatch* batch) override {
    batch_ = batch;
    batch->Reserve(batch->input_size);
    batch->bytes[batch->input_size] = '\n';  // Ends the last line.
    end_ = batch->input_size + 1;
    projection_ = &projection;
    FindLines();
    writer_.Begin(projection, symbols, batch, feeds_.size());
    reader_.Begin(projection, symbols, batch, &writer_);
    std::size_t at = 0;
    for (std::uint32_t number = 0; number < feeds_.size(); ++number) {
      const std::size_t feed = feeds_[number];
      const bool cut = batch->truncated_last && feed == batch->input_size;
      ReadLine(Trimmed(at, feed - at, number), cut);
      at = feed + 1;
    }
    writer_.Finish();
  }

 private:
  // Where the lines of the input end; behind the input, when it lacks a feed.
  void FindLines() {
    feeds_.clear();
    const char* const begin = batch_->bytes.data();
    const char* const end = begin + batch_->input_size;
    for (const char* at = begin; at < end; ++at) {
      at = static_cast<const char*>(
          std::memchr(at, '\n', static_cast<std::size_t>(end + 1 - at)));
      feeds_.push_back(static_cast<std::uint32_t>(at - begin));
    }
  }

  Line Trimmed(std::size_t offset, std::size_t size, std::uint32_t number) {
    std::string_view text(batch_->bytes.data() + offset, size);
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    text = TrimJsonBlanks(text);
    Line line;
    line.offset =
        static_cast<std::uint32_t>(text.data() - batch_->bytes.data());
    line.size = static_cast<std::uint32_t>(text.size());
    line.number = number;
    return line;
  }

  void ReadLine(const Line& line, bool cut) {
    if (line.size == 0) {
      ++batch_->blank_lines;
      return;
    }
    const bool object = batch_->bytes[line.offset] == '{';
    if (cut) {
      const bool salvaged = object && ReadCut(line) == ReadFate::kRows;
      if (!salvaged) AddRow(line, Fate::kTooLong);
    } else if (!object) {
      AddRow(line, Fate::kNotAnObject);
    } else if (const ReadFate fate = ReadObject(line);
               fate == ReadFate::kTooLong) {
      AddRow(line, Fate::kTooLong);
    } else if (fate != ReadFate::kRows) {
      ReadMalformed(line);
    }
  }

  // A full disk cuts an event, and the next one is written behind it into the
  // same line: that one is whole.
  void ReadMalformed(const Line& line) {
    pieces_.clear();
    AppendPieceEnds({batch_->bytes.data() + line.offset, line.size}, &pieces_);
    if (pieces_.size() == 1) {
      AddRow(line, Fate::kMalformed);
      return;
    }
    std::size_t begin = 0;
    for (const std::size_t end : pieces_) {
      ReadPiece(Trimmed(line.offset + begin, end - begin, line.number));
      begin = end;
    }
  }

  void ReadPiece(const Line& piece) {
    Line copy = piece;  // For the blank behind it.
    OpenCopy(piece.size, &copy);
    std::copy_n(batch_->bytes.begin() + piece.offset, piece.size,
                batch_->bytes.begin() + copy.offset);
    CloseCopy(piece.size, &copy);
    const ReadFate fate = ReadObject(copy);
    if (fate == ReadFate::kRows) return;
    AddRow(piece,
           fate == ReadFate::kTooLong ? Fate::kTooLong : Fate::kMalformed);
  }

  // One row without fields for a line that gave none.
  void AddRow(const Line& line, Fate fate) {
    writer_.OpenRow();
    Row row;
    row.offset = line.offset;
    row.size = line.size;
    row.line = line.number;
    row.fate = fate;
    writer_.AddRow(row);
  }

  ReadFate ReadObject(const Line& line) {
    const ReadFate fate = reader_.Read(line);
    return fate == ReadFate::kInvalidUtf8 ? reader_.Read(Repaired(line)) : fate;
  }

  ReadFate ReadCut(const Line& line) {
    const std::string object = SalvageObject(
        {batch_->bytes.data() + line.offset, line.size}, projection_->unwrap());
    if (object.empty()) return ReadFate::kMalformed;
    Line salvaged = line;
    salvaged.flags = kRowSalvaged;
    OpenCopy(object.size(), &salvaged);
    std::copy(object.begin(), object.end(),
              batch_->bytes.begin() + salvaged.offset);
    CloseCopy(object.size(), &salvaged);
    return ReadObject(salvaged);
  }

  Line Repaired(const Line& line) {
    copy_.clear();
    repairs_.clear();
    AppendRepaired({batch_->bytes.data() + line.offset, line.size}, &copy_,
                   &repairs_);
    Line repaired = line;
    OpenCopy(copy_.size(), &repaired);
    std::copy(copy_.begin(), copy_.end(),
              batch_->bytes.begin() + repaired.offset);
    CloseCopy(copy_.size(), &repaired);
    for (std::uint32_t& at : repairs_) at += repaired.offset;
    repaired.repaired = true;
    repaired.repairs = &repairs_;
    return repaired;
  }

  // Room for a copy behind what the batch holds, a line feed and the padding.
  void OpenCopy(std::size_t size, Line* line) {
    line->offset = static_cast<std::uint32_t>(end_);
    const std::size_t needed = end_ + size + 1 + EventBatch::kPadding;
    if (batch_->bytes.size() < needed) batch_->bytes.resize(needed);
  }
  void CloseCopy(std::size_t size, Line* line) {
    line->size = static_cast<std::uint32_t>(size);
    end_ += size;
    batch_->bytes[end_++] = '\n';
  }

  Reader reader_;
  BatchWriter writer_;
  EventBatch* batch_ = nullptr;
  const Projection* projection_ = nullptr;
  std::size_t end_ = 0;  // Behind the input and the copies.
  std::vector<std::uint32_t> feeds_;
  std::vector<std::size_t> pieces_;  // Of a malformed line.
  std::vector<char> copy_;
  std::vector<std::uint32_t> repairs_;
};

}  // namespace tocsin
