// SPDX-License-Identifier: Apache-2.0
#include "repo/placed.hpp"

#include <fmt/core.h>

#include <charconv>

#include "fs/file.hpp"
#include "repo/checkout.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::string_view magic = "mlops-placed 1";
constexpr std::uint64_t size_limit = 256U << 20U;
constexpr std::size_t fields = 5;

std::string note_path(const Workspace& workspace) { return workspace.state_directory() + "/placed"; }

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<std::pair<fs::RepoPath, store::Entry>> parse_line(const std::string& line, hash::Algorithm algorithm) {
  // The path comes last: it may hold spaces.
  std::vector<std::string> words;
  std::size_t at = 0;
  while (words.size() + 1 < fields) {
    const std::size_t space = line.find(' ', at);
    if (space == std::string::npos) {
      return std::nullopt;
    }
    words.push_back(line.substr(at, space - at));
    at = space + 1;
  }
  const auto kind = store::parse_entry_kind(words[0]);
  const auto digest = hash::Digest::parse(algorithm, words[1]);
  const auto size = parse_number(words[2]);
  const auto files = parse_number(words[3]);
  const auto name = store::unescape_name(line.substr(at));
  const auto path = name ? fs::RepoPath::try_parse(*name) : std::nullopt;
  if (!kind || !digest || !size || !files || !path) {
    return std::nullopt;
  }
  return std::pair(*path, store::Entry{*kind, *digest, *size, *files});
}

std::string encode(const Placed& placed) {
  std::string text = std::string(magic) + "\n";
  for (const auto& [path, entry] : placed) {
    text += fmt::format("{} {} {} {} {}\n", store::to_string(entry.kind), entry.digest.hex(), entry.size, entry.files,
                        store::escape_name(path.str()));
  }
  return text;
}

}  // namespace

Placed read_placed(const Workspace& workspace) {
  const auto text = fs::try_read_file(note_path(workspace), size_limit);
  Placed placed;
  if (!text) {
    return placed;
  }
  std::vector<std::string> lines = split(*text, '\n');
  if (lines.front() != magic) {
    return placed;
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (auto item = parse_line(lines[i], workspace.dialect().algorithm())) {
      placed.insert_or_assign(std::move(item->first), item->second);
    }
  }
  return placed;
}

void note_placed(Workspace& workspace,
                 const std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>>& placed) {
  try {
    const auto lock = workspace.lock_metadata();
    const Placed before = read_placed(workspace);
    Placed after = before;
    for (const auto& [path, entry] : placed) {
      if (entry) {
        after.insert_or_assign(path, *entry);
      } else {
        after.erase(path);
      }
    }
    if (after != before) {
      fs::write_file_atomic(note_path(workspace), encode(after), 0600, fs::Durability::off);
    }
  } catch (const Error& failure) {
    log::debug("what was placed is not noted: {}", failure.what());
  }
}

}  // namespace mlops::repo
