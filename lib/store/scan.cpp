// SPDX-License-Identifier: Apache-2.0
#include "store/scan.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "fs/beneath.hpp"
#include "hash/hasher.hpp"
#include "store/layout.hpp"
#include "store/manifest.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

hash::Digest zero_digest(hash::Algorithm algorithm) {
  constexpr std::array<unsigned char, 32> zeros{};
  return {algorithm, std::span(zeros).first(hash::digest_size(algorithm))};
}

/// Threads for `count` pieces of work that are in memory: starting one costs as much as a few pieces.
unsigned warm_jobs(std::size_t count) {
  return static_cast<unsigned>(std::clamp<std::size_t>(count / 4, 1, processors()));
}

Error refuse_entry(const fs::RepoPath& path, std::string_view reason) {
  return Error("cannot track {}: {}", quoted(path.str()), reason)
      .hint("take it out of the tracked directory or list it in .mlopsignore");
}

}  // namespace

std::optional<std::string> refused_link(const fs::RepoPath& below, std::string_view target) {
  if (target.empty() || target.front() == '/' || target.find('\0') != std::string_view::npos) {
    return "it is a symbolic link with an absolute target";
  }
  auto depth = below.is_root() ? 0 : 1 + std::count(below.str().begin(), below.str().end(), '/');
  bool down = false;
  for (const std::string& part : split(target, '/')) {
    if (part == ".." && down) {
      // What it goes down through may be a link itself, and going up from there lead anywhere.
      return "it is a symbolic link whose target goes down and up again";
    }
    if (part == ".." && --depth < 0) {
      return "it is a symbolic link that leaves the tracked directory";
    }
    down = down || (part != ".." && part != "." && !part.empty());
  }
  return std::nullopt;
}

std::optional<hash::ObjectId> linked_object(const LocalDb& db, const std::string& path) {
  const auto target = fs::read_link(path);
  const std::string prefix = db.root() + "/";
  if (!target || target->compare(0, prefix.size(), prefix) != 0) {
    return std::nullopt;
  }
  const auto id = hash::parse_object_path(std::string_view(*target).substr(prefix.size()));
  return id && !id->is_tree() ? id : std::nullopt;
}

Scan::Scan(const std::string& root, const fs::RepoPath& path, Memo& memo, const LocalDb* db,
           const BuildOptions& options)
    : root_(root),
      path_(path),
      memo_(memo),
      db_(db),
      options_(options),
      algorithm_(options.algorithm.value_or(db != nullptr ? db->algorithm() : hash::Algorithm::sha256)),
      self_{"", {EntryKind::file, zero_digest(algorithm_), 0, 1}},
      flat_(is_flat(algorithm_)) {
  fs::require_no_link_parents(root, path);
  const std::string absolute = path.is_root() ? root : root + "/" + path.str();
  auto stat = fs::stat_path(absolute);
  if (!stat) {
    return;
  }
  found_ = true;
  if (stat->type == fs::FileType::directory) {
    self_.entry.kind = EntryKind::tree;
    directories_.push_back(std::make_unique<ScannedDirectory>(
        ScannedDirectory{path, absolute, std::make_shared<fs::IgnoreStack>(options.ignore), {}, {}, {}, {}}));
    scan_levels();
    if (flat_) {
      drop_empty_directories();
    }
    return;
  }
  if (stat->type == fs::FileType::link) {
    stat = stat_linked_object(absolute);
    if (!stat) {
      throw Error("cannot track {}: it is a symbolic link", quoted(path.str()))
          .hint("name what it points to, or put a file or directory in its place");
    }
  }
  if (stat->type != fs::FileType::file) {
    throw refuse_entry(path, "it is neither a file nor a directory");
  }
  take_file(self_, *stat, self_known_);
}

void Scan::scan_levels() {
  levels_ = {0};
  while (levels_.back() < directories_.size()) {
    const std::size_t first = levels_.back();
    const std::size_t end = directories_.size();
    if (levels_.size() > max_tree_depth) {
      throw refuse_entry(directories_[first]->path, "directories are nested too deeply");
    }
    // Listing waits for the disk when nothing is cached; but a few directories are not worth a thread each.
    parallel_for(end - first, end - first < 4 ? 1 : processors(),
                 [&](std::size_t i) { scan_directory(*directories_[first + i]); });
    for (std::size_t i = first; i < end; ++i) {
      enter_children(i);
    }
    levels_.push_back(end);
  }
}

void Scan::scan_directory(ScannedDirectory& directory) {
  std::vector<fs::StatEntry> found = fs::stat_directory(directory.absolute);
  const auto by_name = [](const fs::StatEntry& entry, const std::string& name) { return entry.name < name; };
  const auto file = std::lower_bound(found.begin(), found.end(), options_.ignore_name, by_name);
  if (!options_.ignore_name.empty() && file != found.end() && file->name == options_.ignore_name &&
      file->stat.type == fs::FileType::file) {
    const std::string text = fs::read_file(directory.absolute + "/" + file->name, 1U << 20U);
    directory.ignore = std::make_shared<fs::IgnoreStack>(directory.ignore->with(fs::IgnoreFile(directory.path, text)));
  }
  directory.tree.entries.reserve(found.size());
  for (fs::StatEntry& entry : found) {
    add_entry(directory, entry);
  }
}

