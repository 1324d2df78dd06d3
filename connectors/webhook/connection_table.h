// Who is connected to an address, within its limits: a connection that has
// shown nothing makes room for the next, so that idle ones shut nobody out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "engine/base/mutex.h"
#include "engine/base/strings.h"

namespace tocsin::webhook {

// Any thread may call any function.
class ConnectionTable {
 public:
  using Id = std::uint64_t;
  ConnectionTable(std::size_t most, std::size_t most_per_peer,
                  int requests_per_peer)
      : most_(most), most_per_peer_(most_per_peer), rate_(requests_per_peer) {}

  // 0 when there is no room: every connection of this peer, or of all, has been
  // proven. `evict` may be called once, by another thread, to make room; it
  // must not call back.
  Id Enter(const std::string& peer, std::function<void()> evict);
  // It sent a request that was let in: it stays.
  void Prove(Id id);
  void Leave(Id id);
  // The oldest unproven connection makes room; false when there is none.
  bool EvictOne();
  // Whether this peer may send one more request now.
  bool TakeRequest(const std::string& peer, std::int64_t now_us);
  std::size_t open() const;
  std::uint64_t evicted() const;

 private:
  struct Peer {
    std::size_t open = 0;
    std::list<Id> unproven;  // The oldest first.
    double tokens = -1;      // Requests it may send; -1: not yet seen.
    std::int64_t at_us = 0;
  };
  struct Connection {
    std::string peer;
    bool proven = false;
    std::list<Id>::iterator of_peer, of_all;
    std::function<void()> evict;
  };

  bool MakeRoom(const std::list<Id>& unproven) TOCSIN_REQUIRES(mutex_);
  void Unlist(Connection* connection) TOCSIN_REQUIRES(mutex_);
  void Drop(Id id) TOCSIN_REQUIRES(mutex_);
  void ForgetPeers() TOCSIN_REQUIRES(mutex_);

  std::size_t most_, most_per_peer_;
  int rate_;
  mutable Mutex mutex_;
  Id next_ TOCSIN_GUARDED_BY(mutex_) = 1;
  std::uint64_t evicted_ TOCSIN_GUARDED_BY(mutex_) = 0;
  StringMap<Peer> peers_ TOCSIN_GUARDED_BY(mutex_);
  absl::flat_hash_map<Id, Connection> connections_ TOCSIN_GUARDED_BY(mutex_);
  std::list<Id> unproven_ TOCSIN_GUARDED_BY(mutex_);  // The oldest first.
};

}  // namespace tocsin::webhook
