#include "connectors/http/listen_address.h"

#include <charconv>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "boost/asio/ip/address.hpp"

namespace tocsin {

absl::StatusOr<boost::asio::ip::tcp::endpoint> ParseListen(
    const std::string& listen, std::string_view example) {
  const std::size_t colon = listen.rfind(':');
  std::uint16_t port = 0;
  std::string host = listen.substr(0, colon == std::string::npos ? 0 : colon);
  const char* const end = listen.data() + listen.size();
  const auto [stopped, bad] = std::from_chars(
      listen.data() + (colon == std::string::npos ? 0 : colon + 1), end, port);
  if (colon == std::string::npos || bad != std::errc() || stopped != end) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "`%s` is not an address and a port, such as %s", listen, example));
  }
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrFormat("`%s` is not an IP address", host));
  }
  return boost::asio::ip::tcp::endpoint(address, port);
}

}  // namespace tocsin
