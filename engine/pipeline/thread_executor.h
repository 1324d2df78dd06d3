// Runs the steps of a graph on threads: the caller's reads the input, the
// others do the rest.
#pragma once

#include "engine/base/executor.h"

namespace tocsin {

class ThreadExecutor : public Executor {
 public:
  explicit ThreadExecutor(int workers) : workers_(workers) {}
  int workers() const override { return workers_; }
  void Run(StepGraph* graph) override;

 private:
  int workers_;
};

}  // namespace tocsin
