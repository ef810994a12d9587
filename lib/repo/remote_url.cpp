// SPDX-License-Identifier: Apache-2.0
#include "repo/remote_url.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "repo/layout.hpp"

namespace mlops::repo {
namespace {

constexpr std::string_view scheme_mark = "://";

/// Where user and password stand in a url: from `begin` up to the '@' at `end`; nothing when there are none.
struct UserPart {
  std::size_t begin, end;
};
std::optional<UserPart> find_user(const std::string& url) {
  const std::size_t scheme = url.find(scheme_mark);
  if (scheme == std::string::npos) {
    return std::nullopt;
  }
  const std::size_t begin = scheme + scheme_mark.size();
  const std::size_t at = url.substr(0, url.find_first_of("/?#", begin)).rfind('@');
  return at == std::string::npos || at < begin ? std::nullopt : std::optional(UserPart{begin, at});
}

bool in_my_groups(gid_t group) {
  const int count = ::getgroups(0, nullptr);
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(count, 0)));
  if (count > 0 && ::getgroups(count, groups.data()) < 0) {
    groups.clear();
  }
  return group == ::getegid() || std::find(groups.begin(), groups.end(), group) != groups.end();
}

/// Whether `path` is there, is no link, and belongs to us, root or one of our groups.
bool belongs_to_us(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || S_ISLNK(found.st_mode)) {
    return false;
  }
  return found.st_uid == ::geteuid() || found.st_uid == 0 || in_my_groups(found.st_gid);
}

}  // namespace

std::string resolved_url(const ConfigValue& value) {
  if (!is_folder_url(value.value) || value.level == ConfigLevel::environment) {
    return value.value;
  }
  return absolute_path(value.file.substr(0, value.file.rfind('/')), value.value);
}

std::string shown_url(const std::string& url) {
  const auto user = find_user(url);
  return user ? url.substr(0, user->begin) + url.substr(user->end + 1) : url;
}

bool has_password(const std::string& url) {
  const auto user = find_user(url);
  return user && url.substr(user->begin, user->end - user->begin).find(':') != std::string::npos;
}

bool is_own_remote_folder(const std::string& folder, const spec::ConfigFormat& format) {
  const std::string real = real_path(folder);
  const std::vector<std::string> marks = format.remote_marks();
  return belongs_to_us(real) && std::any_of(marks.begin(), marks.end(),
                                            [&](const std::string& mark) { return belongs_to_us(real + "/" + mark); });
}

}  // namespace mlops::repo
