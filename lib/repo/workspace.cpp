// SPDX-License-Identifier: Apache-2.0
#include "repo/workspace.hpp"

#include <unistd.h>

#include <map>
#include <utility>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/layout.hpp"
#include "repo/remote_options.hpp"
#include "repo/settings.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t ignore_file_limit = 1U << 20U;
constexpr std::uint64_t token_limit = 256;
constexpr unsigned token_letters = 24;

fs::Durability parse_durability(const std::string& word) {
  if (word == "off") {
    return fs::Durability::off;
  }
  return word == "strict" ? fs::Durability::strict : fs::Durability::batch;
}

std::vector<fs::LinkType> link_types(const Config& config) {
  std::vector<fs::LinkType> types;
  for (const std::string& word : config.list("cache.type")) {
    for (const auto type : {fs::LinkType::reflink, fs::LinkType::copy, fs::LinkType::hardlink, fs::LinkType::symlink}) {
      if (word == fs::to_string(type)) {
        types.push_back(type);
      }
    }
  }
  return types;
}

/// How long to wait for another run: without bound unless the session or the configuration say.
std::optional<std::chrono::milliseconds> wait_limit(const Session& session, const Config& config) {
  std::optional<double> seconds = session.lock_wait_seconds;
  if (!seconds && config.get("run.lock_wait")) {
    seconds = config.seconds("run.lock_wait");
  }
  if (!seconds) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
}

/// What no ignore file needs to name.
fs::IgnoreStack always_ignored(const spec::Dialect& dialect) {
  const std::string_view patterns = dialect.names().always_ignored;
  return patterns.empty() ? fs::IgnoreStack() : fs::IgnoreStack().with(fs::IgnoreFile({}, std::string(patterns)));
}

}  // namespace

struct Workspace::State {
  Session session;
  std::string root;
  const spec::Dialect* dialect = nullptr;
  fs::RepoPath cwd;
  fs::RepoPath git_prefix;
  Config config;
  std::unique_ptr<store::Memo> memo{};
  std::unique_ptr<store::LocalDb> db{};
  std::optional<git::Repository> git{};
  std::map<fs::RepoPath, fs::IgnoreStack> ignores{};
  std::string run_token{};
};

Workspace::Workspace(std::unique_ptr<State> state) : state_(std::move(state)) {}
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

Workspace Workspace::open(Session session) {
  const std::string cwd = real_path(session.cwd);
  const auto root = find_project(cwd);
  if (!root && !find_git_root(cwd)) {
    throw Error::of(ErrorKind::missing, "not a git repository, nor inside one: {}", quoted(cwd))
        .hint("go to your project, or begin one here: `git init`, then `mlops init`");
  }
  if (!root) {
    throw Error::of(ErrorKind::missing, "{} is not inside an mlops project", quoted(cwd))
        .hint("run `mlops init` at the top of your git repository");
  }
  return open_at(*root, std::move(session));
}

Workspace Workspace::open_at(const std::string& root, Session session) {
  auto state = std::make_unique<State>();
  state->root = real_path(root);
  const auto git_root = find_git_root(state->root);
  if (!git_root) {
    throw Error::of(ErrorKind::missing, "not a git repository: {}", quoted(state->root)).hint("run `git init` first");
  }
  state->git_prefix = path_below(*git_root, state->root);
  session.cwd = real_path(session.cwd);
  if (session.progress == nullptr) {
    session.progress = &no_progress();
  }
  state->dialect = &dialect_of(state->root);
  const auto owner = fs::stat_path(state->root + "/" + std::string(state->dialect->names().directory));
  if (!owner) {
    throw Error::of(ErrorKind::missing, "{} is not an mlops project", quoted(state->root)).hint("run `mlops init`");
  }
  // A directory of someone else's is used under git's own rules (safe.directory), which opening it applies.
  if (owner->owner != ::geteuid()) {
    state->git = git::Repository::discover(state->root);
    if (!state->git) {
      throw Error::of(ErrorKind::untrusted, "the project at {} belongs to someone else", quoted(state->root))
          .hint("if you trust it: `git config --global --add safe.directory {}`", shell_quoted(*git_root));
    }
  }
  const bool inside = session.cwd == state->root || session.cwd.starts_with(state->root + "/");
  state->cwd = inside ? path_below(state->root, session.cwd) : fs::RepoPath();
  state->config = load_config(session, state->root, state->dialect->config_format());
  state->session = std::move(session);
  return Workspace(std::move(state));
}

const Session& Workspace::session() const { return state_->session; }
const std::string& Workspace::root() const { return state_->root; }
const fs::RepoPath& Workspace::cwd() const { return state_->cwd; }
const spec::Dialect& Workspace::dialect() const { return *state_->dialect; }
const Config& Workspace::config() const { return state_->config; }
const fs::RepoPath& Workspace::git_prefix() const { return state_->git_prefix; }
const std::string& Workspace::run_token() const { return state_->run_token; }

void Workspace::reload_config() {
  state_->config = load_config(state_->session, state_->root, dialect().config_format());
  state_->db.reset();
}

store::Memo& Workspace::memo() {
  if (!state_->memo) {
    state_->memo = std::make_unique<store::Memo>(state_directory() + "/memo");
  }
  return *state_->memo;
}

void Workspace::save_memo() {
  if (!state_->memo) {
    return;
  }
  try {
    make_state_directory();
  } catch (const Error& failure) {
    log::debug("the memo is not saved: {}", failure.what());
    return;
  }
  state_->memo->save();
}

