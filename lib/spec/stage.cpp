// SPDX-License-Identifier: Apache-2.0
#include "spec/stage.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace mlops::spec {

namespace {

constexpr std::size_t max_name_bytes = 200;

bool is_name_byte(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool digit = c >= '0' && c <= '9';
  // Letters of other alphabets are all bytes above ASCII.
  return letter || digit || c == '_' || c == '-' || c == '.' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

const Stage* Project::find(std::string_view name) const {
  const auto found = std::ranges::find_if(stages, [&](const Stage& stage) { return stage.name == name; });
  return found == stages.end() ? nullptr : &*found;
}

std::vector<const Stage*> Project::find_all(std::string_view name) const {
  if (const Stage* stage = find(name)) {
    return {stage};
  }
  std::vector<const Stage*> found;
  for (const Stage& stage : stages) {
    if (stage.name.size() > name.size() && stage.name[name.size()] == '@' && stage_group(stage) == name) {
      found.push_back(&stage);
    }
  }
  return found;
}

std::string stage_address(const fs::RepoPath& file, std::string_view name) {
  return file.parent().is_root() ? std::string(name) : file.str() + ":" + std::string(name);
}

std::string local_name(const fs::RepoPath& file, std::string_view address) {
  const std::string prefix = stage_address(file, "");
  return std::string(address.starts_with(prefix) ? address.substr(prefix.size()) : address);
}

StageAddress parse_stage_address(std::string_view address, std::string_view pipeline) {
  const std::string end_of_file = "/" + std::string(pipeline) + ":";
  const std::size_t at = address.find(end_of_file);
  if (at == std::string_view::npos) {
    return {.file = fs::RepoPath::parse(pipeline), .name = std::string(address)};
  }
  const std::size_t colon = at + end_of_file.size() - 1;
  return {.file = fs::RepoPath::parse(address.substr(0, colon)), .name = std::string(address.substr(colon + 1))};
}

std::optional<std::string> stage_group(std::string_view name) {
  const std::size_t at = name.rfind('@');
  return at == std::string_view::npos ? std::nullopt : std::optional(std::string(name.substr(0, at)));
}

std::optional<std::string> stage_group(const Stage& stage) {
  const auto group = stage_group(local_name(stage.file, stage.name));
  return group ? std::optional(stage_address(stage.file, *group)) : std::nullopt;
}

std::string check_stage_name(std::string_view name) {
  if (name.empty()) {
    return "is empty";
  }
  if (name.size() > max_name_bytes) {
    return "is longer than " + std::to_string(max_name_bytes) + " bytes";
  }
  if (name.front() == '-') {
    return "begins with '-'";
  }
  if (name == "." || name == "..") {
    return "is a directory";
  }
  if (name.front() == '@' || name.back() == '@') {
    return "has nothing on one side of its '@'";
  }
  // What foreach and matrix put behind the '@' is the user's data.
  if (!is_utf8(name) || has_control(name) || !std::ranges::all_of(name.substr(0, name.find('@')), is_name_byte)) {
    return "may hold only letters, digits, '_', '-' and '.'";
  }
  return "";
}

std::string check_stage_address(std::string_view address) {
  std::string reason = check_stage_name(address);
  // Behind an '@' a name may hold a ':' as well.
  for (std::size_t at = address.find(':'); !reason.empty() && at != std::string_view::npos;
       at = address.find(':', at + 1)) {
    const auto file = fs::RepoPath::try_parse(address.substr(0, at));
    const bool fine = file && !file->is_root() && is_utf8(file->str()) && !has_control(file->str());
    reason = fine ? check_stage_name(address.substr(at + 1)) : reason;
  }
  return reason;
}

}  // namespace mlops::spec
