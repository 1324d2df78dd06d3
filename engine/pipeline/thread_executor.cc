#include "engine/pipeline/thread_executor.h"

#include <string>
#include <thread>
#include <vector>

#include "engine/base/thread_name.h"

namespace tocsin {
namespace {

void Work(StepGraph* graph, StepGraph::Part part, int worker) {
  const StepGraph::Choose first = [](std::size_t) { return std::size_t{0}; };
  while (!graph->Finished()) {
    if (const std::optional<Step> step = graph->Claim(first, part)) {
      graph->Run(*step, worker);
    } else {
      graph->WaitForStep(part);
    }
  }
}

}  // namespace

void ThreadExecutor::Run(StepGraph* graph) {
  std::vector<std::jthread> threads;
  for (int worker = 0; worker < workers_; ++worker) {
    threads.emplace_back([graph, worker] {
      NameThread("worker-" + std::to_string(worker));
      Work(graph, StepGraph::Part::kRest, worker);
    });
  }
  if (writes_) {
    threads.emplace_back([graph] {
      NameThread("writer");
      Work(graph, StepGraph::Part::kWriting, 0);
    });
  }
  Work(graph, StepGraph::Part::kReading, 0);
}

}  // namespace tocsin