store::LocalDb& Workspace::db() {
  if (!state_->db) {
    warn_of_waiting(config(), "cache.");
    state_->db =
        std::make_unique<store::LocalDb>(store::LocalDbOptions{.root = cache_directory(config(), root()),
                                                               .algorithm = dialect().algorithm(),
                                                               .durability = durability(),
                                                               .group_shared = config().get("cache.shared") == "group"},
                                         memo());
  }
  return *state_->db;
}

store::LocalDb& Workspace::writable_db() {
  store::LocalDb& cache = db();
  cache.ensure_layout();
  cache.register_project(root());
  make_state_directory();
  return cache;
}

git::Repository& Workspace::git() {
  if (!state_->git) {
    state_->git = git::Repository::discover(root());
  }
  if (!state_->git) {
    throw Error::of(ErrorKind::missing, "not a git repository: {}", quoted(root())).hint("run `git init` first");
  }
  return *state_->git;
}

git::Program Workspace::git_program() const { return {root(), session().env}; }

fs::RepoPath Workspace::git_path(const fs::RepoPath& path) const { return git_prefix() / path; }

std::string Workspace::absolute(const fs::RepoPath& path) const {
  return path.is_root() ? root() : root() + "/" + path.str();
}

fs::RepoPath Workspace::resolve(const std::string& typed) const {
  const auto outside = [&] { return Error::usage("{} is outside the repository", quoted(typed)); };
  if (!typed.starts_with('/')) {
    const auto path = fs::RepoPath::resolve(cwd(), typed);
    return path ? *path : throw outside();
  }
  std::string absolute_typed = absolute_path("/", typed);
  if (absolute_typed != root() && !absolute_typed.starts_with(root() + "/")) {
    // The way to the root may go through links; the last part stays as typed, for it may be a link itself.
    const std::size_t slash = absolute_typed.rfind('/');
    const std::string parent = real_path(absolute_typed.substr(0, slash));
    absolute_typed = (parent == "/" ? "" : parent) + absolute_typed.substr(slash);
  }
  if (absolute_typed != root() && !absolute_typed.starts_with(root() + "/")) {
    throw outside();
  }
  return path_below(root(), absolute_typed);
}

std::string Workspace::shown(const fs::RepoPath& path) const { return printable(path.relative_to(cwd())); }

std::string Workspace::state_directory() const { return root() + "/" + std::string(dialect().names().state); }

void Workspace::make_state_directory() const {
  const std::string directory = state_directory();
  if (!fs::stat_path(directory)) {
    fs::make_directories(directory);
  }
}

std::string Workspace::rescue_directory(const std::string& label) const {
  // Without colons, which some file systems and tools take for something else.
  std::string time = utc_time(now_ns() / 1'000'000'000);
  std::erase(time, ':');
  return root() + "/" + std::string(dialect().names().rescue) + "/" + time + "-" + label;
}

fs::IgnoreStack Workspace::ignore_for(const fs::RepoPath& directory) const {
  if (const auto known = state_->ignores.find(directory); known != state_->ignores.end()) {
    return known->second;
  }
  fs::IgnoreStack stack = directory.is_root() ? always_ignored(dialect()) : ignore_for(directory.parent());
  const std::string file = absolute(directory / dialect().names().ignore);
  if (const auto text = fs::try_read_file(file, ignore_file_limit)) {
    stack = stack.with(fs::IgnoreFile(directory, *text));
  }
  return state_->ignores.emplace(directory, std::move(stack)).first->second;
}

unsigned Workspace::jobs() const {
  return session().jobs != 0 ? session().jobs : static_cast<unsigned>(config().integer("core.jobs"));
}

store::BuildOptions Workspace::build_options(const fs::RepoPath& path, std::string title) const {
  return {.jobs = jobs(),
          .ignore = ignore_for(path.parent()),
          .ignore_name = std::string(dialect().names().ignore),
          .progress = session().progress,
          .title = std::move(title)};
}

store::CheckoutOptions Workspace::checkout_options() const {
  return {.links = link_types(config()),
          .jobs = jobs(),
          .rescue_directory = rescue_directory("checkout"),
          .temp_directory = state_directory(),
          .ignore_name = std::string(dialect().names().ignore),
          .ignore = ignore_for({}),
          .progress = session().progress};
}

std::optional<fs::LockFile> Workspace::lock_run(const std::string& what,
                                                const std::function<void(const std::string&)>& waiting) const {
  make_state_directory();
  const std::string path = state_directory() + "/run.lock";
  const std::string token_path = state_directory() + "/run.token";
  const auto inherited = session().env.find(run_token_variable);
  if (inherited != session().env.end() && fs::LockFile::is_held(path) &&
      fs::try_read_file(token_path, token_limit) == inherited->second) {
    state_->run_token = inherited->second;
    return std::nullopt;
  }
  auto lock = fs::LockFile::acquire(path, fs::LockFile::Mode::exclusive, fs::holder_text(what),
                                    wait_limit(session(), config()), waiting);
  state_->run_token = random_word(token_letters);
  fs::write_file_atomic(token_path, state_->run_token, 0600, fs::Durability::off);
  return lock;
}

fs::Durability Workspace::durability() const {
  return parse_durability(config().get("core.durability").value_or("batch"));
}

}  // namespace mlops::repo
