#include "tests/testing/subprocess.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace tocsin::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLongest{60};
constexpr std::chrono::milliseconds kStep{10};

constexpr id_t kNobody = 65534;

[[noreturn]] void Become(const std::vector<std::string>& words,
                         bool unprivileged = false) {
  std::vector<char*> argv;
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  if (unprivileged && geteuid() == 0) {
    // Opened before: nobody may not get to where the program was built.
    const int program = open(argv[0], O_RDONLY | O_CLOEXEC);
    const bool became = setgroups(0, nullptr) == 0 && setgid(kNobody) == 0 &&
                        setuid(kNobody) == 0;
    if (became) fexecve(program, argv.data(), environ);
    _exit(126);
  }
  execvp(argv[0], argv.data());
  _exit(127);
}

int ExitCode(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) * 1e-6;
}

// Feeds `input` and collects both outputs until the process closes them.
void Communicate(int in, int out, int err, const std::string& input, pid_t pid,
                 ProcessResult* result) {
  const auto deadline = SteadyClock::now() + kLongest;
  std::size_t fed = 0;
  if (input.empty()) {
    close(in);
    in = -1;
  }
  while (out >= 0 || err >= 0) {
    if (SteadyClock::now() > deadline) kill(pid, SIGKILL);
    pollfd waited[3] = {{in, POLLOUT, 0}, {out, POLLIN, 0}, {err, POLLIN, 0}};
    poll(waited, 3, 100);
    if (in >= 0 && waited[0].revents != 0) {
      const ssize_t wrote = write(in, input.data() + fed, input.size() - fed);
      if (wrote > 0) fed += static_cast<std::size_t>(wrote);
      if (wrote <= 0 || fed == input.size()) {
        close(in);
        in = -1;
      }
    }
    char buffer[65536];
    for (int i = 1; i < 3; ++i) {
      if (waited[i].fd < 0 || waited[i].revents == 0) continue;
      const ssize_t got = read(waited[i].fd, buffer, sizeof(buffer));
      if (got > 0) {
        (i == 1 ? result->out : result->err)
            .append(buffer, static_cast<std::size_t>(got));
      } else {
        close(waited[i].fd);
        (i == 1 ? out : err) = -1;
      }
    }
  }
  if (in >= 0) close(in);
}

template <typename Holds>
bool WaitUntil(double seconds, const Holds& holds) {
  const auto deadline =
      SteadyClock::now() + std::chrono::duration<double>(seconds);
  for (;;) {
    if (holds()) return true;
    if (SteadyClock::now() > deadline) return false;
    std::this_thread::sleep_for(kStep);
  }
}

}  // namespace

ProcessResult RunProcess(const std::vector<std::string>& words,
                         const ProcessOptions& options) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
      pipe2(err, O_CLOEXEC) != 0) {
    return {};
  }
  signal(SIGPIPE, SIG_IGN);
  const pid_t pid = fork();
  if (pid == 0) {
    signal(SIGPIPE, SIG_DFL);
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    for (const auto& [name, value] : options.env) {
      setenv(name.c_str(), value.c_str(), 1);
    }
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) {
      _exit(126);
    }
    Become(words, options.unprivileged);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  ProcessResult result;
  Communicate(in[1], out[0], err[0], options.input, pid, &result);
  int status = 0;
  rusage used{};
  wait4(pid, &status, 0, &used);
  result.exit_code = ExitCode(status);
  result.cpu_seconds = Seconds(used.ru_utime) + Seconds(used.ru_stime);
  result.peak_bytes = used.ru_maxrss * std::int64_t{1024};
  return result;
}

BackgroundProcess::BackgroundProcess(const std::vector<std::string>& words,
                                     const std::string& out_path,
                                     const std::string& err_path)
    : out_path_(out_path), err_path_(err_path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
  pid_ = fork();
  if (pid_ == 0) {
    const int none = open("/dev/null", O_RDONLY);
    dup2(none, 0);
    dup2(open(out_path.c_str(), kFlags, 0600), 1);
    dup2(open(err_path.c_str(), kFlags, 0600), 2);
    Become(words);
  }
}

BackgroundProcess::~BackgroundProcess() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void BackgroundProcess::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

int BackgroundProcess::WaitForEnd(double seconds) {
  if (pid_ < 0) return exit_code_;
  WaitUntil(seconds, [&] {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    exit_code_ = ExitCode(status);
    pid_ = -1;
    return true;
  });
  return exit_code_;
}

std::string BackgroundProcess::out() const { return ReadText(out_path_); }

std::string BackgroundProcess::err() const { return ReadText(err_path_); }

bool BackgroundProcess::WaitForOut(const std::string& text, int times,
                                   double seconds) const {
  return WaitForFile(out_path_, text, times, seconds);
}

bool BackgroundProcess::WaitForErr(const std::string& text, int times,
                                   double seconds) const {
  return WaitForFile(err_path_, text, times, seconds);
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

int CountOf(const std::string& text, const std::string& what) {
  int count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

bool WaitForFile(const std::string& path, const std::string& text, int times,
                 double seconds) {
  return WaitUntil(seconds,
                   [&] { return CountOf(ReadText(path), text) >= times; });
}

}  // namespace tocsin::testing
