// The lexer knows the few shapes that the tree does not mark: names, plain
// strings and signs. It may trust that the text was read without a mistake.
#include "dsl/format/tokens.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dsl/format/marks.h"

namespace tocsin::dsl::layout {
namespace {

using std::string_view;

constexpr std::array<string_view, 11> kSigns = {
    "...", "..", "==", "!=", "<=", ">=", "??", "+=", "=", "<", ">"};

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
         c == '\v';
}

// Behind the closing quote of the string that `text` begins with.
std::size_t StringLength(string_view text) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

std::size_t TokenLength(string_view text) {
  if (text[0] == '"') return StringLength(text);
  if (text[0] == '`') return std::min(text.find('`', 1), text.size() - 1) + 1;
  if (IsNameByte(text[0])) {
    std::size_t at = 1;
    while (at < text.size() && IsNameByte(text[at])) ++at;
    return at;
  }
  for (const string_view sign : kSigns) {
    if (text.starts_with(sign)) return sign.size();
  }
  return 1;
}

class Tokenizer {
 public:
  Tokenizer(string_view text, const cst::File& file)
      : text_(text), comments_(file.comments), marks_(CollectMarks(file)) {
    const auto by_place = [](const cst::Node& a, const cst::Node& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    };
    std::sort(marks_.whole.begin(), marks_.whole.end(), by_place);
    std::sort(marks_.json.begin(), marks_.json.end(), by_place);
  }

  std::vector<Token> Run() {
    while (SkipBlanks()) {
      if (comment_ < comments_.size() && comments_[comment_].begin == at_) {
        AddComment(comments_[comment_++]);
      } else {
        AddToken();
      }
      lines_ = 0;
    }
    Token last;
    last.begin = at_;
    Take(&last);
    tokens_.push_back(std::move(last));
    for (std::size_t i = 1; i < tokens_.size(); ++i) {
      tokens_[i].gap = Gap(tokens_[i - 1], tokens_[i]);
    }
    return std::move(tokens_);
  }

 private:
  bool SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) {
      if (text_[at_++] == '\n') ++lines_;
    }
    return at_ < text_.size();
  }

  void AddComment(const cst::Comment& comment) {
    string_view text = text_.substr(comment.begin, comment.end - comment.begin);
    while (IsBlank(text.back())) text.remove_suffix(1);
    if (lines_ == 0 && !tokens_.empty() && above_.empty()) {
      tokens_.back().beside = text;
    } else {
      above_.push_back({text, lines_ > 1});
    }
    at_ = comment.end;
  }

  void AddToken() {
    Token token;
    token.begin = at_;
    token.fresh = lines_ > 0;
    token.text = text_.substr(at_, LengthHere());
    token.call = marks_.callees.contains(at_);
    while (json_ < marks_.json.size() && marks_.json[json_].end <= at_) {
      ++json_;
    }
    token.json = json_ < marks_.json.size() && marks_.json[json_].begin <= at_;
    Take(&token);
    at_ += static_cast<std::uint32_t>(token.text.size());
    tokens_.push_back(std::move(token));
  }

  void Take(Token* token) {
    token->above = std::exchange(above_, {});
    token->blank = lines_ > 1;
  }

  std::size_t LengthHere() {
    const auto& whole = marks_.whole;
    while (whole_ < whole.size() && whole[whole_].begin < at_) ++whole_;
    if (whole_ < whole.size() && whole[whole_].begin == at_ &&
        whole[whole_].end > at_) {
      return whole[whole_].end - at_;
    }
    return TokenLength(text_.substr(at_));
  }

  int Gap(const Token& before, const Token& token) const {
    const string_view a = before.text;
    const string_view b = token.text;
    if (a == "{" || b == "}")
      return token.json || before.json || (a == "{" && b == "}") ? 0 : 1;
    if (marks_.members.contains(token.begin) || b == "...") return 2;
    if (a == "(" || a == "[" || a == "." || a == "..") return 0;
    if (b == ")" || b == "]" || b == "," || b == ":" || b == "." || b == "..") {
      return 0;
    }
    if (b == "(") return before.call ? 0 : 1;
    if (b == "[") return marks_.subscripts.contains(token.begin) ? 0 : 1;
    // `- -x`, so that nobody reads it as another sign.
    if (marks_.prefixes.contains(before.begin)) return b == "-" ? 1 : 0;
    if (b == "?") return marks_.prefixes.contains(token.begin) ? 1 : 0;
    return 1;
  }

  string_view text_;
  const std::vector<cst::Comment>& comments_;
  Marks marks_;
  std::vector<Token> tokens_;
  std::vector<OwnLine> above_;  // Comments that wait for their token.
  std::uint32_t at_ = 0;
  int lines_ = 0;  // Line feeds since the last token or comment.
  std::size_t comment_ = 0, whole_ = 0, json_ = 0;
};

}  // namespace

std::vector<Token> Tokenize(string_view text, const cst::File& file) {
  return Tokenizer(text, file).Run();
}

}  // namespace tocsin::dsl::layout
