// Compares the two extractors on one chunk of lines, and describes rows as
// text. Shared by the differential test, the fuzzer and its replay.
//
// They must agree on everything but what docs/decisions/0006-event-contract.md
// lists as lenient: inside a value that no rule reads, the hot read looks at
// brackets, strings and control bytes only. So where RapidJSON refuses a line
// and the hot read does not, the line with all unread values blanked must be
// one that both read, and read alike.
#pragma once

#include <string>
#include <string_view>

#include "engine/event/extract.h"

namespace tocsin::testing {

// Twelve fields of an audit event and the bodies, as rules read them.
Projection AuditProjection();

// One extractor, one batch, one set of symbols.
struct Extraction {
  EventBatch batch;
  std::unique_ptr<SymbolTables> symbols;
};
Extraction RunExtractor(Extractor* extractor, const Projection& projection,
                        std::string_view input, bool truncated_last = false);

// A row: fate, flags, line, and every cell with its decoded value. `slices`:
// also the text of rows, lists and objects.
std::string DescribeRow(const Projection& projection, Extraction* extraction,
                        std::size_t row, bool slices);

// Empty when the extractors agree, else what differs.
std::string CompareExtractors(const Projection& projection,
                              std::string_view input,
                              bool truncated_last = false);

}  // namespace tocsin::testing
