#include "app/config_reader.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_format.h"
#include "app/quantity.h"
#include "engine/base/strings.h"

namespace tocsin {
namespace {

// Keys of the design that this version does not have, at any level.
constexpr std::string_view kNotYet[] = {
    "route",      "slack",    "pagerduty", "alertmanager",
    "syslog",     "splunk",   "otlp",      "elasticsearch",
    "opensearch", "silences", "outbox",    "retention",
};

}  // namespace

void ConfigReader::Issue(const YamlNode& node, std::string message) {
  issues_->push_back({node.line, node.column, std::move(message)});
}

void ConfigReader::Map(const YamlNode& node, std::string_view what,
                       const std::vector<Member>& members) {
  if (node.kind != YamlNode::Kind::kMap) {
    Issue(node, absl::StrFormat("%s: keys and values are expected here", what));
    return;
  }
  StringSet seen;
  for (const auto& [key, value] : node.members) {
    const auto member =
        std::find_if(members.begin(), members.end(),
                     [&](const Member& one) { return one.first == key.text; });
    if (!seen.insert(key.text).second) {
      Issue(key, absl::StrFormat("`%s` stands here twice", key.text));
    } else if (member != members.end()) {
      member->second(value);
    } else {
      UnknownKey(key, what, members);
    }
  }
}

void ConfigReader::List(const YamlNode& node, std::string_view what,
                        const std::function<void(const YamlNode&)>& each) {
  if (node.kind != YamlNode::Kind::kList) {
    Issue(node, absl::StrFormat("%s: a list is expected here", what));
    return;
  }
  for (const YamlNode& item : node.items) each(item);
}

bool ConfigReader::Text(const YamlNode& node, std::string_view what,
                        std::string* text) {
  if (node.kind != YamlNode::Kind::kScalar) {
    Issue(node, absl::StrFormat("%s: a text is expected here", what));
    return false;
  }
  *text = node.text;
  return true;
}

void ConfigReader::Path(const YamlNode& node, std::string_view what,
                        std::string* path) {
  if (!Text(node, what, path)) return;
  if (path->empty()) {
    Issue(node, absl::StrFormat("%s: a path is expected here", what));
  } else if (path->front() != '/' && !folder_.empty()) {
    *path = folder_ + "/" + *path;
  }
}

void ConfigReader::Duration(const YamlNode& node, std::string_view what,
                            std::int64_t* duration) {
  std::string text;
  if (!Text(node, what, &text)) return;
  const absl::StatusOr<std::int64_t> parsed = ParseDuration(text);
  if (parsed.ok()) {
    *duration = *parsed;
  } else {
    Issue(node, absl::StrFormat("%s: %s", what, parsed.status().message()));
  }
}

void ConfigReader::Size(const YamlNode& node, std::string_view what,
                        std::uint64_t* size) {
  std::string text;
  if (!Text(node, what, &text)) return;
  const absl::StatusOr<std::uint64_t> parsed = ParseSize(text);
  if (parsed.ok()) {
    *size = *parsed;
  } else {
    Issue(node, absl::StrFormat("%s: %s", what, parsed.status().message()));
  }
}

void ConfigReader::Int(const YamlNode& node, std::string_view what, int least,
                       int most, int* number) {
  std::string text;
  if (!Text(node, what, &text)) return;
  int value = 0;
  const auto [stopped, bad] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (bad != std::errc() || stopped != text.data() + text.size() ||
      value < least || value > most) {
    Issue(node, absl::StrFormat("%s: `%s` is not a number from %d to %d", what,
                                text, least, most));
  } else {
    *number = value;
  }
}

void ConfigReader::Bool(const YamlNode& node, std::string_view what,
                        bool* value) {
  OneOf(node, what, {"true", "false"}, [&](std::size_t i) { *value = i == 0; });
}

void ConfigReader::OneOf(const YamlNode& node, std::string_view what,
                         const std::vector<std::string_view>& choices,
                         const std::function<void(std::size_t)>& chosen) {
  std::string text;
  if (!Text(node, what, &text)) return;
  const auto found = std::find(choices.begin(), choices.end(), text);
  if (found != choices.end()) {
    chosen(static_cast<std::size_t>(found - choices.begin()));
    return;
  }
  std::string list;
  for (const std::string_view choice : choices) {
    list += absl::StrFormat("%s%s", list.empty() ? "" : ", ", choice);
  }
  Issue(node, absl::StrFormat("%s: `%s` is not one of %s", what, text, list));
}

void ConfigReader::UnknownKey(const YamlNode& key, std::string_view what,
                              const std::vector<Member>& members) {
  if (std::find(std::begin(kNotYet), std::end(kNotYet), key.text) !=
      std::end(kNotYet)) {
    Issue(key, absl::StrFormat("`%s` is not in this version", key.text));
    return;
  }
  std::vector<std::string_view> names;
  std::string list;
  for (const Member& member : members) {
    names.push_back(member.first);
    list += absl::StrFormat("%s%s", list.empty() ? "" : ", ", member.first);
  }
  const std::string_view near = Nearest(key.text, names);
  Issue(key, near.empty()
                 ? absl::StrFormat("unknown key `%s` in %s; there are: %s",
                                   key.text, what, list)
                 : absl::StrFormat("unknown key `%s` in %s; did you mean `%s`?",
                                   key.text, what, near));
}

}  // namespace tocsin
