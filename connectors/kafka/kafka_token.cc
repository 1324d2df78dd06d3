#include "connectors/kafka/kafka_token.h"

#include <fstream>

#include "absl/strings/escaping.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

namespace tocsin {
namespace {

constexpr std::int64_t kUnsaidMs = 300'000;

}  // namespace

KafkaToken ReadKafkaToken(std::string_view text, std::int64_t now_ms) {
  KafkaToken token{std::string(text), "tocsin", now_ms + kUnsaidMs};
  const std::size_t begin = text.find('.');
  if (begin == std::string_view::npos) return token;
  const std::string_view claims =
      text.substr(begin + 1, text.find('.', begin + 1) - begin - 1);
  std::string json;
  if (!absl::WebSafeBase64Unescape(
          absl::string_view(claims.data(), claims.size()), &json) ||
      !json.starts_with('{')) {
    return token;
  }
  JsonMembers members(json);
  for (JsonMembers::Member member; members.Next(&member);) {
    JsonNumber number;
    if (member.key == "exp" &&
        ReadNumber(member.value, &number) == NumberFate::kRead) {
      const double seconds = number.kind == CellKind::kFloat
                                 ? number.f
                                 : static_cast<double>(number.i);
      token.expires_ms = static_cast<std::int64_t>(seconds * 1'000);
    } else if (member.key == "sub" && member.value.size() > 2) {
      token.subject.clear();
      AppendUnescaped(member.value.substr(1, member.value.size() - 2),
                      &token.subject);
    }
  }
  return token;
}

absl::Status SetKafkaToken(rd_kafka_t* kafka, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char why[512] = "";
  if (std::getline(in, text) && !text.empty()) {
    const KafkaToken token =
        ReadKafkaToken(text, RealClock()->WallMicros() / 1'000);
    if (rd_kafka_oauthbearer_set_token(
            kafka, token.text.c_str(), token.expires_ms, token.subject.c_str(),
            nullptr, 0, why, sizeof why) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      return absl::OkStatus();
    }
  }
  const std::string reason =
      "reading the token in " + path + ": " +
      (why[0] == '\0' ? "it is not there, or empty" : std::string(why));
  // It asks again in ten seconds.
  rd_kafka_oauthbearer_set_token_failure(kafka, reason.c_str());
  return absl::UnavailableError(reason);
}

}  // namespace tocsin
