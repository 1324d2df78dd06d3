#include "engine/base/executor.h"

namespace tocsin {

void SerialExecutor::Run(StepGraph* graph) {
  const StepGraph::Choose first = [](std::size_t) { return std::size_t{0}; };
  while (!graph->Finished()) {
    if (const std::optional<Step> step =
            graph->Claim(first, StepGraph::Part::kAll)) {
      graph->Run(*step, 0);
    } else {
      graph->WaitForStep(StepGraph::Part::kAll);
    }
  }
}

// splitmix64.
std::uint64_t SeededExecutor::Next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void SeededExecutor::Run(StepGraph* graph) {
  const StepGraph::Choose any = [this](std::size_t n) {
    return static_cast<std::size_t>(Next() % n);
  };
  while (!graph->Finished()) {
    if (const std::optional<Step> step =
            graph->Claim(any, StepGraph::Part::kAll)) {
      graph->Run(*step, static_cast<int>(Next() % workers_));
    } else {
      graph->WaitForStep(StepGraph::Part::kAll);
    }
  }
}

}  // namespace tocsin
