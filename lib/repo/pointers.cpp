// SPDX-License-Identifier: Apache-2.0
#include "repo/pointers.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "repo/lock_text.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t ignore_file_limit = 1U << 20U;
constexpr std::string_view git_ignore_name = ".gitignore";

/// A walk over the directories that may hold what declares something: those that git could commit.
class Walk {
 public:
  Walk(const Workspace& workspace, Pointers pointers)
      : workspace_(workspace), names_(workspace.dialect().names()), pointers_(pointers) {}

  Declaring run() {
    pending_.push_back({{}, workspace_.ignore_for({})});
    while (!pending_.empty()) {
      const Place place = std::move(pending_.back());
      pending_.pop_back();
      visit(place);
    }
    std::sort(found_.pipelines.begin(), found_.pipelines.end());
    const auto root = pipeline_path(workspace_.dialect());
    std::erase(found_.pipelines, root);
    found_.pipelines.insert(found_.pipelines.begin(), root);
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
    // Files first: pointers say which directories beside them are data.
    for (const fs::DirEntry& entry : entries) {
      if (entry.type == fs::FileType::file) {
        take_file(place.directory / entry.name, ignores);
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

  void take_file(const fs::RepoPath& path, const fs::IgnoreStack& ignores) {
    const bool pipeline = path.name() == names_.pipeline;
    const bool pointer = pointers_ == Pointers::read && is_pointer_name(workspace_.dialect(), path.name());
    if ((!pipeline && !pointer) || ignores.ignored(path, false)) {
      return;
    }
    if (pipeline) {
      found_.pipelines.push_back(path);
      return;
    }
    // One that another process removes while we look was not there.
    if (const auto text = fs::try_read_file(workspace_.absolute(path), pointer_limit_bytes)) {
      take_pointers(path, *text);
    }
  }

  /// What is wrong with a file matters only where it turns out to be none that a stage made.
  void take_pointers(const fs::RepoPath& file, const std::string& text) {
    PointerFile found{.file = file};
    try {
      found.pointers = workspace_.dialect().read_pointers(text, file);
      for (const spec::Pointer& pointer : found.pointers) {
        require_own_name(pointer);
        closed_.insert(pointer.path);
      }
    } catch (const Error& failure) {
      found.failure = failure;
    }
    found_.pointers.push_back(std::move(found));
  }

  /// A pointer is found by the name of its data. One under another name, a copy for instance, would be a second one.
  void require_own_name(const spec::Pointer& pointer) const {
    const fs::RepoPath own = Snapshot::pointer_file(workspace_.dialect(), pointer.path);
    if (pointer.file == own || !workspace_.dialect().pointers_have_fixed_names()) {
      return;
    }
    if (fs::stat_path(workspace_.absolute(own))) {
      throw Error::of(ErrorKind::conflict, "{} has two pointers: {} and {}", quoted(pointer.path.str()),
                      quoted(own.str()), quoted(pointer.file.str()))
          .hint("keep one of them: {} is the right name", quoted(own.str()));
    }
    throw Error::of(ErrorKind::conflict, "{} is the pointer of {} and would have to be named {}",
                    quoted(pointer.file.str()), quoted(pointer.path.str()), quoted(own.str()))
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
    return std::ranges::any_of(entries, [&](const fs::DirEntry& entry) {
      return entry.name == names_.directory && entry.type == fs::FileType::directory &&
             fs::stat_path(workspace_.absolute(directory / names_.marker)).has_value();
    });
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
  Pointers pointers_;
  std::unordered_set<fs::RepoPath> closed_;
  std::vector<Place> pending_;
  Declaring found_;
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

spec::Pointer parse_pointer(const spec::Dialect& dialect, std::string_view text, const fs::RepoPath& file,
                            const fs::RepoPath& data) {
  std::vector<spec::Pointer> pointers = dialect.read_pointers(text, file);
  const auto found = std::ranges::find(pointers, data, &spec::Pointer::path);
  if (found == pointers.end()) {
    throw Error::of(ErrorKind::conflict, "{} is the pointer of {}, not of {}", quoted(file.str()),
                    quoted(pointers.front().path.str()), quoted(data.str()));
  }
  return std::move(*found);
}

spec::Pointer read_pointer(const Workspace& workspace, const fs::RepoPath& file, const fs::RepoPath& data) {
  return parse_pointer(workspace.dialect(), fs::read_file(workspace.absolute(file), pointer_limit_bytes), file, data);
}

void require_still_tracked(const Workspace& workspace, const fs::RepoPath& file, const fs::RepoPath& data) {
  if (!fs::stat_path(workspace.absolute(file))) {
    throw Error::of(ErrorKind::conflict, "{} was moved or removed meanwhile: its pointer {} is gone",
                    quoted(data.str()), quoted(file.str()))
        .hint("`mlops status` shows what is tracked now");
  }
}

Declaring find_declaring(const Workspace& workspace, Pointers pointers) { return Walk(workspace, pointers).run(); }

std::string Declarations::key() const {
  std::string text = templates ? revision.hex() : "";
  for (const auto* files : {&pipelines, &locks, &pointers}) {
    for (const git::TreeItem& file : *files) {
      text.append(1, '\0').append(file.path.str()).append(1, '\0').append(file.id.hex());
    }
  }
  return text;
}

Declarations find_declarations(Workspace& workspace, const git::Oid& commit_or_tree) {
  const fs::RepoPath& prefix = workspace.git_prefix();
  const spec::Names& names = workspace.dialect().names();
  Declarations found{.revision = commit_or_tree, .templates = false, .pipelines = {}, .locks = {}, .pointers = {}};
  std::vector<fs::RepoPath> other_projects;
  const auto visit = [&](const git::TreeItem& item) {
    const bool regular = item.mode == git::FileMode::regular || item.mode == git::FileMode::executable;
    if (!regular || !item.path.within(prefix)) {
      return;
    }
    const fs::RepoPath path = item.path.below(prefix);
    const git::TreeItem own{.path = path, .id = item.id, .mode = item.mode};
    if (path.name() == names.pipeline) {
      found.pipelines.push_back(own);
    } else if (path.name() == names.lock) {
      found.locks.push_back(own);
    } else if (path.parent().name() == names.directory) {
      if (path.name() == "config" && !path.parent().parent().is_root()) {
        other_projects.push_back(path.parent().parent());
      }
    } else if (is_pointer_name(workspace.dialect(), path.name())) {
      found.pointers.push_back(own);
    }
  };
  const auto enter = [&](const git::TreeItem& item) {
    return (item.path.within(prefix) || prefix.within(item.path)) && item.path.parent().name() != names.directory;
  };
  workspace.git().walk(commit_or_tree, visit, enter);
  for (auto* files : {&found.pipelines, &found.locks, &found.pointers}) {
    std::erase_if(*files, [&](const git::TreeItem& file) {
      return std::any_of(other_projects.begin(), other_projects.end(),
                         [&](const fs::RepoPath& other) { return file.path.within(other); });
    });
  }
  // In the order that a work tree has.
  const auto root = pipeline_path(workspace.dialect());
  std::ranges::sort(found.pipelines, {}, &git::TreeItem::path);
  std::stable_partition(found.pipelines.begin(), found.pipelines.end(),
                        [&](const git::TreeItem& file) { return file.path == root; });
  found.templates = std::ranges::any_of(found.pipelines, [&](const git::TreeItem& pipeline) {
    return may_hold_templates(workspace.git().read_blob(pipeline.id));
  });
  return found;
}

}  // namespace mlops::repo
