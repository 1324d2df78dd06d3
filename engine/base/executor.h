// Who runs which step next: the seam between what must happen and the threads
// on which it does. A StepGraph knows which steps may run now and what follows
// from one; an Executor chooses and runs. No result may depend on the choice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace tocsin {

// Opaque to the executor.
using Step = std::uint64_t;

// Guarded: any thread may call any function.
class StepGraph {
 public:
  using Choose = std::function<std::size_t(std::size_t)>;
  // Which steps a thread takes: reading may block on the input, writing on the
  // disk.
  enum class Part : std::uint8_t { kReading, kWriting, kRest, kAll };

  virtual ~StepGraph() = default;
  // Claims one of the n >= 1 steps that are ready now, the choose(n)-th in the
  // order from the last stage to the first; nullopt when none is ready.
  virtual std::optional<Step> Claim(const Choose& choose, Part part) = 0;
  // Runs a claimed step, with the memory of `worker` (from 0).
  virtual void Run(Step step, int worker) = 0;
  // Blocks until Claim() may give a step, or Finished().
  virtual void WaitForStep(Part part) = 0;
  // No step is left and none will come.
  virtual bool Finished() = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  // How many steps may run at once, and workers there are memory for.
  virtual int workers() const = 0;
  // Returns when the graph is finished.
  virtual void Run(StepGraph* graph) = 0;
};

// One thread, the latest stage first: a chunk is finished before the next is
// read.
class SerialExecutor : public Executor {
 public:
  int workers() const override { return 1; }
  void Run(StepGraph* graph) override;
};

// One thread that plays many workers: which ready step runs next, and on which
// worker's memory, follows from the seed. For tests.
class SeededExecutor : public Executor {
 public:
  SeededExecutor(int workers, std::uint64_t seed)
      : workers_(workers), state_(seed) {}
  int workers() const override { return workers_; }
  void Run(StepGraph* graph) override;

 private:
  std::uint64_t Next();

  int workers_;
  std::uint64_t state_;
};

}  // namespace tocsin
