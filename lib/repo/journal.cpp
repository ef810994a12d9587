// SPDX-License-Identifier: Apache-2.0
#include "repo/journal.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <map>
#include <set>

#include "fs/file.hpp"
#include "hash/fingerprint.hpp"
#include "repo/lock_text.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t size_limit = 1U << 30U;
constexpr std::size_t check_letters = 16;
constexpr std::string_view first_line = "mlops-journal 1\n";
constexpr std::string_view no_entry = "-";

/// One line, as parts.
struct Line {
  JournalRecord record;
  std::string replaced;  ///< check sum of the entry whose place it takes
};

std::string check_sum(std::string_view text) { return fmt::format("{:016x}", hash::fingerprint(text)); }

std::string entry_sum(const spec::LockedStage* entry) {
  return entry == nullptr ? std::string(no_entry) : check_sum(spec::locked_stage_to_json(*entry));
}

/// The name as one word of a line: what foreach puts into it, or the directory of a pipeline file, may hold spaces.
std::string written_name(const std::string& stage) {
  std::string word;
  for (const char c : stage) {
    const auto byte = static_cast<unsigned char>(c);
    word += byte <= ' ' || byte == '%' ? fmt::format("%{:02x}", byte) : std::string(1, c);
  }
  return word;
}

std::string read_name(const std::string& word) {
  std::string stage;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const auto byte = word[at] == '%' ? from_hex(std::string_view(word).substr(at + 1, 2)) : std::nullopt;
    const bool escaped = byte && byte->size() == 1;
    stage += escaped ? static_cast<char>(byte->front()) : word[at];
    at += escaped ? 2 : 0;
  }
  return stage;
}

std::string record_line(const std::string& stage, const spec::LockedStage* replaced, const spec::LockedStage& state) {
  const std::string body = written_name(stage) + " " + entry_sum(replaced) + " " + spec::locked_stage_to_json(state);
  return check_sum(body) + " " + body + "\n";
}

/// Returns nothing for a line that is torn or damaged: all before it still counts, nothing behind it does.
std::optional<Line> parse_line(const std::string& line, const std::string& path) {
  if (line.size() < check_letters + 1) {
    return std::nullopt;
  }
  const std::string body = line.substr(check_letters + 1);
  const std::size_t first = body.find(' ');
  const std::size_t second = first == std::string::npos ? first : body.find(' ', first + 1);
  if (second == std::string::npos || line.substr(0, check_letters) != check_sum(body)) {
    return std::nullopt;
  }
  return Line{.record = {read_name(body.substr(0, first)), spec::locked_stage_from_json(body.substr(second + 1), path)},
              .replaced = body.substr(first + 1, second - first - 1)};
}

/// The part of the journal that was written whole: up to its last line end.
std::string_view whole_lines(std::string_view text) { return text.substr(0, text.rfind('\n') + 1); }

/// How a file begins and ends, without reading what is between.
struct Ends {
  std::string head;
  char last = '\0';
};

Ends read_ends(const std::string& path, std::size_t head_size) {
  Ends ends;
  if (const auto fd = fs::try_open_read(path)) {
    ends.head.resize(head_size);
    ends.head.resize(fs::read_full(fd->get(), {ends.head.data(), ends.head.size()}, path));
    const auto size = static_cast<off_t>(fs::stat_fd(fd->get()).size);
    if (size == 0 || ::pread(fd->get(), &ends.last, 1, size - 1) != 1) {
      ends.last = '\0';
    }
  }
  return ends;
}

std::vector<Line> parse_lines(std::string_view text, const std::string& path) {
  std::vector<Line> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    auto line = parse_line(std::string(text.substr(start, end - start)), path);
    if (!line) {
      log::debug("the journal is damaged behind its record {}", lines.size());
      break;
    }
    lines.push_back(std::move(*line));
    start = end + 1;
  }
  return lines;
}

}  // namespace

Journal::Journal(const Workspace& workspace) : workspace_(workspace), path_(workspace.state_directory() + "/journal") {}

bool Journal::exists() const { return fs::stat_path(path_).has_value(); }

Journal::Contents Journal::read(const spec::Lock& lock) const {
  Contents contents;
  const auto text = fs::try_read_file(path_, size_limit);
  if (!text || !text->starts_with(first_line)) {
    return contents;
  }
  std::map<std::string, const spec::LockedStage*> now;
  std::set<std::string> passed_over;
  std::vector<Line> lines = parse_lines(whole_lines(*text).substr(first_line.size()), path_);
  for (const Line& line : lines) {
    const auto& [stage, state] = line.record;
    const auto known = lock.stages.find(stage);
    const auto entry = now.try_emplace(stage, known == lock.stages.end() ? nullptr : &known->second).first;
    // Folded in already by a writer that was killed before it removed the journal: nothing to add, nothing to tell.
    const bool folded = entry->second != nullptr && *entry->second == state;
    if (folded || line.replaced == entry_sum(entry->second)) {
      entry->second = &state;
      passed_over.erase(stage);
    } else {
      passed_over.insert(stage);
    }
  }
  for (Line& line : lines) {
    if (now.at(line.record.first) == &line.record.second) {
      contents.records.push_back(std::move(line.record));
    }
  }
  contents.passed_over.assign(passed_over.begin(), passed_over.end());
  return contents;
}

std::vector<std::string> Journal::stages() const {
  std::set<std::string> names;
  const auto text = fs::try_read_file(path_, size_limit);
  if (text && text->starts_with(first_line)) {
    for (const Line& line : parse_lines(whole_lines(*text).substr(first_line.size()), path_)) {
      names.insert(line.record.first);
    }
  }
  return {names.begin(), names.end()};
}

void Journal::append(const std::string& stage, const spec::LockedStage* replaced,
                     const spec::LockedStage& state) const {
  const auto lock = workspace_.lock_metadata();
  const std::string line = record_line(stage, replaced, state);
  const Ends ends = read_ends(path_, first_line.size());
  if (ends.head != first_line) {
    fs::write_file_atomic(path_, std::string(first_line) + line, 0600, workspace_.durability());
    return;
  }
  if (ends.last != '\n') {
    // A crash tore the last record; what follows it would count as damaged too.
    fs::truncate_file(path_, whole_lines(fs::read_file(path_, size_limit)).size());
  }
  fs::append_file_durable(path_, line);
}

void Journal::clear() const { fs::remove_file(path_); }

}  // namespace mlops::repo
