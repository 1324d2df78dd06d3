// What every part of a configuration is read with: keys of a map, lists and
// values, each with an issue at its place when it does not fit.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/yaml.h"

namespace tocsin {

// Confined. Every function leaves its target as it was when there is an issue;
// `what` names the value in messages.
class ConfigReader {
 public:
  using Member =
      std::pair<std::string_view, std::function<void(const YamlNode&)>>;

  // `folder` is what relative paths start from ("" leaves them).
  ConfigReader(std::string folder, std::vector<YamlIssue>* issues)
      : folder_(std::move(folder)), issues_(issues) {}

  void Issue(const YamlNode& node, std::string message);
  // Calls the member's function for each key; every other key is an issue.
  void Map(const YamlNode& node, std::string_view what,
           const std::vector<Member>& members);
  void List(const YamlNode& node, std::string_view what,
            const std::function<void(const YamlNode&)>& each);
  bool Text(const YamlNode& node, std::string_view what, std::string* text);
  // Relative paths start from the folder of the configuration file.
  void Path(const YamlNode& node, std::string_view what, std::string* path);
  void Duration(const YamlNode& node, std::string_view what,
                std::int64_t* duration_us);
  void Size(const YamlNode& node, std::string_view what, std::uint64_t* size);
  void Int(const YamlNode& node, std::string_view what, int least, int most,
           int* number);
  void Bool(const YamlNode& node, std::string_view what, bool* value);
  void OneOf(const YamlNode& node, std::string_view what,
             const std::vector<std::string_view>& choices,
             const std::function<void(std::size_t)>& chosen);

 private:
  void UnknownKey(const YamlNode& key, std::string_view what,
                  const std::vector<Member>& members);

  std::string folder_;
  std::vector<YamlIssue>* issues_;
};

}  // namespace tocsin
