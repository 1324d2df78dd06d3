// A journal's files that fail, tear and block where a test says.
#pragma once

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "connectors/journal/journal_storage.h"

namespace tocsin::testing {

class FaultyStorage : public JournalStorage {
 public:
  // Called before each operation that changes something: "create", "write",
  // "truncate", "sync", "sync folder", "remove". Its errno, when not 0, is the
  // outcome, and nothing was done; but a write was done up to `torn_bytes`.
  using Before = std::function<int(const std::string& operation)>;

  FaultyStorage(std::unique_ptr<JournalStorage> real, Before before)
      : real_(std::move(real)), before_(std::move(before)) {}
  std::atomic<std::size_t> torn_bytes{0};

  const std::string& folder() const override { return real_->folder(); }
  int List(std::vector<std::string>* names) override {
    return real_->List(names);
  }
  int Create(const std::string& name, int* file) override {
    const int error = before_("create");
    return error != 0 ? error : real_->Create(name, file);
  }
  int Open(const std::string& name, int* file) override {
    return real_->Open(name, file);
  }
  void Close(int file) override { real_->Close(file); }
  int Size(int file, std::uint64_t* size) override {
    return real_->Size(file, size);
  }
  int Write(int file, std::uint64_t offset,
            std::span<const std::string_view> pieces) override {
    const int error = before_("write");
    if (error == 0) return real_->Write(file, offset, pieces);
    std::string all;
    for (const std::string_view piece : pieces) all.append(piece);
    const std::string_view some =
        std::string_view(all).substr(0, torn_bytes.load());
    const std::string_view torn[] = {some};
    if (!some.empty()) real_->Write(file, offset, torn);
    return error;
  }
  int Read(int file, std::uint64_t offset, char* into, std::size_t size,
           std::size_t* got) override {
    return real_->Read(file, offset, into, size, got);
  }
  int Truncate(int file, std::uint64_t size) override {
    const int error = before_("truncate");
    return error != 0 ? error : real_->Truncate(file, size);
  }
  int Sync(int file) override {
    const int error = before_("sync");
    return error != 0 ? error : real_->Sync(file);
  }
  int SyncFolder() override {
    const int error = before_("sync folder");
    return error != 0 ? error : real_->SyncFolder();
  }
  int Remove(const std::string& name) override {
    const int error = before_("remove");
    return error != 0 ? error : real_->Remove(name);
  }

 private:
  std::unique_ptr<JournalStorage> real_;
  Before before_;
};

}  // namespace tocsin::testing
