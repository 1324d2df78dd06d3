// Early return for functions that give an absl::Status or StatusOr.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define TOCSIN_RETURN_IF_ERROR(expr)                                \
  do {                                                              \
    if (absl::Status tocsin_status = (expr); !tocsin_status.ok()) { \
      return tocsin_status;                                         \
    }                                                               \
  } while (false)

#define TOCSIN_CONCAT_(a, b) a##b
#define TOCSIN_CONCAT(a, b) TOCSIN_CONCAT_(a, b)
#define TOCSIN_ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)
#define TOCSIN_ASSIGN_OR_RETURN(lhs, expr) \
  TOCSIN_ASSIGN_OR_RETURN_(TOCSIN_CONCAT(tocsin_or_, __LINE__), lhs, expr)
