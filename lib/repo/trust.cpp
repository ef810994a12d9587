// SPDX-License-Identifier: Apache-2.0
//
// What this clone trusts, one line each: "config <sha256 of the text>" or "url <url>". The file lies in the git
// directory, where nothing that is committed can reach.

#include <algorithm>
#include <vector>

#include "fs/file.hpp"
#include "hash/hasher.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t size_limit = 1U << 20U;

std::string config_line(std::string_view text) {
  return "config " + hash::digest_of(hash::Algorithm::sha256, text).hex();
}

std::string url_line(std::string_view url) { return "url " + std::string(url); }

bool has_line(const std::string& path, const std::string& line) {
  const auto text = fs::try_read_file(path, size_limit);
  if (!text) {
    return false;
  }
  const std::vector<std::string> lines = split(*text, '\n');
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

void add_line(const std::string& path, const std::string& line) {
  if (has_line(path, line)) {
    return;
  }
  fs::make_directories(path.substr(0, path.rfind('/')));
  fs::write_file_atomic(path, fs::try_read_file(path, size_limit).value_or("") + line + "\n", 0600);
}

}  // namespace

Trust::Trust(std::string git_common_dir) : path_(std::move(git_common_dir) + "/mlops/trust") {}

bool Trust::config_trusted(std::string_view text) const { return has_line(path_, config_line(text)); }

bool Trust::url_trusted(std::string_view url) const { return has_line(path_, url_line(url)); }

void Trust::trust_config(std::string_view text) const { add_line(path_, config_line(text)); }

void Trust::trust_url(std::string_view url) const { add_line(path_, url_line(url)); }

void Trust::forget_all() const { fs::remove_file(path_); }

}  // namespace mlops::repo