void Scan::add_entry(ScannedDirectory& directory, fs::StatEntry& found) {
  const bool is_directory = found.stat.type == fs::FileType::directory;
  if (is_temp_name(found.name) ||
      (!directory.ignore->empty() && directory.ignore->ignored(directory.path / found.name, is_directory))) {
    return;
  }
  if (const auto reason = fs::unsafe_name(found.name)) {
    throw refuse_entry(directory.path / found.name, *reason);
  }
  if (flat_ && !is_utf8(found.name)) {
    throw refuse_entry(directory.path / found.name, "its name is not UTF-8, which the listing of the directory needs");
  }
  const auto index = static_cast<std::uint32_t>(directory.tree.entries.size());
  TreeEntry item{"", {EntryKind::tree, zero_digest(algorithm_), 0, 0}};
  switch (found.stat.type) {
    case fs::FileType::directory:
      directory.children.emplace_back(index, 0);
      break;
    case fs::FileType::file: {
      bool known = false;
      take_file(item, found.stat, known);
      if (!known) {
        directory.unknown.push_back(index);
      }
      break;
    }
    case fs::FileType::link:
      add_link(directory, found);
      return;
    case fs::FileType::other:
      throw refuse_entry(directory.path / found.name, "it is neither a file, a directory nor a link");
  }
  item.name = std::move(found.name);
  directory.tree.entries.push_back(std::move(item));
}

void Scan::add_link(ScannedDirectory& directory, fs::StatEntry& found) {
  const std::string absolute = directory.absolute + "/" + found.name;
  const auto index = static_cast<std::uint32_t>(directory.tree.entries.size());
  TreeEntry item{found.name, {EntryKind::file, zero_digest(algorithm_), 0, 1}};
  const auto followed = flat_ ? follow(directory, absolute) : std::nullopt;
  if (flat_ && !followed) {
    return;
  }
  if (const auto stat = flat_ ? followed : stat_linked_object(absolute)) {
    bool known = false;
    take_file(item, *stat, known);
    if (!known) {
      directory.unknown.push_back(index);
    }
  } else {
    const auto target = fs::read_link(absolute);
    if (!target) {
      return;
    }
    if (const auto reason = refused_link(directory.path.below(path_), *target)) {
      throw refuse_entry(directory.path / found.name, *reason);
    }
    item.entry = {EntryKind::link, hash::digest_of(algorithm_, *target), target->size(), 1};
    directory.links.push_back(index);
  }
  directory.tree.entries.push_back(std::move(item));
}

/// What a link inside a flat directory stands for: the file that it leads to. Nothing for one that leads to a directory,
/// which is passed over.
std::optional<fs::FileStat> Scan::follow(const ScannedDirectory& directory, const std::string& absolute) const {
  const auto stat = fs::stat_target(absolute);
  if (!stat) {
    throw refuse_entry(directory.path, "it holds a symbolic link that leads nowhere: " + quoted(absolute));
  }
  if (stat->type == fs::FileType::directory) {
    return std::nullopt;
  }
  if (stat->type != fs::FileType::file) {
    throw refuse_entry(directory.path,
                       "it holds a link to what is neither a file nor a directory: " + quoted(absolute));
  }
  return stat;
}

/// Only a tracked path itself may be executable in a flat family.
EntryKind Scan::kind_of(const TreeEntry& item, const fs::FileStat& stat) const {
  return stat.executable() && !(flat_ && (&item != &self_ || options_.inside)) ? EntryKind::exec : EntryKind::file;
}

void Scan::take_file(TreeEntry& item, const fs::FileStat& stat, bool& known) const {
  item.entry.kind = kind_of(item, stat);
  item.entry.size = stat.size;
  item.entry.files = 1;
  const auto digest = memo_.find(stat);
  known = digest && digest->algorithm() == algorithm_;
  if (known) {
    item.entry.digest = *digest;
  }
}

/// The stat of the object that a link leads to; nothing if it leads elsewhere.
std::optional<fs::FileStat> Scan::stat_linked_object(const std::string& path) const {
  const auto id = db_ != nullptr ? linked_object(*db_, path) : std::nullopt;
  if (!id) {
    return std::nullopt;
  }
  if (!db_->has(*id)) {
    throw Error::of(ErrorKind::missing, "{} is a link to object '{}', which is not in the cache", quoted(path),
                    hash::short_name(*id))
        .hint("`mlops fetch` brings it if a remote has it");
  }
  return fs::stat_path(db_->path(*id));
}

void Scan::enter_children(std::size_t parent) {
  ScannedDirectory& directory = *directories_[parent];
  for (auto& child : directory.children) {
    const std::string& name = directory.tree.entries[child.first].name;
    child.second = directories_.size();
    directories_.push_back(std::make_unique<ScannedDirectory>(
        ScannedDirectory{directory.path / name, directory.absolute + "/" + name, directory.ignore, {}, {}, {}, {}}));
  }
}

