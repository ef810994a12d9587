// SPDX-License-Identifier: Apache-2.0
#include "remote/remote.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "hash/hasher.hpp"
#include "remote/marker.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::remote {
namespace {

constexpr unsigned jobs_per_processor = 4;
/// Below this many questions a listing is not worth thinking about.
constexpr std::size_t ask_at_most = 64;

/// Empties a temporary file that a broken transfer has half filled.
void start_over(fs::TempFile& file) {
  fs::truncate_file(file.path(), 0);
  ::lseek(file.fd(), 0, SEEK_SET);
}

/// The directory that holds an object: "objects/sha256/ab".
std::string directory_of(const hash::ObjectId& id) {
  const std::string path = hash::object_path(id);
  return path.substr(0, path.rfind('/'));
}

/// Finds out which objects are absent, by asking for each or by listing the directories that would hold them.
///
/// Objects spread evenly over 256 directories, so the size of one tells how much there is to list: pages of all listings
/// against one question for each object.
class Presence {
 public:
  Presence(Transport& transport, const RetryPolicy& retry, std::span<const hash::ObjectId> ids, unsigned jobs)
      : transport_(transport), retry_(retry), ids_(ids), jobs_(jobs), absent_(ids.size(), 0) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      directories_[directory_of(ids[i])].push_back(i);
    }
  }

  std::vector<hash::ObjectId> missing() {
    if (ids_.size() <= ask_at_most || transport_.list_page() == 0) {
      ask(all());
    } else {
      list_or_ask();
    }
    std::vector<hash::ObjectId> result;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (absent_[i] != 0) {
        result.push_back(ids_[i]);
      }
    }
    return result;
  }

 private:
  using Positions = std::vector<std::size_t>;

  Positions all() const {
    Positions positions(ids_.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
      positions[i] = i;
    }
    return positions;
  }

  void list_or_ask() {
    const auto& [directory, positions] = *directories_.begin();
    const std::size_t sample = list(directory, positions);
    std::vector<std::pair<std::string, Positions>> rest(std::next(directories_.begin()), directories_.end());
    const std::size_t pages_each = 1 + sample / transport_.list_page();
    const std::size_t questions = ids_.size() - positions.size();
    if (rest.size() * pages_each < questions) {
      parallel_for(rest.size(), jobs_, [&](std::size_t i) { list(rest[i].first, rest[i].second); });
      return;
    }
    Positions others;
    for (const auto& entry : rest) {
      others.insert(others.end(), entry.second.begin(), entry.second.end());
    }
    ask(others);
  }

  void ask(const Positions& positions) {
    parallel_for(positions.size(), jobs_, [&](std::size_t i) {
      const std::string name = hash::object_path(ids_[positions[i]]);
      with_retries(retry_, "look for an object", [&] { absent_[positions[i]] = transport_.stat(name) ? 0 : 1; });
    });
  }

  /// Returns how many files the directory holds.
  std::size_t list(const std::string& directory, const Positions& positions) {
    std::vector<RemoteFile> files;
    with_retries(retry_, "list " + mlops::quoted(directory), [&] { files = transport_.list(directory); });
    std::vector<std::string_view> names(files.size());
    std::transform(files.begin(), files.end(), names.begin(),
                   [](const RemoteFile& file) { return std::string_view(file.name); });
    std::sort(names.begin(), names.end());
    for (const std::size_t position : positions) {
      const std::string name = hash::object_path(ids_[position]);
      absent_[position] = std::binary_search(names.begin(), names.end(), std::string_view(name)) ? 0 : 1;
    }
    return files.size();
  }

  Transport& transport_;
  const RetryPolicy& retry_;
  std::span<const hash::ObjectId> ids_;
  unsigned jobs_;
  std::vector<char> absent_;  // one byte for each, so that threads may write neighbours
  std::map<std::string, Positions> directories_;
};

}  // namespace

Remote::Remote(std::string name, std::unique_ptr<Transport> transport, hash::Algorithm algorithm, RetryPolicy retry)
    : name_(std::move(name)), transport_(std::move(transport)), algorithm_(algorithm), retry_(std::move(retry)) {}

std::string Remote::describe() const { return "remote " + mlops::quoted(name_); }

void Remote::open(Access access) {
  if (algorithm_ != hash::Algorithm::sha256) {
    open_unmarked(access);
    return;
  }
  std::optional<std::string> text;
  with_retries(retry_, "open " + describe(), [&] { text = transport_->read(marker_name, marker_limit); });
  if (!text) {
    if (access == Access::preview && transport_->place() != Transport::Place::occupied) {
      unmade_ = true;
      return;
    }
    if (access != Access::write) {
      require_place();
      throw Error("{} is no mlops remote: {} has no file '{}'", describe(), transport_->describe(), marker_name)
          .hint(
              "if nothing was pushed there yet, `mlops push` makes it one; else check its url with `mlops remote "
              "list`");
    }
    make_marker();
    with_retries(retry_, "open " + describe(), [&] { text = transport_->read(marker_name, marker_limit); });
  }
  if (!text) {
    throw Error("{} did not keep what was written to it: {} has no file '{}'", describe(), transport_->describe(),
                marker_name);
  }
  check_marker(*text);
}

