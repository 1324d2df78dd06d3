// An extractor, and what it made of some lines: of tests that hold for both.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "engine/event/extract.h"
#include "gtest/gtest.h"

namespace tocsin::testing {

enum Field : FieldId { kVerb, kUser, kName, kGroups, kBody, kNumber };

inline Projection TestProjection() {
  return Projection({{{"verb"}, kWantScalar | kWantSymbol},
                     {{"user"}, kWantSlice},
                     {{"user", "name"}, kWantScalar},
                     {{"user", "groups"}, kWantElements},
                     {{"body"}, kWantSlice},
                     {{"n"}, kWantScalar}},
                    {"items", "Records"});
}

class ExtractTest
    : public ::testing::TestWithParam<std::unique_ptr<Extractor> (*)()> {
 protected:
  void Extract(std::string_view input, bool truncated = false) {
    batch_.Clear();
    batch_.Reserve(input.size());
    std::copy(input.begin(), input.end(), batch_.bytes.begin());
    batch_.input_size = input.size();
    batch_.truncated_last = truncated;
    extractor_->Extract(projection_, &symbols_, &batch_);
  }
  const Row& RowAt(std::size_t row) { return batch_.rows.at(row); }
  std::string Text(FieldId field, std::size_t row = 0) {
    Cell cell = batch_.At(field, row);
    switch (cell.kind) {
      case CellKind::kMissing:
        return "-";
      case CellKind::kNull:
        return "null";
      case CellKind::kFalse:
        return "false";
      case CellKind::kTrue:
        return "true";
      case CellKind::kInt:
        return "i" + std::to_string(cell.i);
      case CellKind::kUint:
        return "u" + std::to_string(cell.u);
      case CellKind::kFloat:
        return "f" + std::to_string(cell.f);
      case CellKind::kString:
        return "'" + std::string(batch_.Text(&cell)) + "'";
      default:
        return std::string(batch_.Raw(cell));
    }
  }
  std::string Element(FieldId field, std::size_t index, std::size_t row = 0) {
    const Cell& list = batch_.At(field, row);
    EXPECT_EQ(list.kind, CellKind::kList);
    EXPECT_LT(index, list.size);
    Cell cell = batch_.elements.at(list.offset + index);
    if (cell.kind == CellKind::kString) {
      return "'" + std::string(batch_.Text(&cell)) + "'";
    }
    return std::string(batch_.Raw(cell));
  }

  Projection projection_ = TestProjection();
  SymbolTables symbols_{projection_};
  EventBatch batch_;
  std::unique_ptr<Extractor> extractor_ = GetParam()();
};

// For INSTANTIATE_TEST_SUITE_P.
inline auto BothExtractors() {
  return ::testing::Values(&MakeSimdjsonExtractor, &MakeRapidJsonExtractor);
}
inline std::string ExtractorName(
    const ::testing::TestParamInfo<ExtractTest::ParamType>& instance) {
  return instance.index == 0 ? "Simdjson" : "RapidJson";
}

}  // namespace tocsin::testing
