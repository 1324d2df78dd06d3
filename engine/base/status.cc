#include "engine/base/status.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"

namespace tocsin {

std::string_view Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

namespace {

constexpr char kStorageFailure[] = "tocsin.storage_failure";

}  // namespace

absl::Status StorageFailure(std::string_view what) {
  absl::Status status(absl::StatusCode::kDataLoss,
                      absl::string_view(what.data(), what.size()));
  status.SetPayload(kStorageFailure, absl::Cord());
  return status;
}

bool IsStorageFailure(const absl::Status& status) {
  return status.GetPayload(kStorageFailure).has_value();
}

absl::Status Annotate(const absl::Status& status, std::string_view doing) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(),
                         absl::StrFormat("%s: %s", doing, status.message()));
  if (IsStorageFailure(status)) {
    annotated.SetPayload(kStorageFailure, absl::Cord());
  }
  return annotated;
}

absl::Status ErrnoStatus(int error_number, std::string_view doing) {
  absl::StatusCode code = absl::StatusCode::kUnavailable;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = absl::StatusCode::kNotFound;
      break;
    case EACCES:
    case EPERM:
      code = absl::StatusCode::kPermissionDenied;
      break;
    case EEXIST:
      code = absl::StatusCode::kAlreadyExists;
      break;
    case EISDIR:
    case ELOOP:
    case EINVAL:
      code = absl::StatusCode::kInvalidArgument;
      break;
    case ENOSPC:
    case EMFILE:
      code = absl::StatusCode::kResourceExhausted;
      break;
    default:
      break;
  }
  return absl::Status(
      code, absl::StrFormat("%s: %s", doing, std::strerror(error_number)));
}

}  // namespace tocsin
