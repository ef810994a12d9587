// SPDX-License-Identifier: Apache-2.0
#include "repo/neighbour.hpp"

#include <unistd.h>

#include <mutex>

#include "repo/layout.hpp"
#include "repo/settings.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// The folder that git's origin is, absolute; nothing when it is no folder.
std::optional<std::string> origin_folder(Workspace& workspace) {
  std::string url = workspace.git().config("remote.origin.url").value_or("");
  constexpr std::string_view file_scheme = "file://";
  if (url.starts_with(file_scheme)) {
    url.erase(0, file_scheme.size());
  }
  if (url.empty() || !is_folder_url(url)) {
    return std::nullopt;
  }
  std::string folder = real_path(absolute_path(workspace.git().work_tree(), url));
  constexpr std::string_view git_suffix = "/.git";
  if (folder.ends_with(git_suffix)) {
    folder.resize(folder.size() - git_suffix.size());
  }
  return folder;
}

/// The cache of the project there, if it may be read and is not ours.
std::optional<std::string> neighbour_cache(Workspace& workspace) {
  const auto folder = origin_folder(workspace);
  const auto root = folder ? find_project(*folder) : std::nullopt;
  if (!root || *root == workspace.root()) {
    return std::nullopt;
  }
  try {
    const std::string cache =
        cache_directory(load_config(workspace.session(), *root, dialect_of(*root).config_format()), *root);
    const auto stat = fs::stat_path(cache);
    const bool ours = stat && stat->type == fs::FileType::directory && (stat->owner == ::geteuid() || stat->owner == 0);
    return ours && cache != workspace.db().root() ? std::optional(cache) : std::nullopt;
  } catch (const Error& error) {
    log::debug("the project at {} is not asked for objects: {}", quoted(*root), error.what());
    return std::nullopt;
  }
}

/// A remote, and behind it the neighbour's cache, which is looked for when something is missing.
class WithNeighbour : public store::ObjectDb {
 public:
  WithNeighbour(Workspace& workspace, remote::Remote& remote) : workspace_(workspace), remote_(remote) {}

  std::string describe() const override { return remote_.describe(); }

  std::vector<hash::ObjectId> missing(std::span<const hash::ObjectId> ids, unsigned jobs) override {
    std::vector<hash::ObjectId> absent = remote_.missing(ids, jobs);
    std::erase_if(absent, [&](const hash::ObjectId& id) {
      const auto path = neighbour_path(id);
      return path && fs::stat_path(*path).has_value();
    });
    return absent;
  }

  bool get(const hash::ObjectId& id, fs::TempFile& to, std::uint64_t limit_bytes) override {
    if (remote_.get(id, to, limit_bytes)) {
      return true;
    }
    const auto path = neighbour_path(id);
    const auto file = path ? fs::try_open_read(*path) : std::nullopt;
    if (!file) {
      return false;
    }
    if (fs::stat_fd(file->get()).size > limit_bytes) {
      throw Error::of(ErrorKind::corrupt, "{} is larger than it should be", quoted(*path));
    }
    fs::copy_bytes(file->get(), to, *path, [](std::span<const char>) {});
    return true;
  }

  void put(const hash::ObjectId& id, const std::string& source_path) override { remote_.put(id, source_path); }
  void discard(const hash::ObjectId& id) override { remote_.discard(id); }
  std::vector<hash::ObjectId> list() override { return remote_.list(); }
  void flush() override { remote_.flush(); }

 private:
  std::optional<std::string> neighbour_path(const hash::ObjectId& id) {
    std::call_once(looked_, [&] { cache_ = neighbour_cache(workspace_); });
    return cache_ ? std::optional(*cache_ + "/" + hash::object_path(id)) : std::nullopt;
  }

  Workspace& workspace_;
  remote::Remote& remote_;
  std::once_flag looked_;
  std::optional<std::string> cache_;
};

}  // namespace

store::TransferResult fetch_objects(Workspace& workspace, remote::Remote& remote,
                                    const std::vector<store::Wanted>& wanted, const store::TransferOptions& options) {
  WithNeighbour source(workspace, remote);
  return store::fetch(source, workspace.db(), wanted, options);
}

}  // namespace mlops::repo
