// An address to listen on, as it is written.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "boost/asio/ip/tcp.hpp"

namespace tocsin {

// "127.0.0.1:80", "[::1]:80", "localhost:80"; no other names. InvalidArgument
// says what is wrong, and `example` how it may look.
absl::StatusOr<boost::asio::ip::tcp::endpoint> ParseListen(
    const std::string& listen, std::string_view example);

}  // namespace tocsin
