#include "app/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <utility>

#include "app/exit_code.h"

namespace tocsin {
namespace {

constexpr int kEnd = SIGUSR2;  // Sent by the destructor alone.

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, kEnd}) {
    sigaddset(&signals, signal);
  }
  return signals;
}

}  // namespace

void SignalThread::Block() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

SignalThread::SignalThread(SignalHandlers handlers) : signals_(Signals()) {
  Block();
  thread_ =
      std::thread([this, handlers = std::move(handlers)] { Loop(handlers); });
}

SignalThread::~SignalThread() {
  pthread_kill(thread_.native_handle(), kEnd);
  thread_.join();
}

void SignalThread::Loop(const SignalHandlers& handlers) {
  bool stopping = false;
  for (;;) {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0) continue;
    switch (signal) {
      case kEnd:
        return;
      case SIGHUP:
        handlers.reload();
        break;
      case SIGUSR1:
        handlers.reopen();
        break;
      default:
        if (stopping) _exit(kExitCouldNotRun);
        stopping = true;
        handlers.stop();
    }
  }
}

}  // namespace tocsin
