// SPDX-License-Identifier: Apache-2.0
#include "repo/pointers.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t ignore_file_limit = 1U << 20U;
constexpr std::string_view git_ignore_name = ".gitignore";

/// A walk over the directories that may hold pointers: those that git could commit.
class PointerWalk {
 public:
  PointerWalk(const Workspace& workspace, const std::vector<fs::RepoPath>& outputs)
      : workspace_(workspace), names_(workspace.dialect().names()), closed_(outputs.begin(), outputs.end()) {}

  std::vector<spec::Pointer> run() {
    pending_.push_back({{}, {}});
    while (!pending_.empty()) {
      const Place place = std::move(pending_.back());
      pending_.pop_back();
      visit(place);
    }
    return std::move(found_);
  }

 private:
  struct Place {
    fs::RepoPath directory;
    fs::IgnoreStack ignores;
  };

  void visit(const Place& place) {
    check_interrupt();
    const std::vector<fs::DirEntry> entries = list(place.directory);
    if (!place.directory.is_root() && is_project(place.directory, entries)) {
      return;
    }
    const fs::IgnoreStack ignores = with_own_rules(place, entries);
    // Pointers first: they say which directories beside them are data.
    for (const fs::DirEntry& entry : entries) {
      const fs::RepoPath path = place.directory / entry.name;
      if (entry.type == fs::FileType::file && is_pointer_name(workspace_.dialect(), entry.name) &&
          !ignores.ignored(path, false)) {
        // One that another process removes while we look was not there.
        if (const auto text = fs::try_read_file(workspace_.absolute(path), pointer_limit_bytes)) {
          found_.push_back(workspace_.dialect().read_pointer(*text, path));
          require_own_name(path, found_.back().path);
          closed_.insert(found_.back().path);
        }
      }
    }
    for (const fs::DirEntry& entry : entries) {
      const fs::RepoPath path = place.directory / entry.name;
      if (entry.type == fs::FileType::directory && entry.name != ".git" && entry.name != names_.directory &&
          !closed_.contains(path) && !ignores.ignored(path, true)) {
        pending_.push_back({path, ignores});
      }
    }
  }

  /// A pointer is found by the name of its data. One under another name, a copy for instance, would be a second one.
  void require_own_name(const fs::RepoPath& file, const fs::RepoPath& data) const {
    const fs::RepoPath own = Snapshot::pointer_file(workspace_.dialect(), data);
    if (file == own) {
      return;
    }
    if (fs::stat_path(workspace_.absolute(own))) {
      throw Error::of(ErrorKind::conflict, "{} has two pointers: {} and {}", quoted(data.str()), quoted(own.str()),
                      quoted(file.str()))
          .hint("keep one of them: {} is the right name", quoted(own.str()));
    }
    throw Error::of(ErrorKind::conflict, "{} is the pointer of {} and would have to be named {}", quoted(file.str()),
                    quoted(data.str()), quoted(own.str()))
        .hint("rename it back; `mlops move` renames data and pointer together");
  }

  /// Not every file system says what an entry is; a pointer that is overlooked would cost data at the next gc.
  std::vector<fs::DirEntry> list(const fs::RepoPath& directory) const {
    std::vector<fs::DirEntry> entries = fs::list_directory(workspace_.absolute(directory));
    for (fs::DirEntry& entry : entries) {
      if (entry.type == fs::FileType::other) {
        const auto stat = fs::stat_path(workspace_.absolute(directory / entry.name));
        entry.type = stat ? stat->type : fs::FileType::other;
      }
    }
    return entries;
  }

  bool is_project(const fs::RepoPath& directory, const std::vector<fs::DirEntry>& entries) const {
    for (const fs::DirEntry& entry : entries) {
      if (entry.name == names_.directory && entry.type == fs::FileType::directory) {
        return fs::stat_path(workspace_.absolute(directory / entry.name / "config")).has_value();
      }
    }
    return false;
  }