std::string Scan::content_path(const ScannedFile& file) const {
  std::string path =
      file.directory != nullptr ? file.directory->absolute + "/" + file.item->name : root_ + "/" + path_.str();
  const auto id = db_ != nullptr ? linked_object(*db_, path) : std::nullopt;
  if (id) {
    return db_->path(*id);
  }
  // A flat directory holds what its links lead to, and nothing is ever opened through a link.
  std::error_code failure;
  const auto real = flat_ && fs::read_link(path) ? std::filesystem::canonical(path, failure) : std::filesystem::path();
  return real.empty() ? path : real.string();
}

std::vector<ScannedFile> Scan::unknown_files() {
  std::vector<ScannedFile> files;
  if (found_ && !is_directory() && !self_known_) {
    files.push_back({nullptr, &self_});
  }
  for (const auto& directory : directories_) {
    for (const std::uint32_t index : directory->unknown) {
      files.push_back({directory.get(), &directory->tree.entries[index]});
    }
  }
  return files;
}

std::vector<ScannedFile> Scan::known_self() {
  if (found_ && !is_directory() && self_known_) {
    return {{nullptr, &self_}};
  }
  return {};
}

void Scan::for_each_file(const std::vector<ScannedFile>& files,
                         const std::function<void(TreeEntry&, const std::string&)>& visit) const {
  std::uint64_t bytes = 0;
  for (const ScannedFile& file : files) {
    bytes += file.item->entry.size;
  }
  if (files.empty()) {
    return;
  }
  Activity activity(options_.progress != nullptr ? *options_.progress : no_progress(), options_.title, files.size(),
                    bytes);
  parallel_for(files.size(), disk_jobs(options_.jobs), [&](std::size_t i) {
    const std::uint64_t size = files[i].item->entry.size;
    visit(*files[i].item, content_path(files[i]));
    activity.advance(1, size);
  });
}

void Scan::hash_unknown(const std::function<HashedFile(const std::string&)>& hash) {
  for_each_file(unknown_files(), [&](TreeEntry& item, const std::string& path) {
    const HashedFile hashed = hash(path);
    item.entry = {kind_of(item, hashed.stat), hashed.digest, hashed.stat.size, 1};
  });
}

/// Directories without any file do not exist in a flat listing.
void Scan::drop_empty_directories() {
  for (std::size_t at = directories_.size(); at-- > 0;) {
    ScannedDirectory& directory = *directories_[at];
    const auto is_empty = [&](const auto& child) { return directories_[child.second]->tree.entries.empty(); };
    if (std::none_of(directory.children.begin(), directory.children.end(), is_empty)) {
      continue;
    }
    std::vector<bool> dropped(directory.tree.entries.size(), false);
    for (const auto& child : directory.children) {
      dropped[child.first] = is_empty(child);
    }
    std::vector<std::uint32_t> moved(dropped.size(), 0);
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < dropped.size(); ++i) {
      moved[i] = next;
      if (!dropped[i]) {
        directory.tree.entries[next] = std::move(directory.tree.entries[i]);
        ++next;
      }
    }
    directory.tree.entries.erase(directory.tree.entries.begin() + static_cast<std::ptrdiff_t>(next),
                                 directory.tree.entries.end());
    std::erase_if(directory.children, is_empty);
    for (auto& child : directory.children) {
      child.first = moved[child.first];
    }
    for (std::uint32_t& index : directory.unknown) {
      index = moved[index];
    }
  }
}

void Scan::compute_trees() {
  for (std::size_t level = levels_.size(); level > 1; --level) {
    const std::size_t first = levels_[level - 2];
    const std::size_t count = levels_[level - 1] - first;
    parallel_for(count, warm_jobs(count), [&](std::size_t i) { compute_tree(*directories_[first + i]); });
  }
  if (is_directory()) {
    const Tree& tree = directories_.front()->tree;
    self_.entry = {EntryKind::tree, name_of(tree, options_.inside), tree.size(), tree.files()};
  }
}

/// The digest of a directory, inside the scanned one or that itself.
hash::Digest Scan::name_of(const Tree& tree, bool inside) const {
  if (!flat_) {
    return hash::digest_of(algorithm_, encode_tree(tree));
  }
  if (inside) {
    return remember_part(tree);
  }
  // A listing is plain ASCII without line breaks, so that both kinds of MD5 agree about it.
  const auto digest = hash::digest_of(hash::Algorithm::md5, encode_manifest(tree));
  return {algorithm_, digest.bytes()};
}

/// Fills in what the directory's children are. Their own children are done, since levels are computed upwards.
void Scan::compute_tree(ScannedDirectory& directory) {
  for (const auto& child : directory.children) {
    const Tree& tree = directories_[child.second]->tree;
    directory.tree.entries[child.first].entry = {EntryKind::tree, name_of(tree, true), tree.size(), tree.files()};
  }
}

}  // namespace mlops::store
