// What one parse carries along: where the text is, the nodes built so far, and
// how reading stops. X3 hands it to every parser through the context.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/diag/diagnostic.h"
#include "dsl/parser/syntax.h"

namespace tocsin::dsl::syntax {

using Iterator = const char*;

// In whose braces we are: decides which words may begin a line there.
enum class BodyKind : std::uint8_t { kFile, kRule, kSchema, kTable, kTest };

// Reading cannot go on at `where`, the end of the last token that was read.
// Thrown, and caught by the directives that recover (directives.h); nothing
// leaves dsl/parser.
struct Failure {
  enum class Cause : std::uint8_t {
    kExpected,
    kTooDeep,       // limits::kNesting is passed at `where`.
    kEndlessBlock,  // `where` is a """ without its end.
  };
  Iterator where;
  std::string expected;  // In the reader's words: "a duration".
  Iterator opened;       // The bracket that waits for its end, or null.
  Cause cause;
};

class State {
 public:
  State(std::string_view text, FileId file, DiagnosticSink* sink)
      : begin_(text.data()),
        end_(begin_ + text.size()),
        file_(file),
        sink_(sink) {}

  Iterator begin() const { return begin_; }
  Iterator end() const { return end_; }
  DiagnosticSink* sink() const { return sink_; }
  Span SpanOf(Iterator first, Iterator last) const {
    return {file_, Offset(first), Offset(last)};
  }
  Span SpanOf(const SyntaxNode& node) const {
    return {file_, node.begin, node.end};
  }
  std::uint32_t Offset(Iterator at) const {
    return static_cast<std::uint32_t>(at - begin_);
  }

  // Nodes are built on a stack: a node that closes takes what was pushed since
  // it opened as its kids.
  void Push(SyntaxKind kind, Iterator first, Iterator last);
  void Open(SyntaxKind kind, Iterator first);
  void Close(Iterator last);  // The innermost, whole.
  void Abandon();             // The innermost, with its kids.
  std::size_t height() const { return stack_.size(); }
  void Truncate(std::size_t height) { stack_.resize(height); }
  std::size_t open_nodes() const { return open_.size(); }
  void CloseBroken(std::size_t open_nodes,
                   Iterator last);  // All above, broken.
  SyntaxNode& top() { return stack_.back(); }
  const SyntaxNode& top() const { return stack_.back(); }
  std::vector<SyntaxNode> TakeAll() { return std::move(stack_); }

  int nesting = 0;
  bool equals_ends = false;  // `=` ends what is read, as the keys of an event.
  int holes = 0;             // Of templates, around the place that is read.
  Iterator unclosed = nullptr;  // Where a missing `}` was reported last.
  BodyKind body = BodyKind::kFile;
  // Where a body begins whose missing `{` was reported, and what closes it
  // beside `}`.
  Iterator open_overlooked = nullptr;
  char closing = '}';
  // Misspelt first words that are read as what they were meant to be; the last
  // one is read next.
  struct Mended {
    std::uint32_t begin;
    std::string_view meant;
  };
  std::vector<Mended> mended;
  // The word at `at`, or what it was meant to be.
  std::string_view Meant(Iterator at, std::string_view word) const {
    return !mended.empty() && mended.back().begin == Offset(at)
               ? mended.back().meant
               : word;
  }

 private:
  struct OpenNode {
    SyntaxKind kind;
    std::uint32_t begin;
    std::size_t height;
  };
  void CloseTop(Iterator last, bool broken);

  Iterator begin_;
  Iterator end_;
  FileId file_;
  DiagnosticSink* sink_;
  std::vector<SyntaxNode> stack_;
  std::vector<OpenNode> open_;
};

}  // namespace tocsin::dsl::syntax
