#include "engine/program/expr.h"

#include "engine/program/prepared.h"

namespace tocsin {

ExprPool::ExprPool() = default;
ExprPool::~ExprPool() = default;
ExprPool::ExprPool(ExprPool&&) noexcept = default;
ExprPool& ExprPool::operator=(ExprPool&&) noexcept = default;

}  // namespace tocsin