/// Without a marker, a place is a remote if it is there; a write makes it.
void Remote::open_unmarked(Access access) {
  Transport::Place place = Transport::Place::absent;
  with_retries(retry_, "open " + describe(), [&] { place = transport_->place(); });
  if (place != Transport::Place::absent) {
    return;
  }
  unmade_ = access != Access::write;
  if (access == Access::write) {
    with_retries(retry_, "make " + describe(), [&] { transport_->make_place(); });
  }
}

void Remote::check_marker(std::string_view text) const {
  try {
    require_marker(text, algorithm_);
  } catch (Error& error) {
    throw std::move(error).while_doing("opening {}, {}", describe(), transport_->describe());
  }
}

void Remote::make_marker() {
  with_retries(retry_, "open " + describe(), [&] {
    // Another client may have made the marker, and pushed, since we looked: then it is there now.
    if (transport_->place() == Transport::Place::occupied && !transport_->read(marker_name, marker_limit)) {
      throw Error("{} is no mlops remote: {} holds other files and no '{}'", describe(), transport_->describe(),
                  marker_name)
          .hint("point it at an empty folder: `mlops remote modify {} url PATH`", shell_quoted(name_));
    }
    transport_->write_new(marker_name, marker_text(algorithm_));
  });
}

void Remote::require_place() {
  if (transport_->place() == Transport::Place::absent) {
    throw Error::of(ErrorKind::missing, "{} is gone: {} does not exist", describe(), transport_->describe())
        .hint("mount it or make it again, or name its new place: `mlops remote modify {} url PATH`",
              shell_quoted(name_));
  }
}

std::vector<hash::ObjectId> Remote::missing(std::span<const hash::ObjectId> ids, unsigned jobs) {
  if (unmade_) {
    return {ids.begin(), ids.end()};
  }
  const unsigned threads = jobs != 0 ? jobs : jobs_per_processor * processors();
  std::vector<hash::ObjectId> result = Presence(*transport_, retry_, ids, threads).missing();
  if (!result.empty()) {
    require_place();  // a share that was unmounted looks as if it had nothing
  }
  return result;
}

bool Remote::get(const hash::ObjectId& id, fs::TempFile& to, std::uint64_t limit_bytes) {
  bool found = false;
  bool fresh = true;
  with_retries(retry_, fmt::format("read object '{}' from {}", hash::short_name(id), describe()), [&] {
    if (!std::exchange(fresh, false)) {
      start_over(to);
    }
    found = transport_->read_to(hash::object_path(id), to, limit_bytes);
  });
  if (!found) {
    require_place();
  }
  return found;
}

void Remote::put(const hash::ObjectId& id, const std::string& source_path) {
  const std::string name = hash::object_path(id);
  const std::optional<fs::FileStat> source = fs::stat_path(source_path);
  if (!source) {
    throw Error::of(ErrorKind::missing, "cannot send object '{}': {} is gone", hash::short_name(id),
                    mlops::quoted(source_path));
  }
  with_retries(retry_, fmt::format("send object '{}' to {}", hash::short_name(id), describe()), [&] {
    if (transport_->stat(name) == source->size) {
      return;  // another client was faster
    }
    hash::Hasher hasher(id.digest.algorithm());
    bool accepted = false;
    transport_->write_file(
        name, source_path, [&](std::span<const char> bytes) { hasher.update(bytes); },
        [&] { return accepted = hasher.finish() == id.digest; });
    if (!accepted) {
      throw Error::of(ErrorKind::corrupt, "{} does not hold the bytes of object '{}'", mlops::quoted(source_path),
                      hash::short_name(id))
          .hint("`mlops fsck` sets it aside and fetches it again where it can");
    }
    // A place that says yes to everything must not be believed (I-15).
    if (transport_->stat(name) != source->size) {
      throw Error("{} did not keep object '{}' although it said so", describe(), hash::short_name(id));
    }
  });
}

void Remote::discard(const hash::ObjectId& id) {
  with_retries(retry_, fmt::format("remove object '{}' from {}", hash::short_name(id), describe()),
               [&] { transport_->remove(hash::object_path(id)); });
}

std::vector<hash::ObjectId> Remote::list() {
  std::vector<RemoteFile> files;
  const bool own = algorithm_ == hash::Algorithm::sha256;
  with_retries(retry_, "list " + describe(), [&] { files = transport_->list(own ? "objects" : ""); });
  std::vector<hash::ObjectId> ids;
  ids.reserve(files.size());
  for (const RemoteFile& file : files) {
    if (const std::optional<hash::ObjectId> id = hash::parse_object_path(file.name)) {
      ids.push_back(*id);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

void Remote::flush() {
  with_retries(retry_, "finish writing to " + describe(), [&] { transport_->flush(); });
}

}  // namespace mlops::remote
