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
      !MakeRoom(known->second.unproven)) {
    return 0;
  }
  if (connections_.size() >= most_ && !MakeRoom(unproven_)) return 0;
  ForgetPeers();
  const Id id = next_++;
  Peer& of = peers_[peer];
  ++of.open;
  Connection& connection = connections_[id];
  connection.peer = peer;
  connection.evict = std::move(evict);
  connection.of_peer = of.unproven.insert(of.unproven.end(), id);
  connection.of_all = unproven_.insert(unproven_.end(), id);
  return id;
}

bool ConnectionTable::MakeRoom(const std::list<Id>& unproven) {
  if (unproven.empty()) return false;
  const Id id = unproven.front();
  connections_[id].evict();
  ++evicted_;
  Drop(id);
  return true;
}

void ConnectionTable::Unlist(Connection* connection) {
  if (connection->proven) return;
  peers_[connection->peer].unproven.erase(connection->of_peer);
  unproven_.erase(connection->of_all);
}

void ConnectionTable::Drop(Id id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Unlist(&found->second);
  const auto peer = peers_.find(found->second.peer);
  if (--peer->second.open == 0 && rate_ == 0) peers_.erase(peer);
  connections_.erase(found);
}

void ConnectionTable::Prove(Id id) {
  MutexLock lock(&mutex_);
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second.proven) return;
  Unlist(&found->second);
  found->second.proven = true;
}

void ConnectionTable::Leave(Id id) {
  MutexLock lock(&mutex_);
  Drop(id);
}

bool ConnectionTable::EvictOne() {
  MutexLock lock(&mutex_);
  return MakeRoom(unproven_);
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
