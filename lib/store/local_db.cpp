// SPDX-License-Identifier: Apache-2.0
#include "store/local_db.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "fs/seam.hpp"
#include "fs/walk.hpp"
#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "store/layout.hpp"
#include "store/manifest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

constexpr std::string_view format_text = "version: 1\n";
constexpr int format_version = 1;
/// How often an object that moves while it is looked for is looked for again.
constexpr int patience = 20;

void require_known_format(const std::string& root) {
  const auto text = fs::try_read_file(root + "/mlops-cache", 4096);
  if (!text || *text == format_text) {
    return;
  }
  constexpr std::string_view key = "version: ";
  const std::string_view line = trim(*text);
  int version = 0;
  if (line.substr(0, key.size()) == key) {
    std::from_chars(line.data() + key.size(), line.data() + line.size(), version);
  }
  if (version > format_version) {
    throw Error::of(ErrorKind::format, "cache '{}' has format {}, this program knows up to {}", root, version,
                    format_version)
        .hint("use a newer mlops, or another cache directory");
  }
  throw Error::of(ErrorKind::format, "'{}/mlops-cache' does not say which format the cache has", root)
      .hint("if this is a cache of mlops, write the line `version: 1` into that file");
}

bool is_file(const std::string& path) {
  const auto stat = fs::stat_path(path);
  return stat && stat->type == fs::FileType::file;
}

Error missing_object(const hash::ObjectId& id) {
  return Error::of(ErrorKind::missing, "object '{}' is not in the cache", hash::short_name(id))
      .hint("`mlops fetch` brings what a remote has");
}

/// Where objects may lie besides their place. Whatever moves into the trash, out of it or within it, and a trash that
/// comes or goes as a whole, alters the times of a directory.
struct TrashState {
  std::vector<std::string> batches;
  std::vector<std::optional<fs::FileStat>> directories;  ///< the cache, the trash, then each batch
  friend bool operator==(const TrashState&, const TrashState&) = default;
};

TrashState look_at_trash(const LocalDb& db) {
  const std::string trash = trash_directory(db);
  TrashState state{{}, {fs::stat_path(db.own_root()), fs::stat_path(trash)}};
  if (!state.directories.back()) {
    return state;
  }
  state.batches = trash_batches(db);
  for (const std::string& batch : state.batches) {
    state.directories.push_back(fs::stat_path(batch));
  }
  return state;
}

/// Whether two equal looks, the later one at `seen_ns`, may hide a move: times have a grain.
bool may_have_moved(const TrashState& state, std::int64_t seen_ns) {
  // Where there is no trash, only the making and removing of a whole one could hide, and that takes longer.
  return std::any_of(state.directories.begin() + 1, state.directories.end(), [&](const auto& directory) {
    return directory && too_fresh(*directory, seen_ns, Memo::Link::no);
  });
}

/// Moves what lies in the trash back into place; another process doing the same at this moment is no failure.
void take_back(const std::string& aside, const std::string& target) {
  try {
    fs::rename_if_absent(aside, target);
  } catch (const Error&) {
    if (fs::stat_path(aside)) {
      throw;
    }
  }
}

std::string project_file(const LocalDb& db, const std::string& root) {
  return db.own_root() + "/projects/" + hash::digest_of(hash::Algorithm::sha256, root).hex().substr(0, 32);
}

}  // namespace

LocalDb::LocalDb(LocalDbOptions options, Memo& memo) : options_(std::move(options)), memo_(memo) {
  require_known_format(own_root());
}

std::string LocalDb::own_root() const { return is_flat(algorithm()) ? options_.root + "/mlops" : options_.root; }

std::string LocalDb::path(const hash::ObjectId& id) const { return options_.root + "/" + hash::object_path(id); }

bool LocalDb::has(const hash::ObjectId& id) const {
  if (is_part(id)) {
    return find_part(id) != nullptr;
  }
  const std::string where = path(id);
  if (is_file(where)) {
    return true;
  }
  fs::sync_point("store.has_look");
  // It may move between our looks, into the trash or out of it. Only when nothing moved meanwhile is it not there.
  TrashState before = look_at_trash(*this);
  for (int look = 0; look < patience; ++look) {
    if (rescue(id, before.batches)) {
      return true;
    }
    fs::sync_point("store.has_look");
    if (is_file(where)) {
      return true;
    }
    TrashState now = look_at_trash(*this);
    if (now == before && !may_have_moved(now, wall_clock_ns())) {
      break;
    }
    before = std::move(now);
  }
  return false;
}

