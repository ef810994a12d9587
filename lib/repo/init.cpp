// SPDX-License-Identifier: Apache-2.0
#include "repo/init.hpp"

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/layout.hpp"
#include "store/checkout.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::string_view config_text = "[core]\n\tformat = 1\n";
constexpr std::string_view git_ignore_text = "/cache/\n/config.local\n/rescue/\n/tmp/\n";
constexpr std::string_view ignore_text =
    "# Files that `mlops add` and stages leave out of the directories that they track.\n"
    "# One pattern a line, as in .gitignore. See mlops-add(1).\n";

/// What a directory must be before it can become a project.
void check_place(const std::string& root, const InitOptions& options) {
  const auto stat = fs::stat_path(root);
  if (!stat || stat->type != fs::FileType::directory) {
    throw Error::of(ErrorKind::missing, "{} is not a directory", quoted(root));
  }
  const auto git = git::Repository::discover(root);
  if (!git) {
    throw Error::of(ErrorKind::missing, "not a git repository: {}", quoted(root)).hint("run `git init` first");
  }
  if (git->work_tree() != root && !options.subdir) {
    throw Error("{} is not the top of its git repository", quoted(root))
        .hint("run `mlops init` in {}, or use --subdir for a project of its own", quoted(git->work_tree()));
  }
  const std::string parent = root.substr(0, root.rfind('/'));
  const auto outer = find_project(parent);
  if (outer && !options.subdir && outer->size() >= git->work_tree().size()) {
    throw Error::of(ErrorKind::conflict, "{} lies inside the mlops project {}", quoted(root), quoted(*outer))
        .hint("use --subdir for a project inside it");
  }
}

/// Writes one file of the project; the user's own words in an older one are moved aside, not lost.
bool write_file(const std::string& root, const fs::RepoPath& file, std::string_view text, const std::string& rescue) {
  const std::string path = root + "/" + file.str();
  const auto before = fs::stat_path(path) ? std::optional(fs::try_read_file(path)) : std::nullopt;
  if (before && *before == std::string(text)) {
    return false;
  }
  if (before) {
    store::move_to_rescue(root, file, rescue);
  }
  fs::write_file_atomic(path, text);
  return true;
}

void stage(const Session& session, InitResult& result) {
  std::vector<std::string> args{"add", "--"};
  for (const fs::RepoPath& file : result.written) {
    args.push_back(file.str());
  }
  const Completed git = git::Program(result.root, session.env).try_run(args);
  result.staged = git.exit_code == 0;
  if (!result.staged) {
    result.staging_problem = std::string(trim(git.err));
  }
}

}  // namespace

InitResult init(const Session& session, const InitOptions& options) {
  InitResult result;
  result.root = real_path(absolute_path(session.cwd, options.directory));
  check_place(result.root, options);
  const fs::RepoPath own = fs::RepoPath::parse(spec::native_dialect().names().directory);
  const std::string directory = result.root + "/" + own.str();
  result.existed = fs::stat_path(directory).has_value();
  if (result.existed && !options.force && fs::stat_path(directory + "/config")) {
    throw Error::of(ErrorKind::conflict, "{} is an mlops project already", quoted(result.root))
        .hint("use -f to write its configuration afresh; the cache stays");
  }
  fs::make_directory(directory);
  std::string time = utc_time(now_ns() / 1'000'000'000);
  std::erase(time, ':');
  const std::string rescue = directory + "/rescue/" + time + "-init";
  const fs::RepoPath ignore = fs::RepoPath::parse(spec::native_dialect().names().ignore);
  // The configuration comes last: it is what makes the directory a project.
  if (write_file(result.root, own / ".gitignore", git_ignore_text, rescue)) {
    result.written.push_back(own / ".gitignore");
  }
  if (!fs::stat_path(result.root + "/" + ignore.str())) {
    write_file(result.root, ignore, ignore_text, rescue);
    result.written.push_back(ignore);
  }
  if (write_file(result.root, own / "config", config_text, rescue)) {
    result.written.push_back(own / "config");
  }
  if (!result.written.empty()) {
    stage(session, result);
  }
  return result;
}

}  // namespace mlops::repo
