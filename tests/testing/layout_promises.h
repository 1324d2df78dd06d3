// What the formatter promises of any text that parses: the layout is its own
// layout, every comment is still there, and the tree says the same up to the
// order of clauses.
#pragma once

#include <optional>
#include <string>

namespace tocsin::testing {

// The layout of `text`; empty when `text` has mistakes. `*broken` tells which
// promise did not hold, and stays as it is when all did.
std::optional<std::string> LayoutChecked(const std::string& text,
                                         std::string* broken);

// The tree of a text without its places, the clauses of each rule in order.
std::string MeaningOf(const std::string& text);

}  // namespace tocsin::testing