bool LocalDb::rescue(const hash::ObjectId& id, const std::vector<std::string>& batches) const {
  const std::string target = path(id);
  for (const std::string& batch : batches) {
    const std::string aside = batch + "/" + flat_name(id);
    if (!is_file(aside)) {
      continue;
    }
    if (id.is_tree()) {
      // Members first: a tree in place says that they are in place.
      const auto tree = read_tree_at(aside, id, memo_);
      bool complete = tree.has_value();
      if (tree) {
        for_each_object(*tree, [&](const TreeEntry& item) { complete = complete && has(item.entry.id()); });
      }
      if (!complete) {
        continue;
      }
    }
    make_cache_directory(*this, parent_of(target));
    take_back(aside, target);
    if (is_file(target)) {
      return true;
    }
  }
  return false;
}

bool LocalDb::has_all(const Entry& entry) const {
  if (entry.kind != EntryKind::tree || !suspect()) {
    return has(entry.id());
  }
  std::unordered_set<hash::ObjectId> seen{entry.id()};
  std::vector<hash::ObjectId> todo{entry.id()};
  while (!todo.empty()) {
    const hash::ObjectId id = todo.back();
    todo.pop_back();
    if (!has(id)) {
      return false;
    }
    if (!id.is_tree()) {
      continue;
    }
    for (const TreeEntry& item : read_tree(id).entries) {
      if (seen.insert(item.entry.id()).second) {
        todo.push_back(item.entry.id());
      }
    }
  }
  return true;
}

std::optional<fs::Fd> LocalDb::open_if_there(const hash::ObjectId& id) const {
  // gc may take an object away between looking and opening, if it looked at the roots before we named it. It does so
  // once in a run, and looking again takes the object back.
  for (int look = 0; look < patience && has(id); ++look) {
    if (auto fd = fs::try_open_read(path(id))) {
      return fd;
    }
  }
  return std::nullopt;
}

std::optional<fs::Fd> LocalDb::open_sound(const hash::ObjectId& id, std::string& aside) const {
  for (int look = 0; look < patience; ++look) {
    auto fd = open_if_there(id);
    if (!fd) {
      break;
    }
    const fs::FileStat examined = fs::stat_fd(fd->get());
    if (content_matches(fd->get(), path(id), id, memo_)) {
      return fd;
    }
    aside = quarantine(id, examined).value_or("");
    if (!aside.empty()) {
      break;
    }
  }
  return std::nullopt;
}

bool LocalDb::has_verified(const hash::ObjectId& id) const {
  if (is_part(id)) {
    return find_part(id) != nullptr;
  }
  const auto stat = fs::stat_path(path(id));
  if (stat && stat->type == fs::FileType::file && memo_.find(*stat) == id.digest) {
    return true;
  }
  if (stat && stat->type != fs::FileType::file) {
    // It would be in the way of the object.
    quarantine(id, *stat);
    return false;
  }
  std::string aside;
  return open_sound(id, aside).has_value();
}

fs::Fd LocalDb::open_verified(const hash::ObjectId& id) const {
  std::string aside;
  if (auto fd = open_sound(id, aside)) {
    return std::move(*fd);
  }
  if (aside.empty()) {
    throw missing_object(id);
  }
  throw Error::of(ErrorKind::corrupt, "object '{}' is corrupt: its content does not match its name",
                  hash::short_name(id))
      .hint("it was moved to '{}'", aside)
      .hint("`mlops fetch` brings it again if a remote has it");
}

std::string LocalDb::read(const hash::ObjectId& id, std::uint64_t limit_bytes) const {
  const fs::Fd fd = open_verified(id);
  const std::uint64_t size = fs::stat_fd(fd.get()).size;
  if (size > limit_bytes) {
    throw Error("object '{}' is too large to be read whole: {}", hash::short_name(id), human_size(size));
  }
  std::string content(size, '\0');
  content.resize(fs::read_full(fd.get(), content, path(id)));
  return content;
}

Tree LocalDb::read_tree(const hash::ObjectId& id) const {
  if (!id.is_tree()) {
    throw Error("object '{}' is the content of a file, not a directory", hash::short_name(id));
  }
  if (is_part(id)) {
    if (const auto part = find_part(id)) {
      return *part;
    }
    throw missing_object(id);
  }
  // One whose bytes are right but whose form is not stays where it is: a newer version may have written it.
  return decode_open_tree(open_verified(id), path(id), id);
}

