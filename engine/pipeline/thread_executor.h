// Runs the steps of a graph on threads: the caller's reads the input, the
// others do the rest.
#pragma once

#include "engine/base/executor.h"

namespace tocsin {

class ThreadExecutor : public Executor {
 public:
  // `writes`: the graph writes to a store; a thread of its own does that.
  ThreadExecutor(int workers, bool writes)
      : workers_(workers), writes_(writes) {}
  int workers() const override { return workers_; }
  void Run(StepGraph* graph) override;

 private:
  int workers_;
  bool writes_;
};

}  // namespace tocsin
