// What RocksDB has to say, in our own log: without a logger it writes a file
// LOG beside its tables, and aborts the process when that cannot be written.
#pragma once

#include <memory>

namespace rocksdb {
class Logger;
}  // namespace rocksdb

namespace tocsin {

// Its warnings and errors; nothing else.
std::shared_ptr<rocksdb::Logger> MakeRocksLogger();

}  // namespace tocsin
