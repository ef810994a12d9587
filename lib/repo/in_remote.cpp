// SPDX-License-Identifier: Apache-2.0
//
// Asking remotes what they have, and the note of their answers.
//
// The note of one remote is `remote-index/<digest of its url>` in the state directory: a line "file <hex>" or
// "tree <hex>" for each object that it had when it was last asked about it, sorted. It is a memory, not evidence:
// transfers never look at it.

#include "repo/in_remote.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "fs/file.hpp"
#include "hash/hasher.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t note_limit_bytes = 1U << 30U;
constexpr std::size_t note_name_letters = 16;

using Ids = std::set<hash::ObjectId>;

std::string note_line(const hash::ObjectId& id) { return (id.is_tree() ? "tree " : "file ") + id.digest.hex(); }

std::optional<hash::ObjectId> parse_note_line(hash::Algorithm algorithm, std::string_view line) {
  constexpr std::size_t word = 5;
  const bool tree = line.starts_with("tree ");
  const auto digest =
      tree || line.starts_with("file ") ? hash::Digest::parse(algorithm, line.substr(word)) : std::nullopt;
  return digest ? std::optional(hash::ObjectId{*digest, tree ? hash::ObjectKind::tree : hash::ObjectKind::file})
                : std::nullopt;
}

/// What one remote had.
class Note {
 public:
  Note(const Workspace& workspace, const std::string& url)
      : workspace_(workspace),
        path_(workspace.state_directory() + "/remote-index/" +
              hash::digest_of(hash::Algorithm::sha256, url).hex().substr(0, note_name_letters)) {}

  Ids read() const {
    Ids ids;
    for (const std::string& line : split(fs::try_read_file(path_, note_limit_bytes).value_or(""), '\n')) {
      if (const auto id = parse_note_line(workspace_.dialect().algorithm(), line)) {
        ids.insert(*id);
      }
    }
    return ids;
  }

  void write(const Ids& ids) const {
    std::string text;
    for (const hash::ObjectId& id : ids) {
      text += note_line(id) + "\n";
    }
    try {
      workspace_.make_state_directory();
      fs::make_directory(workspace_.state_directory() + "/remote-index");
      fs::write_file_atomic(path_, text, 0600, fs::Durability::off);
    } catch (const Error& failure) {
      log::debug("what the remote has is not noted: {}", failure.what());
    }
  }

 private:
  const Workspace& workspace_;
  std::string path_;
};

/// Asks one remote, or its note, which of these it has not.
Ids absent(Workspace& workspace, const std::string& remote_name, const Ids& asked, bool refresh) {
  const auto url = workspace.config().get("remote." + remote_name + ".url");
  const Note note(workspace, url.value_or(""));
  Ids known = note.read();
  Ids missing;
  if (!refresh && url) {
    std::set_difference(asked.begin(), asked.end(), known.begin(), known.end(), std::inserter(missing, missing.end()));
    return missing;
  }
  const auto remote = workspace.open_remote(remote_name, remote::Remote::Access::preview);
  const std::vector<hash::ObjectId> ids(asked.begin(), asked.end());
  for (const hash::ObjectId& id : remote->missing(ids, workspace.jobs())) {
    missing.insert(id);
    known.erase(id);
  }
  std::set_difference(asked.begin(), asked.end(), missing.begin(), missing.end(), std::inserter(known, known.end()));
  note.write(known);
  return missing;
}

}  // namespace

std::vector<RecordedFile> not_in_remote(Workspace& workspace, const Snapshot& snapshot, const PathFilter& filter,
                                        const DataChangesOptions& options) {
  const std::optional<std::string> chosen = options.remote ? options.remote : workspace.config().get("core.remote");
  std::map<std::optional<std::string>, std::vector<RecordedFile>> by_remote;
  if (options.remote) {
    by_remote[options.remote];  // an unknown name is an error even where nothing would be asked
  }
  for (const Tracked& tracked : snapshot.tracked()) {
    if (tracked.entry && tracked.push) {
      auto files = recorded_files(workspace.db(), {tracked.path, *tracked.entry}, filter, options.granularity);
      auto& all = by_remote[tracked.remote ? tracked.remote : chosen];
      all.insert(all.end(), std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()));
    }
  }
  std::vector<RecordedFile> result;
  for (auto& [remote, files] : by_remote) {
    Ids asked;
    for (const RecordedFile& file : files) {
      asked.insert(file.entry.id());
    }
    const Ids missing = remote ? absent(workspace, *remote, asked, options.refresh) : asked;
    std::copy_if(std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()),
                 std::back_inserter(result),
                 [&](const RecordedFile& file) { return missing.contains(file.entry.id()); });
  }
  std::sort(result.begin(), result.end(), [](const RecordedFile& a, const RecordedFile& b) { return a.path < b.path; });
  return result;
}

}  // namespace mlops::repo
