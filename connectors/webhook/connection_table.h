// Who is connected to an address, within its limits: whoever hangs there, by
// idleness or a trickle, makes room for the next, so that nobody is shut out.
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

  // 0 when there is no room: every connection of this peer, or of all, is
  // being answered. `evict` may be called once, by another thread, to make
  // room; it must not call back.
  //
  // Of those that wait, the one makes room that has not got on for longest:
  // while half are strangers one of these, else one that has been answered.
  Id Enter(const std::string& peer, std::function<void()> evict);
  // It got on with its request.
  void Progress(Id id);
  // Its request is whole and will be answered: it stays until then, and is no
  // stranger any more.
  void Hold(Id id);
  void Answered(Id id);
  void Leave(Id id);
  // One makes room; false when none can.
  bool EvictOne();
  // Whether this peer may send one more request now.
  bool TakeRequest(const std::string& peer, std::int64_t now_us);
  std::size_t open() const;
  std::uint64_t evicted() const;

 private:
  // Those that wait, the one first that has not got on for longest.
  struct Waiting {
    std::list<Id> strangers, known;
    std::list<Id>& Of(bool is_known) { return is_known ? known : strangers; }
  };
  struct Peer {
    std::size_t open = 0;
    Waiting waiting;
    double tokens = -1;  // Requests it may send; -1: not yet seen.
    std::int64_t at_us = 0;
  };
  struct Connection {
    std::string peer;
    bool known = false, held = false;
    std::list<Id>::iterator of_peer, of_all;  // Unless held.
    std::function<void()> evict;
  };

  bool MakeRoom(const Waiting& waiting, std::size_t open)
      TOCSIN_REQUIRES(mutex_);
  void List(Id id, Connection* connection) TOCSIN_REQUIRES(mutex_);
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
  Waiting waiting_ TOCSIN_GUARDED_BY(mutex_);
};

}  // namespace tocsin::webhook
