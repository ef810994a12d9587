// SPDX-License-Identifier: Apache-2.0
#include "run/work_tree.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "fs/file.hpp"
#include "fs/ignore.hpp"
#include "fs/stat.hpp"
#include "run/layout.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::array<std::string_view, 12> secret_patterns = {
    ".env",    ".env.*",           "*.pem",       "*.key", "*.p12", "*.pfx", "id_*", ".netrc", ".npmrc",
    ".pypirc", ".git-credentials", "config.local"};

/// Paths of `git ls-files -z`, as git names them; nested repositories ("name/") are left out.
std::vector<fs::RepoPath> parse_listing(const std::string& listing) {
  std::vector<fs::RepoPath> paths;
  for (std::size_t start = 0; start < listing.size();) {
    const std::size_t end = std::min(listing.find('\0', start), listing.size());
    if (const auto path = fs::RepoPath::try_parse(std::string_view(listing).substr(start, end - start))) {
      paths.push_back(*path);
    }
    start = end + 1;
  }
  return paths;
}

std::string zero_separated(const std::vector<fs::RepoPath>& paths) {
  std::string text;
  for (const fs::RepoPath& path : paths) {
    text.append(path.str()).append(1, '\0');
  }
  return text;
}

bool overlap(const fs::RepoPath& a, const fs::RepoPath& b) { return a.within(b) || b.within(a); }

/// A private copy of the user's index. Its time stays the original's: git re-reads files that changed at that moment.
class IndexCopy {
 public:
  explicit IndexCopy(repo::Workspace& workspace)
      : directory_(workspace.state_directory(), "mlops-tmp-"), path_(directory_.path() + "/index") {
    const std::string original = workspace.git().git_dir() + "/index";
    if (const auto stat = fs::stat_path(original)) {
      const fs::Fd from = fs::open_read(original);
      fs::TempFile copy(directory_.path());
      fs::copy_bytes(from.get(), copy, original, {});
      copy.replace(path_);
      fs::set_mtime(path_, stat->mtime_ns);
    }
  }
  const std::string& path() const { return path_; }

 private:
  fs::TempDir directory_;
  std::string path_;
};

class TreeMaker {
 public:
  TreeMaker(repo::Workspace& workspace, const repo::Snapshot& snapshot)
      : workspace_(workspace),
        snapshot_(snapshot),
        index_(workspace),
        git_(git::Program(workspace.git().work_tree(), workspace.session().env)
                 .with("GIT_INDEX_FILE", index_.path())
                 .with("GIT_LITERAL_PATHSPECS", "1")) {
    for (const repo::Tracked& tracked : snapshot.tracked()) {
      kept_elsewhere_.insert(tracked.path);
    }
    for (const spec::Stage& stage : snapshot.project.stages) {
      for (const spec::Output& output : stage.outs) {
        kept_elsewhere_.insert(output.path);
      }
    }
  }

  WorkTree make() {
    git_.run({"add", "-u"});
    choose_untracked();
    std::vector<fs::RepoPath> in_git;
    for (const fs::RepoPath& path : chosen_) {
      in_git.push_back(workspace_.git_path(path));
    }
    if (!in_git.empty()) {
      git_.run({"update-index", "--add", "--remove", "-z", "--stdin"}, zero_separated(in_git));
    }
    const auto tree = git::Oid::parse(trim(git_.run({"write-tree"})));
    if (!tree) {
      throw Error("git did not say which tree it wrote");
    }
    if (workspace_.durability() != fs::Durability::off) {
      // git leaves its loose objects to the system.
      fs::sync_filesystem(workspace_.git().common_dir());
    }
    return {
        .tree = *tree, .untracked = texts(chosen_), .left_out = texts(left_out_), .not_reproducible = lacking(*tree)};
  }

 private:
  static std::vector<std::string> texts(const std::set<fs::RepoPath>& paths) {
    std::vector<std::string> words;
    for (const fs::RepoPath& path : paths) {
      words.push_back(path.str());
    }
    return words;
  }

  /// What the index lacks, at or below these paths of the project; all but ignored files when there are none.
  std::vector<fs::RepoPath> others(const std::vector<fs::RepoPath>& below) {
    std::vector<std::string> args{"ls-files", "-z", "--others"};
    if (below.empty()) {
      args.emplace_back("--exclude-standard");
    }
    args.emplace_back("--");
    for (const fs::RepoPath& path : below) {
      const fs::RepoPath in_git = workspace_.git_path(path);
      args.push_back(in_git.is_root() ? "." : in_git.str());
    }
    if (below.empty() && !workspace_.git_prefix().is_root()) {
      args.push_back(workspace_.git_prefix().str());
    }
    std::vector<fs::RepoPath> found;
    for (const fs::RepoPath& path : parse_listing(git_.run(args))) {
      if (path.within(workspace_.git_prefix())) {
        found.push_back(path.below(workspace_.git_prefix()));
      }
    }
    return found;
  }

  void choose_untracked() {
    for (const fs::RepoPath& path : declared_untracked()) {
      consider(path);
    }
    const auto include = workspace_.config().list("run.include");
    const fs::IgnoreFile patterns({}, join(include, "\n"));
    for (const fs::RepoPath& path : others({})) {
      if (is_metadata(path) || included(patterns, path)) {
        consider(path);
      } else if (!chosen_.contains(path) && !is_kept_elsewhere(path)) {
        left_out_.insert(path);
      }
    }
  }

