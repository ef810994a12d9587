// SPDX-License-Identifier: Apache-2.0
#include "git/program.hpp"

#include <algorithm>
#include <array>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

/// Variables of git's that the user needs for credentials, identity and configuration. All others are dropped: a hook
/// or a wrapper may have set them to point git at another repository.
constexpr std::array<std::string_view, 14> kept_names = {
    "GIT_SSH",           "GIT_SSH_COMMAND",     "GIT_SSH_VARIANT",     "GIT_ASKPASS",         "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT",    "GIT_SSL_CAINFO",      "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",      "GIT_SSL_KEY",         "GIT_TERMINAL_PROMPT", "GIT_PROXY_SSL_CAINFO"};
constexpr std::array<std::string_view, 4> kept_prefixes = {"GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_KEY_",
                                                           "GIT_CONFIG_VALUE_"};

bool kept(std::string_view name) {
  return !name.starts_with("GIT_") || std::find(kept_names.begin(), kept_names.end(), name) != kept_names.end() ||
         std::any_of(kept_prefixes.begin(), kept_prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Cuts "user:password@" out of addresses, which git repeats in its messages (I-36).
std::string without_userinfo(std::string text) {
  constexpr std::string_view marker = "://";
  for (std::size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at + 1)) {
    const std::size_t start = at + marker.size();
    const std::size_t end = text.find_first_of("/ \n'\"", start);
    const std::size_t sign = text.rfind('@', end == std::string::npos ? end : end - 1);
    if (sign != std::string::npos && sign >= start) {
      text.erase(start, sign + 1 - start);
    }
  }
  return text;
}

}  // namespace

std::string complaint(const Completed& completed) {
  std::vector<std::string> picked;
  std::string last = fmt::format("exit code {}", completed.exit_code);
  for (const std::string& line : split(without_userinfo(completed.err), '\n')) {
    const std::string_view text = trim(line);
    if (text.empty()) {
      continue;
    }
    last = printable(text);
    for (const std::string_view label : {"fatal: ", "error: "}) {
      if (text.starts_with(label)) {
        picked.push_back(printable(text.substr(label.size())));
      }
    }
  }
  return picked.empty() ? last : join(picked, "; ");
}

Program::Program(std::string directory, const Environment& env) : directory_(std::move(directory)) {
  std::copy_if(env.begin(), env.end(), std::inserter(env_, env_.end()),
               [](const auto& variable) { return kept(variable.first); });
}

Completed Program::try_run(const std::vector<std::string>& args, const std::optional<std::string>& input) const {
  Command command{
      .argv = {"git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"},
      .cwd = directory_,
      .env = env_,
      .input = input};
  command.argv.insert(command.argv.end(), args.begin(), args.end());
  return run_process(command);
}

std::string Program::run(const std::vector<std::string>& args, const std::optional<std::string>& input) const {
  Completed completed = try_run(args, input);
  if (completed.exit_code != 0) {
    Error error("`git {}` failed: {}", args.empty() ? "" : args.front(), complaint(completed));
    if (completed.err.find("Permission denied") != std::string::npos) {
      error.hint("check who owns it and its permissions (`ls -ld` shows both)");
    }
    throw error;
  }
  return std::move(completed.out);
}

Program Program::with(const std::string& name, const std::string& value) const {
  Program copy = *this;
  copy.env_[name] = value;
  return copy;
}

}  // namespace mlops::git
