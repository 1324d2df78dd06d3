// Runs a program as a user would: words in; exit code, stdout and stderr out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tocsin::testing {

struct ProcessResult {
  int exit_code = -1;  // 128 + signal when a signal ended it.
  std::string out;
  std::string err;
  double cpu_seconds = 0;       // Of its own and the system's.
  std::int64_t peak_bytes = 0;  // Resident.
};

struct ProcessOptions {
  std::string input;                       // On stdin.
  std::map<std::string, std::string> env;  // Over the test's own.
  std::string folder;  // Working directory; empty: the test's.
  // As nobody when the test is root, who may read everything.
  bool unprivileged = false;
};

// Waits for its end; kills it after a minute (exit code 137).
ProcessResult RunProcess(const std::vector<std::string>& words,
                         const ProcessOptions& options = {});

// A program that runs on while the test does other things. Its stdout and
// stderr go to files.
class BackgroundProcess {
 public:
  BackgroundProcess(const std::vector<std::string>& words,
                    const std::string& out_path, const std::string& err_path);
  ~BackgroundProcess();  // Kills it when it is still there.
  BackgroundProcess(const BackgroundProcess&) = delete;
  BackgroundProcess& operator=(const BackgroundProcess&) = delete;

  void Signal(int signal) const;
  // Its exit code, or -1 when it is still there after `seconds`.
  int WaitForEnd(double seconds = 20);
  std::string out() const;
  std::string err() const;
  // Waits until `text` stands in its output so many times.
  bool WaitForOut(const std::string& text, int times = 1,
                  double seconds = 20) const;
  bool WaitForErr(const std::string& text, int times = 1,
                  double seconds = 20) const;

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
  std::string out_path_, err_path_;
};

std::string ReadText(const std::string& path);
int CountOf(const std::string& text, const std::string& what);
// Waits until `path` holds `text` so many times.
bool WaitForFile(const std::string& path, const std::string& text,
                 int times = 1, double seconds = 20);

}  // namespace tocsin::testing