  /// Whether a pattern of run.include covers the path or a directory above it.
  static bool included(const fs::IgnoreFile& patterns, const fs::RepoPath& path) {
    if (patterns.empty()) {
      return false;
    }
    bool directory = false;
    for (fs::RepoPath at = path; !at.is_root(); at = at.parent()) {
      if (patterns.match(at, directory) == fs::IgnoreFile::Verdict::ignored) {
        return true;
      }
      directory = true;
    }
    return false;
  }

  bool is_metadata(const fs::RepoPath& path) const {
    const spec::Names& names = workspace_.dialect().names();
    const std::string_view name = path.name();
    const bool own_directory = path.parent().str() == names.directory && (name == "config" || name == ".gitignore");
    const bool of_project = name == names.pipeline || name == names.lock;
    return own_directory || of_project || name == names.ignore || name == ".gitignore" || name == ".gitattributes" ||
           (name.size() > names.pointer_suffix.size() && name.ends_with(names.pointer_suffix));
  }

  std::set<fs::RepoPath> declared_paths() const {
    std::set<fs::RepoPath> paths(snapshot_.project.params.begin(), snapshot_.project.params.end());
    for (const spec::TemplateSource& source : snapshot_.project.sources) {
      if (source.digest) {
        paths.insert(source.path);
      }
    }
    for (const spec::Stage& stage : snapshot_.project.stages) {
      for (const spec::Dependency& dep : stage.deps) {
        paths.insert(dep.path);
      }
      for (const spec::ParamsDependency& params : stage.params) {
        paths.insert(params.file);
      }
    }
    std::erase_if(paths, [&](const fs::RepoPath& path) { return is_kept_elsewhere(path); });
    return paths;
  }

  std::set<fs::RepoPath> declared_untracked() {
    std::vector<fs::RepoPath> missing;
    for (const fs::RepoPath& path : declared_paths()) {
      if (fs::stat_path(workspace_.absolute(path))) {
        missing.push_back(path);
      }
    }
    std::set<fs::RepoPath> found;
    // An argument list has its limits; a pipeline of thousands of dependencies has not.
    constexpr std::size_t at_once = 500;
    for (std::size_t start = 0; start < missing.size(); start += at_once) {
      const auto first = missing.begin() + static_cast<std::ptrdiff_t>(start);
      const auto last = missing.begin() + static_cast<std::ptrdiff_t>(std::min(start + at_once, missing.size()));
      for (const fs::RepoPath& path : others({first, last})) {
        if (!in_own_directory(path) && !ignored_by_us(path)) {
          found.insert(path);
        }
      }
    }
    return found;
  }

  /// The cache and what else lies in .mlops; a declared '.' must not take it in.
  bool in_own_directory(const fs::RepoPath& path) const {
    return path.first() == workspace_.dialect().names().directory;
  }

  /// What hashing leaves out of a directory does not belong to it.
  bool ignored_by_us(const fs::RepoPath& path) const {
    bool directory = false;
    for (fs::RepoPath at = path; !at.is_root(); at = at.parent()) {
      if (workspace_.ignore_for(at.parent()).ignored(at, directory)) {
        return true;
      }
      directory = true;
    }
    return false;
  }

  bool is_kept_elsewhere(const fs::RepoPath& path) const {
    return std::any_of(kept_elsewhere_.begin(), kept_elsewhere_.end(),
                       [&](const fs::RepoPath& kept) { return path.within(kept); });
  }

  void consider(const fs::RepoPath& path) {
    if (is_kept_elsewhere(path)) {
      return;
    }
    const auto stat = fs::stat_path(workspace_.absolute(path));
    const bool fits = stat && (stat->type == fs::FileType::link ||
                               (stat->type == fs::FileType::file && stat->size <= untracked_limit_bytes));
    (fits && !is_secret_name(path.name()) ? chosen_ : left_out_).insert(path);
  }

  /// Declared paths of which something is neither in the tree nor tracked nor made by a stage.
  std::vector<std::string> lacking(const git::Oid& tree) const {
    std::vector<std::string> paths;
    for (const fs::RepoPath& path : declared_paths()) {
      const bool partly_left_out = std::any_of(left_out_.begin(), left_out_.end(), [&](const fs::RepoPath& left) {
        return left.within(path) && !ignored_by_us(left);
      });
      const bool somewhere = path.is_root() || workspace_.git().find(tree, workspace_.git_path(path)) ||
                             std::any_of(kept_elsewhere_.begin(), kept_elsewhere_.end(),
                                         [&](const fs::RepoPath& kept) { return overlap(kept, path); });
      if (partly_left_out || !somewhere) {
        paths.push_back(path.str());
      }
    }
    return paths;
  }

  repo::Workspace& workspace_;
  const repo::Snapshot& snapshot_;
  IndexCopy index_;
  git::Program git_;
  std::set<fs::RepoPath> kept_elsewhere_;  // tracked data and outputs
  std::set<fs::RepoPath> chosen_, left_out_;
};

}  // namespace

bool is_secret_name(std::string_view name) {
  return std::any_of(secret_patterns.begin(), secret_patterns.end(),
                     [&](std::string_view pattern) { return fs::glob_match(pattern, name); });
}

WorkTree write_work_tree(repo::Workspace& workspace, const repo::Snapshot& snapshot) {
  workspace.make_state_directory();
  return TreeMaker(workspace, snapshot).make();
}

}  // namespace mlops::run
