// Makes an ExprPool. Equal nodes are one; a test of nothing but constants is
// still a node (the checker has warned). Used by dsl/compile and by tests.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/program/expr.h"
#include "engine/program/prepared.h"

namespace tocsin {

class ExprPoolBuilder {
 public:
  ExprPoolBuilder();
  ~ExprPoolBuilder();

  // Children first; `and`, `or` get their children cheapest first, without
  // repetition, and with one child are that child.
  ExprId Add(ExprNode node, std::span<const ExprId> children);
  ExprId Add(ExprNode node, std::initializer_list<ExprId> children) {
    return Add(node,
               std::span<const ExprId>(children.begin(), children.size()));
  }

  ExprId AddConstant(const Constant& value);
  ExprId AddField(FieldId field);
  ExprId AddNavigate(ExprId base, const FieldPath& path);
  // Indexes for ExprNode::index. A named list is prepared once per name.
  std::uint32_t Set(const std::string& name, std::span<const Constant> values,
                    bool nocase);
  std::uint32_t Pattern(const std::string& name, PreparedPattern::Kind kind,
                        std::vector<std::string> texts, bool nocase, bool all);
  // The zone must exist.
  std::uint32_t ZoneIndex(std::string_view name);
  // A node that something outside the pool refers to: counts as a parent.
  void AddRoot(ExprId id);

  // The pool; the builder is empty afterwards.
  ExprPool Build();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
