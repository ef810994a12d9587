// SPDX-License-Identifier: Apache-2.0
#include "run/git_refs.hpp"

#include "git/program.hpp"
#include "run/layout.hpp"
#include "run/share.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

Error unreachable(const std::string& what, const std::string& git_remote, const Completed& git) {
  return Error::of(ErrorKind::network, "cannot {} git remote {}: {}", what, quoted(git_remote), git::complaint(git))
      .hint("`git remote -v` shows where it is");
}

/// What one line of `git push --porcelain` says of a ref: "<flag>\t<from>:<to>\t<summary>".
void read_push_line(const std::string& line, std::map<std::string, std::string>& verdicts) {
  const std::vector<std::string> fields = split(line, '\t');
  if (fields.size() != 3 || fields[0].size() != 1) {
    return;
  }
  const std::size_t colon = fields[1].find(':');
  const auto id = id_of_ref(std::string_view(fields[1]).substr(colon == std::string::npos ? 0 : colon + 1));
  if (id) {
    verdicts[*id] = fields[0] == "!" ? printable(fields[2]) : "";
  }
}

}  // namespace

std::optional<std::string> default_git_remote(repo::Workspace& workspace) {
  const git::Repository& git = workspace.git();
  if (const auto branch = git.branch()) {
    auto remote = git.config("branch." + *branch + ".remote");
    if (remote && *remote != ".") {
      return remote;
    }
  }
  return git.config("remote.origin.url") ? std::optional<std::string>("origin") : std::nullopt;
}

RemoteRefs list_remote_runs(const repo::Workspace& workspace, const std::string& git_remote) {
  const Completed git =
      workspace.git_program().try_run({"ls-remote", "--quiet", "--", git_remote, std::string(ref_prefix) + "*"});
  if (git.exit_code != 0) {
    throw unreachable("read", git_remote, git);
  }
  RemoteRefs refs;
  for (const std::string& line : split(git.out, '\n')) {
    const std::size_t tab = line.find('\t');
    const auto commit = git::Oid::parse(line.substr(0, tab));
    const auto id = tab == std::string::npos ? std::nullopt : id_of_ref(std::string_view(line).substr(tab + 1));
    if (commit && id) {
      refs.insert_or_assign(*id, *commit);
    }
  }
  return refs;
}

std::vector<std::pair<std::string, std::string>> push_run_refs(const repo::Workspace& workspace,
                                                               const std::string& git_remote,
                                                               const std::vector<std::string>& ids) {
  std::vector<std::string> args{"push", "--porcelain"};
  for (const std::string& id : ids) {
    // Only where there is none yet: a run that somebody else sent under this id stays what it is.
    args.push_back("--force-with-lease=" + ref_name(id) + ":");
  }
  args.insert(args.end(), {"--", git_remote});
  for (const std::string& id : ids) {
    args.push_back(ref_name(id) + ":" + ref_name(id));
  }
  const Completed git = workspace.git_program().try_run(args);
  std::map<std::string, std::string> verdicts;
  for (const std::string& line : split(git.out, '\n')) {
    read_push_line(line, verdicts);
  }
  if (git.exit_code != 0 && verdicts.empty()) {
    throw unreachable("send runs to", git_remote, git);
  }
  std::vector<std::pair<std::string, std::string>> failed;
  for (const std::string& id : ids) {
    const auto verdict = verdicts.find(id);
    if (verdict == verdicts.end()) {
      failed.emplace_back(id, "git did not say that it arrived");
    } else if (!verdict->second.empty()) {
      failed.emplace_back(id, verdict->second);
    }
  }
  return failed;
}

void fetch_run_commits(const repo::Workspace& workspace, const std::string& git_remote,
                       const std::vector<std::string>& ids) {
  std::string refs;
  for (const std::string& id : ids) {
    refs += ref_name(id) + "\n";
  }
  const Completed git =
      workspace.git_program().try_run({"fetch", "--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head",
                                       "--no-recurse-submodules", "--no-auto-maintenance", "--stdin", "--", git_remote},
                                      refs);
  if (git.exit_code != 0) {
    throw unreachable("fetch runs from", git_remote, git);
  }
}

}  // namespace mlops::run
