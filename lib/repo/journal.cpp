// SPDX-License-Identifier: Apache-2.0
#include "repo/journal.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "fs/file.hpp"
#include "hash/fingerprint.hpp"
#include "hash/hasher.hpp"
#include "repo/lock_text.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t size_limit = 1U << 30U;
constexpr std::size_t check_letters = 16;

std::string first_line(std::string_view lock_text) {
  return "mlops-journal 1 " + hash::digest_of(hash::Algorithm::sha256, lock_text).hex() + "\n";
}

std::string record_line(const std::string& stage, const spec::LockedStage& state) {
  const std::string body = stage + " " + spec::locked_stage_to_json(state);
  return fmt::format("{:016x} {}\n", hash::fingerprint(body), body);
}

/// Returns nothing for a line that is torn or damaged: all before it still counts, nothing behind it does.
std::optional<JournalRecord> parse_record(const std::string& line, const std::string& path) {
  if (line.size() < check_letters + 1) {
    return std::nullopt;
  }
  const std::string body = line.substr(check_letters + 1);
  const std::size_t space = body.find(' ');
  if (space == std::string::npos || line.substr(0, check_letters) != fmt::format("{:016x}", hash::fingerprint(body))) {
    return std::nullopt;
  }
  return JournalRecord(body.substr(0, space), spec::locked_stage_from_json(body.substr(space + 1), path));
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

}  // namespace

Journal::Journal(const Workspace& workspace) : workspace_(workspace), path_(workspace.state_directory() + "/journal") {}

bool Journal::exists() const { return fs::stat_path(path_).has_value(); }

std::vector<JournalRecord> Journal::read(std::string_view lock_text) const {
  const auto text = fs::try_read_file(path_, size_limit);
  const std::string base = first_line(lock_text);
  if (!text || !text->starts_with(base)) {
    return {};
  }
  std::vector<JournalRecord> records;
  const std::string_view lines = whole_lines(*text).substr(base.size());
  for (std::size_t start = 0; start < lines.size();) {
    const std::size_t end = lines.find('\n', start);
    auto record = parse_record(std::string(lines.substr(start, end - start)), path_);
    if (!record) {
      log::debug("the journal is damaged behind its record {}", records.size());
      break;
    }
    records.push_back(std::move(*record));
    start = end + 1;
  }
  return records;
}

void Journal::append(std::string_view lock_text, const std::string& stage, const spec::LockedStage& state) const {
  const auto lock = workspace_.lock_metadata();
  const std::string on_disk = read_lock_text(workspace_);
  const std::string base = first_line(on_disk == lock_text ? lock_text : std::string_view(on_disk));
  const Ends ends = read_ends(path_, base.size());
  if (ends.head != base) {
    fs::write_file_atomic(path_, base + record_line(stage, state), 0600, workspace_.durability());
    return;
  }
  if (ends.last != '\n') {
    // A crash tore the last record; what follows it would count as damaged too.
    fs::truncate_file(path_, whole_lines(fs::read_file(path_, size_limit)).size());
  }
  fs::append_file_durable(path_, record_line(stage, state));
}

void Journal::clear() const { fs::remove_file(path_); }

}  // namespace mlops::repo
