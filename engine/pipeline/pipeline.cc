#include "engine/pipeline/pipeline.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/flow.h"
#include "engine/pipeline/thread_executor.h"

namespace tocsin {

namespace {

constexpr unsigned kWorkersDefault = 4;

}  // namespace

struct Pipeline::Impl {
  PipelineOptions options;
  std::shared_ptr<const RuleSet> rules;
  std::vector<Source*> sources;
  Flow::Callbacks callbacks;
  std::unique_ptr<Executor> own_executor;
  Executor* executor = nullptr;
  std::unique_ptr<Flow> flow;

  // The flow is made by Run() or by whoever calls first, when no callback can
  // be added any more.
  Mutex mutex;
  Flow* Made() {
    MutexLock lock(&mutex);
    if (flow == nullptr) {
      flow = std::make_unique<Flow>(options, executor->workers(), rules,
                                    sources, callbacks);
    }
    return flow.get();
  }
};

int DefaultWorkers() {
  const unsigned cores = std::thread::hardware_concurrency();
  return static_cast<int>(std::clamp(cores, 1u, kWorkersDefault));
}

Pipeline::Pipeline(PipelineOptions options,
                   std::shared_ptr<const RuleSet> rules,
                   std::vector<Source*> sources, AlertCallback on_alerts)
    : impl_(std::make_unique<Impl>()) {
  TOCSIN_CHECK(options.workers >= 1 && !sources.empty());
  impl_->options = options;
  impl_->rules = std::move(rules);
  impl_->sources = std::move(sources);
  impl_->callbacks.alerts = std::move(on_alerts);
  impl_->executor = options.executor;
  if (impl_->executor == nullptr) {
    const bool writes = options.store != nullptr || options.outbox != nullptr;
    if (options.workers == 1 && !(options.live && writes)) {
      impl_->own_executor = std::make_unique<SerialExecutor>();
    } else {
      impl_->own_executor =
          std::make_unique<ThreadExecutor>(options.workers, writes);
    }
    impl_->executor = impl_->own_executor.get();
  }
}

Pipeline::~Pipeline() = default;

void Pipeline::OnDeadLetter(DeadLetterCallback callback) {
  TOCSIN_CHECK(impl_->flow == nullptr);
  impl_->callbacks.dead_letter = std::move(callback);
}

void Pipeline::OnProgress(std::function<void(const PipelineCounts&)> callback) {
  TOCSIN_CHECK(impl_->flow == nullptr);
  impl_->callbacks.progress = std::move(callback);
}

void Pipeline::OnFailure(std::function<void(const absl::Status&)> callback) {
  TOCSIN_CHECK(impl_->flow == nullptr);
  impl_->callbacks.failure = std::move(callback);
}

absl::Status Pipeline::Run() {
  Flow* const flow = impl_->Made();
  TOCSIN_RETURN_IF_ERROR(flow->Restore());
  impl_->executor->Run(flow);
  flow->TellCovered();  // Of the last checkpoint.
  return flow->status();
}

void Pipeline::Stop() { impl_->Made()->Stop(); }

void Pipeline::Publish(std::shared_ptr<const RuleSet> rules) {
  impl_->Made()->Publish(std::move(rules));
}

PipelineCounts Pipeline::Counts() const { return impl_->Made()->Counts(); }

}  // namespace tocsin
