// What a thread is called, for those who look at the process from the outside.
#pragma once

#include <pthread.h>

#include <string>
#include <string_view>

namespace tocsin {

// Of the calling thread; 15 bytes at most are kept.
inline void NameThread(std::string_view name) {
  pthread_setname_np(pthread_self(), std::string(name.substr(0, 15)).c_str());
}

}  // namespace tocsin
