// tocsin_bench_bare --rules PATH [--rules PATH ...] FILE
// Reads the fields that the rules read with bare simdjson, from read()s of
// 256 KiB on one thread, and prints one JSON object: what `tocsin replay` is
// measured against. The rules are compiled before the clock starts.
//
// tocsin_bench_bare --calibrate
// Times a fixed kernel; bench/run counts a repetition only when it was quiet.
//
// Exit status 0, 1 when the file or the rules cannot be read, 2 on wrong
// arguments.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/e2e/bare_extract.h"
#include "dsl/check/check.h"
#include "dsl/compile/compile.h"
#include "dsl/parser/parse.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kRead = 256u << 10;

// Processor time of this process: what other jobs on the machine take is not
// ours.
double Now() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

bool ReadWhole(const std::string& path, std::string* bytes) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  bytes->assign(std::istreambuf_iterator<char>(in), {});
  return true;
}

std::vector<std::string> RuleFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      out.push_back(path);
      continue;
    }
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path, error)) {
      if (entry.path().extension() == ".rules") {
        out.push_back(entry.path().string());
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// nullptr when they do not check: `tocsin check` says why.
std::shared_ptr<const RuleSet> CompileRules(
    const std::vector<std::string>& paths) {
  dsl::SourceSet sources;
  dsl::DiagnosticSink sink;
  std::vector<dsl::FileId> ids;
  for (const std::string& file : RuleFiles(paths)) {
    std::string bytes;
    if (!ReadWhole(file, &bytes)) return nullptr;
    ids.push_back(sources.Add(dsl::SourceFile(file, std::move(bytes))));
  }
  std::vector<dsl::cst::File> files;
  for (const dsl::FileId id : ids) {
    files.push_back(dsl::Parse(sources, id, &sink));
  }
  dsl::CheckOptions options;
  options.lint = false;
  options.read_file = [](const std::string& from, const std::string& name,
                         std::string* bytes, std::string* error) {
    const auto path = std::filesystem::path(from).parent_path() / name;
    *error = "cannot be read";
    return ReadWhole(path.string(), bytes);
  };
  const dsl::CheckedRules rules = dsl::Check(files, sources, options, &sink);
  return rules.ok ? dsl::Compile(rules) : nullptr;
}

bool Measure(const std::string& path, const Projection& projection) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  BareExtractor extractor(projection);
  BareTotals totals;
  std::vector<char> buffer(2 * kRead + BareExtractor::kPadding);
  std::size_t held = 0;
  std::uint64_t bytes = 0;
  const double start = Now();
  for (;;) {
    if (buffer.size() < held + kRead + BareExtractor::kPadding) {
      buffer.resize(2 * (held + kRead) + BareExtractor::kPadding);
    }
    const ssize_t got = ::read(fd, buffer.data() + held, kRead);
    if (got <= 0) break;
    bytes += static_cast<std::uint64_t>(got);
    const std::size_t size = held + static_cast<std::size_t>(got);
    const std::string_view all(buffer.data(), size);
    const std::size_t last = all.rfind('\n');
    if (last == std::string_view::npos) {
      held = size;
      continue;
    }
    extractor.Extract(all.substr(0, last + 1), &totals);
    held = size - last - 1;
    std::memmove(buffer.data(), buffer.data() + last + 1, held);
  }
  if (held > 0) extractor.Extract({buffer.data(), held}, &totals);
  const double seconds = Now() - start;
  ::close(fd);
  std::printf(
      "{\"bytes\":%llu,\"events\":%llu,\"refused\":%llu,\"values\":%llu,"
      "\"checksum\":%llu,\"fields\":%zu,\"seconds\":%.6f}\n",
      static_cast<unsigned long long>(bytes),
      static_cast<unsigned long long>(totals.events),
      static_cast<unsigned long long>(totals.refused),
      static_cast<unsigned long long>(totals.values),
      static_cast<unsigned long long>(totals.checksum),
      projection.fields().size(), seconds);
  return true;
}

// About 0.3 ms of dependent arithmetic; the best of a few.
void Calibrate() {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const double start = Now();
    std::uint64_t x = 88172645463325252ULL;
    for (int i = 0; i < 300'000; ++i) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
    }
    const double seconds = Now() - start + (x == 0 ? 1 : 0);
    best = std::min(best, seconds);
  }
  std::printf("%.9f\n", best);
}

int Main(int argc, char** argv) {
  std::vector<std::string> rules;
  std::string file;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--calibrate") {
      Calibrate();
      return 0;
    }
    if (word == "--rules" && i + 1 < argc) {
      rules.emplace_back(argv[++i]);
    } else if (file.empty() && !word.starts_with("--")) {
      file = word;
    } else {
      file.clear();
      break;
    }
  }
  if (file.empty() || rules.empty()) {
    std::fputs("usage: tocsin_bench_bare --rules PATH ... FILE | --calibrate\n",
               stderr);
    return 2;
  }
  const std::shared_ptr<const RuleSet> set = CompileRules(rules);
  if (set == nullptr) {
    std::fputs("tocsin_bench_bare: the rules do not compile\n", stderr);
    return 1;
  }
  if (!Measure(file, set->projection)) {
    std::perror(file.c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) { return tocsin::bench::Main(argc, argv); }
