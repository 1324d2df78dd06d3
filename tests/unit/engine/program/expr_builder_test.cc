#include "engine/program/expr_builder.h"

#include "engine/program/index_plan.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

ExprNode NodeOf(Op op, std::uint32_t index = kNoIndex) {
  ExprNode node;
  node.op = op;
  node.index = index;
  return node;
}

TEST(ExprBuilderTest, EqualNodesAreOneAndSharedOnesAreMarked) {
  ExprPoolBuilder builder;
  const ExprId field = builder.AddField(3);
  const ExprId text = builder.AddConstant({std::string("a")});
  const ExprId equal = builder.Add(NodeOf(Op::kEqual), {field, text});
  EXPECT_EQ(builder.Add(NodeOf(Op::kEqual), {builder.AddField(3), text}),
            equal);
  const ExprId other = builder.Add(NodeOf(Op::kNot), {equal});
  builder.AddRoot(other);
  builder.AddRoot(equal);
  const ExprPool pool = builder.Build();
  EXPECT_EQ(pool.size(), 4u);
  EXPECT_TRUE(pool.node(equal).shared);
  EXPECT_FALSE(pool.node(other).shared);
  EXPECT_EQ(FieldsRead(pool, other), std::vector<FieldId>{3});
}

TEST(ExprBuilderTest, OneAndOnePointZeroAreTwoConstants) {
  ExprPoolBuilder builder;
  EXPECT_NE(builder.AddConstant({std::int64_t{1}}), builder.AddConstant({1.0}));
}

TEST(ExprBuilderTest, ConjunctionsRunCheapestFirstWithoutRepetition) {
  ExprPoolBuilder builder;
  const ExprId field = builder.AddField(0);
  const ExprId text = builder.AddConstant({std::string("a")});
  const ExprId slow = builder.Add(
      NodeOf(Op::kMatches, builder.Pattern("", PreparedPattern::Kind::kRegex,
                                           {"a"}, false, false)),
      {field});
  const ExprId fast = builder.Add(NodeOf(Op::kEqual), {field, text});
  const ExprId both = builder.Add(NodeOf(Op::kAnd), {slow, fast, slow});
  EXPECT_EQ(builder.Add(NodeOf(Op::kAnd), {fast, fast}), fast);
  const ExprPool pool = builder.Build();
  const ExprNode& node = pool.node(both);
  ASSERT_EQ(node.child_count, 2u);
  EXPECT_EQ(pool.child(node, 0), fast);
  EXPECT_EQ(pool.child(node, 1), slow);
}

TEST(ExprBuilderTest, WhatReadsAVariableVariesUntilItIsBound) {
  ExprPoolBuilder builder;
  const ExprId field = builder.AddField(0);
  const ExprId variable = builder.Add(NodeOf(Op::kVariable, 2), {});
  const ExprId constant = builder.Add(
      NodeOf(Op::kEqual), {field, builder.AddConstant({std::int64_t{1}})});
  const ExprId test = builder.Add(NodeOf(Op::kEqual), {variable, field});
  const ExprId body = builder.Add(NodeOf(Op::kAnd), {test, constant});
  const ExprId any = builder.Add(NodeOf(Op::kAny, 2), {field, body});
  const ExprId unbound = builder.Add(NodeOf(Op::kAny, 1), {field, body});
  const ExprPool pool = builder.Build();
  EXPECT_TRUE(pool.node(test).varies);
  EXPECT_TRUE(pool.node(body).varies);
  EXPECT_FALSE(pool.node(any).varies);
  EXPECT_TRUE(pool.node(unbound).varies);
  // It stands in a loop but does not change in it.
  EXPECT_TRUE(pool.node(constant).shared);
}

}  // namespace
}  // namespace tocsin
