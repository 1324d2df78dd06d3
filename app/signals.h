// Signals as calls on a thread of their own, where anything may be done.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace tocsin {

struct SignalHandlers {
  std::function<void()> stop;  // SIGTERM, SIGINT; the second one ends at once.
  std::function<void()> reload;  // SIGHUP
  std::function<void()> reopen;  // SIGUSR1
};

// Blocks those signals in the calling thread, so make it before any other
// thread starts. One at a time in a process.
class SignalThread {
 public:
  // Blocks them alone, for what starts threads before this can be made.
  static void Block();
  explicit SignalThread(SignalHandlers handlers);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  void Loop(const SignalHandlers& handlers);

  sigset_t signals_;
  std::thread thread_;
};

}  // namespace tocsin
