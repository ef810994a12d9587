// SPDX-License-Identifier: Apache-2.0
#include "spec/utf8.hpp"
#include "spec/yaml_reader.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

void check_line(std::string_view line, const std::string& file, std::size_t number) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (is_conflict_marker(line)) {
    throw conflict_error(file, number);
  }
  for (const char c : line) {
    if (is_forbidden(c)) {
      throw Error("{}:{}: control character 0x{:02x}", file, number, static_cast<unsigned char>(c));
    }
  }
}

}  // namespace

bool is_conflict_marker(std::string_view line) {
  if (line.size() < 7) {
    return false;
  }
  const std::string_view marker = line.substr(0, 7);
  if (marker != "<<<<<<<" && marker != ">>>>>>>" && marker != "=======" && marker != "|||||||") {
    return false;
  }
  return line.size() == 7 || line[7] == ' ';
}

Error conflict_error(const std::string& file, std::size_t line) {
  Error error =
      Error::of(ErrorKind::conflict, "{}:{}: unresolved merge conflict", file, line)
          .hint("take one side with `git checkout --ours -- {0}` or `git checkout --theirs -- {0}`, or edit it",
                shell_quoted(file));
  if (file.ends_with(".lock")) {
    error.hint("then `mlops repro` brings it up to date");
  }
  if (file.ends_with(".lock") || file.ends_with(".mlops")) {
    error.hint("after `git merge --abort` and `mlops install` the same merge does most of this by itself");
  }
  return error;
}

void check_yaml_text(std::string_view text, const std::string& file, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    throw Error("{}: larger than {}", file, human_size(limits.bytes));
  }
  const bool valid = is_utf8(text);
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    check_line(line, file, number);
    if (!valid && !is_utf8(line)) {
      throw Error("{}:{}: the text is not UTF-8", file, number);
    }
    begin = end + 1;
  }
}

YamlNode parse_yaml(std::string_view text, const std::string& file, const YamlLimits& limits) {
  check_yaml_text(text, file, limits);
  if (std::optional<YamlNode> node = read_yaml_block(text, limits)) {
    return std::move(*node);
  }
  return read_yaml_events(text, file, limits, Aliases::expand);
}

}  // namespace mlops::spec
