#include "app/config_file.h"

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "app/rule_loader.h"
#include "app/terminal.h"
#include "app/text_file.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace tocsin {
namespace {

std::string_view LineOf(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    const std::size_t feed = text.find('\n');
    if (feed == std::string_view::npos) return {};
    text.remove_prefix(feed + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// Empty when it is text of a size to be read.
std::string WhyUnreadable(std::string_view text) {
  if (text.size() > limits::kConfigBytes) {
    return absl::StrFormat("larger than %d bytes", limits::kConfigBytes);
  }
  return WhyNoText(text);
}

}  // namespace

std::string FormatYamlIssue(const std::string& path, std::string_view text,
                            const YamlIssue& issue) {
  std::string out = absl::StrFormat("%s:%d:%d: error: %s\n", path, issue.line,
                                    issue.column, issue.message);
  const std::string line = ValidUtf8(LineOf(text, issue.line));
  constexpr std::size_t kShown = 120;
  if (line.empty() || line.size() > kShown) return out;
  out += absl::StrFormat("  %s\n  ", line);
  for (int i = 1;
       i < issue.column && static_cast<std::size_t>(i) <= line.size(); ++i) {
    out.push_back(line[i - 1] == '\t' ? '\t' : ' ');
  }
  return out + "^\n";
}

ConfigOutcome LoadConfigOrTell(const std::string& path, Config* config) {
  const absl::StatusOr<std::string> text =
      ReadWholeFile(path, limits::kConfigBytes);
  if (!text.ok()) {
    PrintError(Message(text.status()));
    return ConfigOutcome::kUnreadable;
  }
  const std::string unreadable = WhyUnreadable(*text);
  if (!unreadable.empty()) {
    PrintError(absl::StrFormat("%s: %s", path, unreadable));
    return ConfigOutcome::kUnreadable;
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  std::vector<YamlIssue> issues;
  if (!ReadConfig(*text, folder, config, &issues)) {
    for (const YamlIssue& issue : issues) {
      std::fputs(FormatYamlIssue(path, *text, issue).c_str(), stderr);
    }
    return ConfigOutcome::kWrong;
  }
  return ConfigOutcome::kGood;
}

}  // namespace tocsin
