// SPDX-License-Identifier: Apache-2.0
#include "util/error.hpp"

#include <cctype>
#include <cerrno>
#include <cstring>

#include "util/text.hpp"

namespace mlops {
namespace {

std::string reason(int code) {
  const char* known = strerrordesc_np(code);
  std::string text = known != nullptr ? known : fmt::format("error {}", code);
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

const char* advice(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "free some space and run the command again; nothing half-written was kept";
    case EACCES:
    case EPERM:
      return "check who owns it and its permissions (`ls -ld` shows both)";
    case EROFS:
      return "the file system is mounted read-only";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (`ulimit -n`) or use fewer jobs";
    default:
      return nullptr;
  }
}

}  // namespace

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failed:
      return "failed";
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::missing:
      return "missing";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::network:
      return "network";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::changed:
      return "changed";
    case ErrorKind::stage:
      return "stage";
    case ErrorKind::untrusted:
      return "untrusted";
    case ErrorKind::format:
      return "format";
  }
  return "failed";
}

Error system_error(int code, std::string_view what, std::string_view subject) {
  const ErrorKind kind = code == ENOENT ? ErrorKind::missing : ErrorKind::failed;
  Error error = Error::of(kind, "cannot {} {}: {}", what, quoted(subject), reason(code)).from_system(code);
  if (const char* text = advice(code)) {
    return std::move(error).hint("{}", text);
  }
  return error;
}

}  // namespace mlops
