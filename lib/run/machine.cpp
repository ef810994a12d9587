// SPDX-License-Identifier: Apache-2.0
#include "run/machine.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <set>

#include "fs/file.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::array<std::string_view, 7> recorded_names = {
    "LANG", "LC_ALL", "TZ", "PYTHONHASHSEED", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "SOURCE_DATE_EPOCH"};
constexpr std::array<std::string_view, 2> interpreters = {"python3", "python"};
constexpr std::uint64_t proc_limit_bytes = 1U << 20U;

/// The rest of the first line that begins with `label`, without quotes and white space.
std::string field(const std::string& path, std::string_view label, std::string_view separators) {
  try {
    const std::string text = fs::try_read_file(path, proc_limit_bytes).value_or("");
    for (const std::string& line : split(text, '\n')) {
      if (line.starts_with(label)) {
        const std::size_t at = line.find_first_of(separators, label.size());
        std::string value(trim(std::string_view(line).substr(at == std::string::npos ? line.size() : at + 1)));
        std::erase(value, '"');
        return value;
      }
    }
  } catch (const Error& error) {
    log::debug("{} is not known: {}", label, error.what());
  }
  return {};
}

/// The program that a command line names first, when it is a plain word.
std::string first_word(const spec::StageCommand& cmd) {
  if (cmd.lines.empty()) {
    return {};
  }
  const std::string_view line = trim(cmd.lines.front());
  return std::string(line.substr(0, line.find_first_of(" \t\n")));
}

std::string version_of(const repo::Workspace& workspace, const std::string& program) {
  try {
    const Completed completed =
        run_process({.argv = {program, "--version"}, .cwd = workspace.root(), .env = workspace.session().env});
    const std::string& said = completed.out.empty() ? completed.err : completed.out;
    if (completed.exit_code == 0) {
      return printable(trim(split(said, '\n').front()));
    }
  } catch (const Error& error) {
    log::debug("the version of {} is not known: {}", program, error.what());
  }
  return {};
}

void add(std::map<std::string, std::string>& facts, const std::string& name, std::string value) {
  if (!value.empty()) {
    facts.insert_or_assign(name, std::move(value));
  }
}

}  // namespace

std::map<std::string, std::string> machine_facts() {
  std::map<std::string, std::string> facts;
  add(facts, "os", field("/etc/os-release", "PRETTY_NAME", "="));
  add(facts, "cpu", field("/proc/cpuinfo", "model name", ":"));
  add(facts, "memory", field("/proc/meminfo", "MemTotal", ":"));
  add(facts, "cores", std::to_string(processors()));
  utsname name{};
  if (::uname(&name) == 0) {
    add(facts, "kernel", std::string(name.sysname) + " " + name.release + " " + name.machine);
    add(facts, "host", name.nodename);
  }
  return facts;
}

std::map<std::string, std::string> tool_versions(const repo::Workspace& workspace, const std::string& version,
                                                 const std::vector<const spec::Stage*>& stages) {
  std::map<std::string, std::string> versions;
  add(versions, "mlops", version);
  add(versions, "git", version_of(workspace, "git"));
  std::set<std::string> programs;
  for (const spec::Stage* stage : stages) {
    programs.insert(first_word(stage->cmd));
  }
  for (const std::string_view interpreter : interpreters) {
    if (programs.contains(std::string(interpreter))) {
      add(versions, std::string(interpreter), version_of(workspace, std::string(interpreter)));
    }
  }
  return versions;
}

std::map<std::string, std::string> recorded_environment(const Environment& env) {
  std::map<std::string, std::string> recorded;
  for (const std::string_view name : recorded_names) {
    if (const auto found = env.find(std::string(name)); found != env.end()) {
      recorded.insert(*found);
    }
  }
  return recorded;
}

Environment with_recorded_environment(Environment env, const std::map<std::string, std::string>& recorded) {
  for (const std::string_view name : recorded_names) {
    const auto then = recorded.find(std::string(name));
    if (then == recorded.end()) {
      env.erase(std::string(name));
    } else {
      env.insert_or_assign(then->first, then->second);
    }
  }
  return env;
}

}  // namespace mlops::run
