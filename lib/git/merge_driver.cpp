// SPDX-License-Identifier: Apache-2.0
// The merge driver: what to run stands in .git/config, for which files in .git/info/attributes. Both are this clone's
// own; nothing that a repository carries can name a program (I-32).

#include <algorithm>

#include "fs/file.hpp"
#include "git/hooks.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

std::string attributes_path(const Repository& repository) { return repository.common_dir() + "/info/attributes"; }

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines = split(fs::try_read_file(path).value_or(std::string()), '\n');
  if (lines.back().empty()) {
    lines.pop_back();
  }
  return lines;
}

void write_lines(const std::string& path, const std::vector<std::string>& lines) {
  fs::write_file_atomic(path, join(lines, "\n") + "\n");
}

std::string attribute(const std::string& driver) { return " merge=" + driver; }

void set_config(const Program& git, const std::string& key, const std::string& value) {
  const Completed current = git.try_run({"config", "--local", "--get-all", key});
  if (current.out != value + "\n") {
    git.run({"config", "--local", "--replace-all", key, value});
  }
}

}  // namespace

void install_merge_driver(const Repository& repository, const Program& git, const std::string& driver,
                          const std::string& command, const std::vector<std::string>& patterns) {
  set_config(git, "merge." + driver + ".name", "merge of files that mlops writes");
  set_config(git, "merge." + driver + ".driver", command);
  const std::string path = attributes_path(repository);
  std::vector<std::string> lines = read_lines(path);
  const std::size_t before = lines.size();
  for (const std::string& pattern : patterns) {
    if (const std::string line = pattern + attribute(driver);
        std::find(lines.begin(), lines.end(), line) == lines.end()) {
      lines.push_back(line);
    }
  }
  if (lines.size() != before) {
    fs::make_directories(repository.common_dir() + "/info");
    write_lines(path, lines);
  }
}

void uninstall_merge_driver(const Repository& repository, const Program& git, const std::string& driver) {
  const std::string path = attributes_path(repository);
  std::vector<std::string> lines = read_lines(path);
  if (std::erase_if(lines, [&](const std::string& line) { return line.ends_with(attribute(driver)); }) > 0) {
    if (lines.empty()) {
      fs::remove_file(path);
    } else {
      write_lines(path, lines);
    }
  }
  if (git.try_run({"config", "--local", "--get-regexp", "^merge\\." + driver + "\\."}).exit_code == 0) {
    git.run({"config", "--local", "--remove-section", "merge." + driver});
  }
}

}  // namespace mlops::git
