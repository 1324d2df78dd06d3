#include "engine/program/prepared.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "re2/re2.h"

namespace tocsin {
namespace {

char FoldChar(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string Folded(std::string_view text) {
  std::string folded;
  FoldAscii(text, &folded);
  return folded;
}

// From this many on, texts to look for inside a text become one automaton.
constexpr std::size_t kManyTexts = 5;
// Beyond, the automaton would be too large: each is looked for by itself.
constexpr std::size_t kTooManyTexts = 20'000;

re2::RE2::Options RegexOptions(bool nocase) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!nocase);
  options.set_max_mem(limits::kRegexMemory);
  return options;
}

re2::StringPiece Piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::size_t CharacterBytes(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() &&
         (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    ++end;
  }
  return end - at;
}

bool NetworkLess(const Cidr& a, const Cidr& b) {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  return a.base.bytes < b.base.bytes;
}

}  // namespace

void FoldAscii(std::string_view text, std::string* folded) {
  folded->resize(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    (*folded)[i] = FoldChar(text[i]);
  }
}

bool LikeMatches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += CharacterBytes(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      resume += CharacterBytes(text, resume);
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool ValidRegex(std::string_view pattern, std::string* error, int* groups) {
  const re2::RE2 regex(Piece(pattern), RegexOptions(false));
  if (!regex.ok()) {
    *error = regex.error();
    return false;
  }
  *groups = regex.NumberOfCapturingGroups();
  return true;
}

// ---- sets -------------------------------------------------------------------

PreparedSet::PreparedSet(std::span<const Constant> values, bool nocase)
    : nocase_(nocase) {
  shortest_ = SIZE_MAX;
  for (const Constant& constant : values) {
    const auto& value = constant.value;
    if (const auto* text = std::get_if<std::string>(&value)) {
      shortest_ = std::min(shortest_, text->size());
      longest_ = std::max(longest_, text->size());
      texts_.insert(nocase ? Folded(*text) : *text);
    } else if (const auto* i = std::get_if<std::int64_t>(&value)) {
      ints_.insert(*i);
    } else if (const auto* u = std::get_if<std::uint64_t>(&value)) {
      uints_.insert(*u);
    } else if (const auto* f = std::get_if<double>(&value)) {
      if (*f == std::floor(*f) && *f >= -0x1p63 && *f < 0x1p63) {
        ints_.insert(static_cast<std::int64_t>(*f));
      } else if (*f == std::floor(*f) && *f >= 0x1p63 && *f < 0x1p64) {
        uints_.insert(static_cast<std::uint64_t>(*f));
      } else {
        floats_.push_back(*f);
      }
    } else if (const auto* b = std::get_if<bool>(&value)) {
      bools_[*b ? 1 : 0] = true;
    } else if (const auto* time = std::get_if<Time>(&value)) {
      times_.insert(time->us);
    } else if (const auto* duration = std::get_if<Duration>(&value)) {
      durations_.insert(duration->us);
    } else if (const auto* ip = std::get_if<IpAddress>(&value)) {
      ips_.push_back(*ip);
    } else if (const auto* network = std::get_if<Cidr>(&value)) {
      networks_.push_back(*network);
    }
  }
  std::sort(floats_.begin(), floats_.end());
  std::sort(ips_.begin(), ips_.end());
  std::sort(networks_.begin(), networks_.end(), NetworkLess);
  for (const Cidr& network : networks_) {
    if (prefixes_.empty() || prefixes_.back() != network.prefix) {
      prefixes_.push_back(network.prefix);
    }
  }
}

bool PreparedSet::HasText(std::string_view text) const {
  if (text.size() < shortest_ || text.size() > longest_) return false;
  if (!nocase_) return texts_.contains(text);
  // Folding keeps the size; texts of rules are short.
  char room[256];
  if (text.size() > sizeof(room)) return texts_.contains(Folded(text));
  std::transform(text.begin(), text.end(), room, FoldChar);
  return texts_.contains(std::string_view(room, text.size()));
}

bool PreparedSet::HasInt(std::int64_t value) const {
  return ints_.contains(value);
}

bool PreparedSet::HasFloat(double value) const {
  if (value == std::floor(value)) {
    if (value >= -0x1p63 && value < 0x1p63) {
      return ints_.contains(static_cast<std::int64_t>(value));
    }
    if (value >= 0x1p63 && value < 0x1p64) {
      return uints_.contains(static_cast<std::uint64_t>(value));
    }
  }
  return std::binary_search(floats_.begin(), floats_.end(), value);
}

bool PreparedSet::HasIp(const IpAddress& address) const {
  if (std::binary_search(ips_.begin(), ips_.end(), address)) return true;
  for (const std::uint8_t prefix : prefixes_) {
    Cidr network;
    network.prefix = prefix;
    network.base.bytes = address.bytes;
    for (std::size_t bit = prefix; bit < 128;) {
      if (bit % 8 == 0) {
        network.base.bytes[bit / 8] = 0;
        bit += 8;
      } else {
        network.base.bytes[bit / 8] &=
            static_cast<std::uint8_t>(0xFF00u >> (bit % 8));
        bit += 8 - bit % 8;
      }
    }
    if (std::binary_search(networks_.begin(), networks_.end(), network,
                           NetworkLess)) {
      return true;
    }
  }
  return false;
}

bool PreparedSet::HasCidr(const Cidr& network) const {
  return std::binary_search(networks_.begin(), networks_.end(), network,
                            NetworkLess);
}

// ---- patterns ---------------------------------------------------------------

PreparedPattern::PreparedPattern(Kind kind, std::vector<std::string> texts,
                                 bool nocase, bool all)
    : kind_(kind), nocase_(nocase), all_(all), texts_(std::move(texts)) {
  if (kind_ == Kind::kRegex) {
    for (const std::string& text : texts_) {
      regexes_.push_back(
          std::make_unique<re2::RE2>(text, RegexOptions(nocase)));
      TOCSIN_CHECK(regexes_.back()->ok());
    }
    return;
  }
  if (nocase_) {
    for (std::string& text : texts_) text = Folded(text);
  }
  if (all_ || texts_.size() < kManyTexts) return;
  if (kind_ == Kind::kContains) {
    if (texts_.size() > kTooManyTexts) return;
    std::string any;
    for (const std::string& text : texts_) {
      if (!any.empty()) any += '|';
      any += re2::RE2::QuoteMeta(text);
    }
    re2::RE2::Options options = RegexOptions(false);
    options.set_never_capture(true);
    options.set_max_mem(64 << 20);
    auto regex = std::make_unique<re2::RE2>(any, options);
    if (regex->ok()) regexes_.push_back(std::move(regex));
  } else if (kind_ == Kind::kStartsWith || kind_ == Kind::kEndsWith) {
    for (const std::string& text : texts_) {
      set_.insert(text);
      lengths_.push_back(text.size());
    }
    std::sort(lengths_.begin(), lengths_.end());
    lengths_.erase(std::unique(lengths_.begin(), lengths_.end()),
                   lengths_.end());
  }
}

PreparedPattern::~PreparedPattern() = default;

bool PreparedPattern::One(std::string_view text, std::size_t i) const {
  switch (kind_) {
    case Kind::kContains:
      return text.find(texts_[i]) != std::string_view::npos;
    case Kind::kStartsWith:
      return text.starts_with(texts_[i]);
    case Kind::kEndsWith:
      return text.ends_with(texts_[i]);
    case Kind::kLike:
      return LikeMatches(texts_[i], text);
    case Kind::kRegex:
      return re2::RE2::PartialMatch(Piece(text), *regexes_[i]);
  }
  return false;
}

bool PreparedPattern::Matches(std::string_view text,
                              std::string* folded) const {
  if (nocase_ && kind_ != Kind::kRegex) {
    FoldAscii(text, folded);
    text = *folded;
  }
  if (!lengths_.empty()) {
    for (const std::size_t length : lengths_) {
      if (length > text.size()) return false;
      const std::string_view part = kind_ == Kind::kStartsWith
                                        ? text.substr(0, length)
                                        : text.substr(text.size() - length);
      if (set_.contains(part)) return true;
    }
    return false;
  }
  if (kind_ == Kind::kContains && !regexes_.empty()) {
    return re2::RE2::PartialMatch(Piece(text), *regexes_[0]);
  }
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (One(text, i) != all_) return !all_;
  }
  return all_ && !texts_.empty();
}

bool PreparedPattern::FirstGroup(std::string_view text,
                                 std::string_view* group) const {
  const re2::RE2& regex = *regexes_[0];
  if (regex.NumberOfCapturingGroups() < 1) return false;
  re2::StringPiece groups[2];
  if (!regex.Match(Piece(text), 0, text.size(), re2::RE2::UNANCHORED, groups,
                   2) ||
      groups[1].data() == nullptr) {
    return false;
  }
  *group = {groups[1].data(), groups[1].size()};
  return true;
}

}  // namespace tocsin