std::optional<Entry> LocalDb::find_in_tree(const Entry& tree, const fs::RepoPath& below) const {
  Entry entry = tree;
  std::string_view rest = below.str();
  while (!rest.empty()) {
    if (entry.kind != EntryKind::tree) {
      return std::nullopt;
    }
    const std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const Tree listing = read_tree(entry.id());
    const TreeEntry* item = listing.find(name);
    if (item == nullptr) {
      return std::nullopt;
    }
    entry = item->entry;
  }
  return entry;
}

std::vector<hash::ObjectId> LocalDb::list() const { return list_objects(*this).objects; }

std::optional<std::string> LocalDb::quarantine(const hash::ObjectId& id, const fs::FileStat& examined) const {
  const std::string where = path(id);
  const auto is_examined = [&](const std::string& place) {
    const auto stat = fs::stat_path(place);
    return stat && stat->inode == examined.inode && stat->device == examined.device;
  };
  if (!is_examined(where)) {
    return std::nullopt;
  }
  // Marked first: from the moment it is gone, a tree that lists it no longer implies it.
  set_suspect(true);
  make_cache_directory(*this, bad_directory(*this));
  std::string target;
  std::int64_t stamp = wall_clock_ns();
  try {
    do {
      target = bad_directory(*this) + "/" + flat_name(id) + "." + std::to_string(stamp++);
    } while (!fs::rename_if_absent(where, target));
  } catch (const Error& error) {
    if (error.system_code() != ENOENT) {
      throw;
    }
    return std::nullopt;
  }
  if (is_examined(target)) {
    return target;
  }
  // Between the two looks another process put a sound one in place of what we read.
  fs::rename_if_absent(target, where);
  return std::nullopt;
}

bool LocalDb::suspect() const { return is_flat(algorithm()) || fs::stat_path(own_root() + "/suspect").has_value(); }

void LocalDb::set_suspect(bool suspect_now) const {
  if (suspect_now == suspect()) {
    return;
  }
  const std::string mark = own_root() + "/suspect";
  if (suspect_now) {
    write_cache_file(*this, mark, "an object was found corrupt or missing; `mlops fsck` checks all and removes this\n");
  } else {
    fs::remove_file(mark);
  }
}

void LocalDb::ensure_layout() const {
  bool made = false;
  for (const std::string& directory : {options_.root, objects_directory(*this), temp_directory(*this),
                                       lease_directory(*this), own_root() + "/projects"}) {
    made = make_cache_directory(*this, directory) || made;
  }
  const std::string format_file = own_root() + "/mlops-cache";
  if (!fs::stat_path(format_file)) {
    write_cache_file(*this, format_file, format_text);
  }
  if (made && options_.durability != fs::Durability::off) {
    fs::sync_directory(options_.root);
    fs::sync_directory(parent_of(options_.root));
  }
}

void LocalDb::register_project(const std::string& root) const {
  const std::string file = project_file(*this, root);
  const std::string text = escape_name(root) + "\n";
  if (fs::try_read_file(file) != text) {
    ensure_layout();
    write_cache_file(*this, file, text);
  }
}

std::vector<std::string> LocalDb::registered_projects() const {
  std::vector<std::string> roots;
  const std::string directory = own_root() + "/projects";
  if (!fs::stat_path(directory)) {
    return roots;
  }
  for (const fs::DirEntry& entry : fs::list_directory(directory)) {
    if (is_temp_name(entry.name)) {
      continue;
    }
    const std::string file = directory + "/" + entry.name;
    const auto root = unescape_name(trim(fs::read_file(file, 65'536)));
    if (!root || root->empty() || root->front() != '/') {
      throw Error::of(ErrorKind::corrupt, "'{}' does not name a project", file)
          .hint("remove the file if no project needs it; `mlops gc` in each project writes it again");
    }
    roots.push_back(*root);
  }
  std::sort(roots.begin(), roots.end());
  return roots;
}

bool LocalDb::forget_project(const std::string& root) const {
  const std::string file = project_file(*this, root);
  const bool known = fs::stat_path(file).has_value();
  fs::remove_file(file);
  return known;
}

}  // namespace mlops::store