  fs::IgnoreStack with_own_rules(const Place& place, const std::vector<fs::DirEntry>& entries) const {
    fs::IgnoreStack ignores = place.ignores;
    for (const fs::DirEntry& entry : entries) {
      if (entry.type == fs::FileType::file && (entry.name == git_ignore_name || entry.name == names_.ignore)) {
        const std::string path = workspace_.absolute(place.directory / entry.name);
        ignores =
            ignores.with(fs::IgnoreFile(place.directory, fs::try_read_file(path, ignore_file_limit).value_or("")));
      }
    }
    return ignores;
  }

  const Workspace& workspace_;
  const spec::Names& names_;
  std::unordered_set<fs::RepoPath> closed_;
  std::vector<Place> pending_;
  std::vector<spec::Pointer> found_;
};

/// Quicker than parsing, and wrong only for a file that mentions the words otherwise.
bool may_hold_templates(std::string_view text) {
  return std::ranges::any_of(std::array<std::string_view, 4>{"${", "vars", "foreach", "matrix"},
                             [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

bool is_pointer_name(const spec::Dialect& dialect, std::string_view name) {
  const std::string_view suffix = dialect.names().pointer_suffix;
  return name.size() > suffix.size() && name.ends_with(suffix);
}

spec::Pointer read_pointer(const Workspace& workspace, const fs::RepoPath& file) {
  return workspace.dialect().read_pointer(fs::read_file(workspace.absolute(file), pointer_limit_bytes), file);
}

void require_still_tracked(const Workspace& workspace, const fs::RepoPath& data) {
  const fs::RepoPath file = Snapshot::pointer_file(workspace.dialect(), data);
  if (!fs::stat_path(workspace.absolute(file))) {
    throw Error::of(ErrorKind::conflict, "{} was moved or removed meanwhile: its pointer {} is gone",
                    quoted(data.str()), quoted(file.str()))
        .hint("`mlops status` shows what is tracked now");
  }
}

std::vector<spec::Pointer> find_pointers(const Workspace& workspace, const std::vector<fs::RepoPath>& outputs) {
  return PointerWalk(workspace, outputs).run();
}

std::string Declarations::key() const {
  std::string text =
      (templates ? revision.hex() : "") + (pipeline ? pipeline->hex() : "-") + (lock ? lock->hex() : "-");
  for (const git::TreeItem& pointer : pointers) {
    text.append(1, '\0').append(pointer.path.str()).append(1, '\0').append(pointer.id.hex());
  }
  return text;
}

Declarations find_declarations(Workspace& workspace, const git::Oid& commit_or_tree) {
  const fs::RepoPath& prefix = workspace.git_prefix();
  const spec::Names& names = workspace.dialect().names();
  Declarations found{.revision = commit_or_tree, .templates = false, .pipeline = {}, .lock = {}, .pointers = {}};
  std::vector<fs::RepoPath> other_projects;
  const auto visit = [&](const git::TreeItem& item) {
    const bool regular = item.mode == git::FileMode::regular || item.mode == git::FileMode::executable;
    if (!regular || !item.path.within(prefix)) {
      return;
    }
    const fs::RepoPath path = item.path.below(prefix);
    if (path.str() == names.pipeline) {
      found.pipeline = item.id;
    } else if (path.str() == names.lock) {
      found.lock = item.id;
    } else if (path.parent().name() == names.directory) {
      if (path.name() == "config" && !path.parent().parent().is_root()) {
        other_projects.push_back(path.parent().parent());
      }
    } else if (is_pointer_name(workspace.dialect(), path.name())) {
      found.pointers.push_back({.path = path, .id = item.id, .mode = item.mode});
    }
  };
  const auto enter = [&](const git::TreeItem& item) {
    return (item.path.within(prefix) || prefix.within(item.path)) && item.path.parent().name() != names.directory;
  };
  workspace.git().walk(commit_or_tree, visit, enter);
  found.templates = found.pipeline && may_hold_templates(workspace.git().read_blob(*found.pipeline));
  std::erase_if(found.pointers, [&](const git::TreeItem& pointer) {
    return std::any_of(other_projects.begin(), other_projects.end(),
                       [&](const fs::RepoPath& other) { return pointer.path.within(other); });
  });
  return found;
}

}  // namespace mlops::repo
