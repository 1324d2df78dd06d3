// The stack on which the tree grows.
#include "dsl/parser/state.h"

#include <iterator>
#include <utility>

namespace tocsin::dsl::syntax {

void State::Push(SyntaxKind kind, Iterator first, Iterator last) {
  stack_.push_back({kind, false, Offset(first), Offset(last), {}});
}

void State::Open(SyntaxKind kind, Iterator first) {
  open_.push_back({kind, Offset(first), stack_.size()});
}

void State::Close(Iterator last) { CloseTop(last, false); }

void State::Abandon() {
  stack_.resize(open_.back().height);
  open_.pop_back();
}

void State::CloseBroken(std::size_t open_nodes, Iterator last) {
  while (open_.size() > open_nodes) CloseTop(last, true);
}

void State::CloseTop(Iterator last, bool broken) {
  const OpenNode& top = open_.back();
  SyntaxNode node{top.kind, broken, top.begin, Offset(last), {}};
  const auto first_kid =
      stack_.begin() + static_cast<std::ptrdiff_t>(top.height);
  node.kids.assign(std::make_move_iterator(first_kid),
                   std::make_move_iterator(stack_.end()));
  stack_.erase(first_kid, stack_.end());
  stack_.push_back(std::move(node));
  open_.pop_back();
}

}  // namespace tocsin::dsl::syntax
