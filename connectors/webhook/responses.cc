#include "connectors/webhook/responses.h"

#include <string_view>

#include "absl/strings/str_format.h"

namespace tocsin::webhook {
namespace {

struct Answer {
  int code;
  std::string_view reason;
  std::string_view header;
};

constexpr Answer kAnswers[] = {
    {200, "OK", "Content-Type: application/json\r\n"},
    {400, "Bad Request", ""},
    {401, "Unauthorized", "WWW-Authenticate: Bearer\r\n"},
    {404, "Not Found", ""},
    {405, "Method Not Allowed", "Allow: POST\r\n"},
    {411, "Length Required", ""},
    {413, "Content Too Large", ""},
    {415, "Unsupported Media Type", "Accept-Encoding: gzip\r\n"},
    {417, "Expectation Failed", ""},
    {429, "Too Many Requests", ""},
    {431, "Request Header Fields Too Large", ""},
    {503, "Service Unavailable", ""},
    {505, "HTTP Version Not Supported", ""},
};

}  // namespace

std::string ResponseText(int code, bool close, bool come_again) {
  for (const Answer& answer : kAnswers) {
    if (answer.code != code) continue;
    const std::string_view body = code == 200 ? "{}" : "";
    return absl::StrFormat(
        "HTTP/1.1 %d %s\r\n%s%sContent-Length: %d\r\n%s\r\n%s", code,
        answer.reason, answer.header, come_again ? "Retry-After: 5\r\n" : "",
        body.size(), close ? "Connection: close\r\n" : "", body);
  }
  return {};
}

}  // namespace tocsin::webhook
