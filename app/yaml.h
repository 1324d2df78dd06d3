// YAML as a tree with places, read through yaml-cpp behind limits: size, depth
// and number of nodes once aliases are written out, so that neither a large
// file nor a small one full of aliases costs more than it should
// (limits::kConfig...).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;                                    // kScalar
  std::vector<YamlNode> items;                         // kList
  std::vector<std::pair<YamlNode, YamlNode>> members;  // kMap, as written
  int line = 1;                                        // From 1.
  int column = 1;
};

// Something wrong with a YAML text, and where.
struct YamlIssue {
  int line = 1;
  int column = 1;
  std::string message;
};

// False, with `issue`, when `text` is no YAML or is past a limit. An empty
// text is a kNull.
bool ParseYaml(std::string_view text, YamlNode* root, YamlIssue* issue);

// `text` as a YAML scalar, quoted where it must be.
std::string YamlScalar(std::string_view text);

}  // namespace tocsin
