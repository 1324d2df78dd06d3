// Assertions about ourselves. TOCSIN_CHECK is always on; TOCSIN_DCHECK only in
// builds without NDEBUG. A failure prints file, line and text, and aborts.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tocsin::internal {

[[noreturn]] inline void CheckFailed(const char* file, int line,
                                     const char* text) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, text);
  std::abort();
}

}  // namespace tocsin::internal

#define TOCSIN_CHECK(condition)                                        \
  do {                                                                 \
    if (!(condition)) [[unlikely]] {                                   \
      ::tocsin::internal::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                                  \
  } while (false)

#ifdef NDEBUG
#define TOCSIN_DCHECK(condition) \
  do {                           \
    (void)sizeof(condition);     \
  } while (false)
#else
#define TOCSIN_DCHECK(condition) TOCSIN_CHECK(condition)
#endif
