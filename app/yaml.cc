// The only file that sees yaml-cpp, and the one place where what it throws is
// caught.
#include "app/yaml.h"

#include <exception>

#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "engine/base/utf8.h"
#include "yaml-cpp/depthguard.h"
#include "yaml-cpp/yaml.h"

namespace tocsin {
namespace {

// Copies yaml-cpp's tree, counting: an alias is a whole copy here.
class Copier {
 public:
  explicit Copier(YamlIssue* issue) : issue_(issue) {}

  bool Copy(const YAML::Node& from, int depth, YamlNode* to) {
    to->line = from.Mark().line + 1;
    to->column = from.Mark().column + 1;
    if (depth > limits::kConfigDepth) {
      return Refuse(*to, absl::StrFormat("nested more than %d deep",
                                         limits::kConfigDepth));
    }
    if (++nodes_ > limits::kConfigValues) {
      return Refuse(*to,
                    absl::StrFormat("more than %d values, aliases written out",
                                    limits::kConfigValues));
    }
    if (from.IsScalar()) {
      to->kind = YamlNode::Kind::kScalar;
      to->text = from.Scalar();
    } else if (from.IsSequence()) {
      to->kind = YamlNode::Kind::kList;
      for (const YAML::Node& item : from) {
        if (!Copy(item, depth + 1, &to->items.emplace_back())) return false;
      }
    } else if (from.IsMap()) {
      to->kind = YamlNode::Kind::kMap;
      for (const auto& member : from) {
        auto& [key, value] = to->members.emplace_back();
        if (!Copy(member.first, depth + 1, &key)) return false;
        if (!Copy(member.second, depth + 1, &value)) return false;
      }
    }
    return true;
  }

 private:
  bool Refuse(const YamlNode& node, std::string message) {
    *issue_ = {node.line, node.column, std::move(message)};
    return false;
  }

  YamlIssue* issue_;
  std::size_t nodes_ = 0;
};

}  // namespace

bool ParseYaml(std::string_view text, YamlNode* root, YamlIssue* issue) {
  *root = YamlNode();
  if (text.size() > limits::kConfigBytes) {
    *issue = {1, 1,
              absl::StrFormat("larger than %d bytes", limits::kConfigBytes)};
    return false;
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) return true;
    if (documents.size() > 1) {
      *issue = {documents[1].Mark().line + 1, 1,
                "a second document; one is expected"};
      return false;
    }
    return Copier(issue).Copy(documents[0], 0, root);
  } catch (const YAML::DeepRecursion& error) {
    *issue = {
        error.mark.line + 1, error.mark.column + 1,
        absl::StrFormat("nested more than %d deep", limits::kConfigDepth)};
  } catch (const YAML::Exception& error) {
    *issue = {error.mark.line + 1, error.mark.column + 1, error.msg};
  } catch (const std::exception& error) {
    *issue = {1, 1, error.what()};
  }
  return false;
}

std::string YamlScalar(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.+-*:";
  const bool plain = !text.empty() &&
                     text.find_first_not_of(kPlain) == std::string_view::npos &&
                     text.front() != '*' && text.front() != '-' &&
                     text.back() != ':' && text != "true" && text != "false" &&
                     text != "null" && text != "yes" && text != "no";
  if (plain) return std::string(text);
  std::string quoted;
  AppendJsonString(text, &quoted);
  return quoted;
}

}  // namespace tocsin
