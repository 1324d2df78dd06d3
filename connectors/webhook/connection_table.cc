#include "connectors/webhook/connection_table.h"

#include <algorithm>
#include <utility>

namespace tocsin::webhook {
namespace {

constexpr std::size_t kPeersRemembered = 65'536;
constexpr double kMicros = 1e6;

}  // namespace

ConnectionTable::Id ConnectionTable::Enter(const std::string& peer,
                                           std::function<void()> evict) {
  MutexLock lock(&mutex_);
  const auto known = peers_.find(peer);
  if (known != peers_.end() && known->second.open >= most_per_peer_ &&
      !MakeRoom(known->second.waiting, known->second.open)) {
    return 0;
  }
  if (connections_.size() >= most_ &&
      !MakeRoom(waiting_, connections_.size())) {
    return 0;
  }
  ForgetPeers();
  const Id id = next_++;
  ++peers_[peer].open;
  Connection& connection = connections_[id];
  connection.peer = peer;
  connection.evict = std::move(evict);
  List(id, &connection);
  return id;
}

// Who keeps coming can push out strangers until half of the room is theirs: so
// none of them is pushed out by the next few.
bool ConnectionTable::MakeRoom(const Waiting& waiting, std::size_t open) {
  const bool crowd = waiting.strangers.size() * 2 >= open;
  const std::list<Id>& from =
      !waiting.strangers.empty() && (crowd || waiting.known.empty())
          ? waiting.strangers
          : waiting.known;
  if (from.empty()) return false;
  const Id id = from.front();
  connections_[id].evict();
  ++evicted_;
  Drop(id);
  return true;
}

void ConnectionTable::List(Id id, Connection* connection) {
  const auto add = [&](Waiting* waiting) {
    std::list<Id>& list = waiting->Of(connection->known);
    return list.insert(list.end(), id);
  };
  connection->of_peer = add(&peers_[connection->peer].waiting);
  connection->of_all = add(&waiting_);
}

void ConnectionTable::Unlist(Connection* connection) {
  if (connection->held) return;
  Waiting& of_peer = peers_[connection->peer].waiting;
  of_peer.Of(connection->known).erase(connection->of_peer);
  waiting_.Of(connection->known).erase(connection->of_all);
}

void ConnectionTable::Drop(Id id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Unlist(&found->second);
  const auto peer = peers_.find(found->second.peer);
  if (--peer->second.open == 0 && rate_ == 0) peers_.erase(peer);
  connections_.erase(found);
}

void ConnectionTable::Progress(Id id) {
  MutexLock lock(&mutex_);
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second.held) return;
  Unlist(&found->second);
  List(id, &found->second);
}

void ConnectionTable::Hold(Id id) {
  MutexLock lock(&mutex_);
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Unlist(&found->second);
  found->second.known = found->second.held = true;
}

void ConnectionTable::Answered(Id id) {
  MutexLock lock(&mutex_);
  const auto found = connections_.find(id);
  if (found == connections_.end() || !found->second.held) return;
  found->second.held = false;
  List(id, &found->second);
}

void ConnectionTable::Leave(Id id) {
  MutexLock lock(&mutex_);
  Drop(id);
}

bool ConnectionTable::EvictOne() {
  MutexLock lock(&mutex_);
  return MakeRoom(waiting_, connections_.size());
}

bool ConnectionTable::TakeRequest(const std::string& peer,
                                  std::int64_t now_us) {
  if (rate_ == 0) return true;
  MutexLock lock(&mutex_);
  Peer& of = peers_[peer];
  const double most = rate_;
  const double gained = static_cast<double>(now_us - of.at_us) / kMicros * most;
  of.tokens = of.tokens < 0 ? most : std::min(most, of.tokens + gained);
  of.at_us = now_us;
  if (of.tokens < 1) return false;
  of.tokens -= 1;
  return true;
}

// Those that are gone are remembered for their rate, but not without end.
void ConnectionTable::ForgetPeers() {
  if (peers_.size() < kPeersRemembered) return;
  absl::erase_if(peers_,
                 [](const auto& peer) { return peer.second.open == 0; });
}

std::size_t ConnectionTable::open() const {
  MutexLock lock(&mutex_);
  return connections_.size();
}

std::uint64_t ConnectionTable::evicted() const {
  MutexLock lock(&mutex_);
  return evicted_;
}

}  // namespace tocsin::webhook
