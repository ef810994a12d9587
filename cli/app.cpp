// SPDX-License-Identifier: Apache-2.0
// From words to an exit code: find the command, parse, run; and the one place where errors become text.

#include "cli/app.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/complete.hpp"
#include "cli/manual.hpp"
#include "cli/output.hpp"
#include "cli/progress_bar.hpp"
#include "fs/repo_path.hpp"
#include "repo/workspace.hpp"
#include "util/clock.hpp"
#include "util/log.hpp"
#include "util/text.hpp"
#include "version.hpp"

namespace mlops::cli {
namespace {

std::vector<std::string> command_words() {
  std::vector<std::string> words;
  for (const CommandSpec* spec : commands()) {
    if (spec->group.empty()) continue;
    words.emplace_back(split(spec->name, ' ').front());
  }
  return words;
}

bool is_family(const std::string& word) {
  return std::any_of(commands().begin(), commands().end(),
                     [&](const CommandSpec* spec) { return spec->name.starts_with(word + " "); });
}

Error unknown_command(const std::vector<std::string>& words) {
  std::string typed = words[0];
  std::vector<std::string> known = command_words();
  if (is_family(words[0]) && words.size() > 1) {
    typed = words[0] + " " + words[1];
    known.clear();
    for (const CommandSpec* spec : commands()) {
      if (spec->name.starts_with(words[0] + " ")) known.emplace_back(spec->name);
    }
  }
  if (typed.starts_with("--")) {
    Error error = Error::usage("unknown option {}", mlops::quoted(typed));
    const std::vector<std::string> options{"--version", "--help", "--quiet", "--verbose", "--cd"};
    if (auto near = nearest(typed, options)) error.hint("did you mean `{}`?", *near);
    return std::move(error).hint("`mlops --help` lists all commands; options follow the command");
  }
  Error error = Error::usage("{} is not an mlops command", mlops::quoted(typed));
  if (auto near = nearest(typed, known)) return std::move(error).hint("did you mean `mlops {}`?", *near);
  return std::move(error).hint("`mlops --help` lists all commands");
}

nlohmann::ordered_json error_json(const Error& error) {
  return {{"error",
           {{"kind", to_string(error.kind())},
            {"message", error.what()},
            {"context", error.context()},
            {"hints", error.hints()}}}};
}

/// Advice for an error that brings none of its own: where the file that it names is described, or the command's manual.
Error advised(Error error, const Context& context) {
  if (!error.hints().empty()) return error;
  const std::string_view message = error.what();
  const auto colon = message.find(':');
  const std::string_view file = message.substr(0, colon);
  const bool placed = colon + 1 < message.size() && std::isdigit(static_cast<unsigned char>(message[colon + 1])) != 0;
  if (placed && file.ends_with("mlops.yaml"))
    return std::move(error).hint("`mlops help mlops.yaml` describes the file");
  if (placed)
    return std::move(error).hint("correct that line, or `git checkout -- {}` restores the file", shell_quoted(file));
  std::vector<std::string> words = context.words;
  const CommandSpec* spec = find_command(words);
  if (spec == nullptr) return error;
  return std::move(error).hint("`mlops {} --help` says what can be done", spec->name);
}

void show_error(const Error& plain, Context& context) {
  const Error error = advised(plain, context);
  const Paint paint(context.color_err());
  context.err << paint.red("error:") << " " << error.what() << "\n";
  for (const auto& line : error.context()) context.err << "  while " << line << "\n";
  for (const auto& line : error.hints()) context.err << paint.cyan("hint:") << " " << line << "\n";
  if (context.json) context.out << error_json(error).dump(2) << "\n";
}

void apply_globals(const Loaded& loaded, Context& context) {
  if (loaded.quiet) context.verbosity = Verbosity::quiet;
  if (loaded.verbose_once) context.verbosity = Verbosity::verbose;
  if (loaded.verbose_twice) context.verbosity = Verbosity::debug;
  if (loaded.directory) {
    enter(*loaded.directory, context);
    const auto stat = fs::stat_path(context.cwd);
    if (!stat || stat->type != fs::FileType::directory)
      throw Error::usage("cannot change to {}: not a directory", mlops::quoted(*loaded.directory));
  }
  log::set_level(context.verbosity == Verbosity::quiet     ? log::Level::error
                 : context.verbosity == Verbosity::normal  ? log::Level::info
                 : context.verbosity == Verbosity::verbose ? log::Level::debug
                                                           : log::Level::trace);
}

/// Answers the words that are not commands: help, version, completion, man pages. Returns whether it did.
bool answer_meta(const std::vector<std::string>& words, Context& context) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    context.out << overview();
    return true;
  }
  if (words[0] == "--version" || words[0] == "-V") {
    context.out << "mlops " << version << "\n";
    return true;
  }
  if (words[0] == "__complete") {
    complete({words.begin() + 1, words.end()}, context);
    return true;
  }
  if (words[0] == "__man") {
    if (words.size() != 2) throw Error::usage("`mlops __man` takes a directory");
    write_man_pages(words[1]);
    return true;
  }
  return false;
}

/// `mlops help tutorial`: a page that is no command's. A command of the same name comes first.
bool answer_page(std::vector<std::string> words, Context& context) {
  if (words.size() != 1) return false;
  const auto text = page_text(words[0]);
  if (!text || find_command(words) != nullptr) return false;
  context.out << *text;
  return true;
}

bool asks_for(const Args& args, const std::vector<std::string>& words, std::string_view long_or_short) {
  for (const auto& word : words) {
    if (word == "--") return false;
    if (word == long_or_short) return true;
    const bool rest = std::any_of(args.begin(), args.end(), [](const Arg& arg) { return arg.rest; });
    if (rest && !word.starts_with('-') && find_arg(args, word) == nullptr) return false;
  }
  return false;
}

ExitCode execute(Loaded& loaded, const CommandSpec& spec, std::vector<std::string> words, Context& context) {
  parse(loaded.args, std::move(words), spec.name);
  apply_globals(loaded, context);
  ProgressBar progress(context);
  context.progress = &progress;
  log::set_sink([&](log::Level level, std::string_view text) { progress.print(level, text); });
  return loaded.command->run(context);
}

ExitCode dispatch(std::vector<std::string> words, Context& context) {
  auto lifted = lift_globals(words);
  if (!words.empty() && words[0] == "help") {
    words.erase(words.begin());
    if (answer_page(words, context)) return ExitCode::ok;
    if (!words.empty()) words.emplace_back("--help");
  }
  if (answer_meta(words, context)) return ExitCode::ok;
  std::vector<std::string> left = words;
  const CommandSpec* spec = find_command(left);
  if (spec == nullptr) {
    const bool bare = words.size() == 1 || words[1] == "--help" || words[1] == "-h";
    if (!is_family(words[0]) || !bare) throw unknown_command(words);
    context.out << family_text(words[0]);
    return words.size() == 1 ? ExitCode::usage : ExitCode::ok;
  }
  Loaded loaded(*spec);
  if (asks_for(loaded.args, left, "--help")) {
    context.out << help_text(*spec);
    return ExitCode::ok;
  }
  if (asks_for(loaded.args, left, "-h")) {
    context.out << usage_text(*spec);
    return ExitCode::ok;
  }
  context.json = asks_for(loaded.args, left, "--json") && find_arg(loaded.args, "--json") != nullptr;
  left.insert(left.begin(), lifted.begin(), lifted.end());
  try {
    return execute(loaded, *spec, left, context);
  } catch (Error& error) {
    if (error.code() != ExitCode::usage || !error.hints().empty()) throw;
    throw std::move(error).hint("see `mlops {} --help`", spec->name);
  }
}

}  // namespace

Loaded::Loaded(const CommandSpec& spec) : command(spec.make()), args(command->args()) {
  args.push_back({.names = "-q,--quiet", .help = "Say nothing but errors", .into = &quiet});
  args.push_back({.names = "-v,--verbose", .help = "Say more", .into = &verbose_once});
  args.push_back({.names = "--debug", .help = "Say everything", .into = &verbose_twice});
  args.push_back({.names = "--cd",
                  .metavar = "dir",
                  .help = "Work as if started in this directory",
                  .into = &directory,
                  .complete = Complete::path});
  args.push_back({.names = "-h,--help", .help = "Show usage (-h) or the manual (--help)", .into = &help});
}

void enter(const std::string& directory, Context& context) {
  context.cwd = directory.starts_with('/') ? directory : context.cwd + "/" + directory;
}

std::vector<std::string> lift_globals(std::vector<std::string>& words) {
  std::vector<std::string> lifted;
  while (!words.empty()) {
    const bool flag = words[0] == "-q" || words[0] == "--quiet" || words[0] == "-v" || words[0] == "--verbose" ||
                      words[0] == "-vv" || words[0].starts_with("--cd=");
    const std::size_t take = flag ? 1 : words[0] == "--cd" && words.size() > 1 ? 2 : 0;
    if (take == 0) break;
    std::move(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(take), std::back_inserter(lifted));
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(take));
  }
  return lifted;
}

const CommandSpec* find_command(std::vector<std::string>& words) {
  const CommandSpec* best = nullptr;
  std::size_t length = 0;
  for (const CommandSpec* spec : commands()) {
    const auto name = split(spec->name, ' ');
    if (name.size() > length && words.size() >= name.size() && std::equal(name.begin(), name.end(), words.begin())) {
      best = spec;
      length = name.size();
    }
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(length));
  return best;
}

int run(std::vector<std::string> words, Context& context) {
  context.words = words;
  int code = 0;
  try {
    code = static_cast<int>(dispatch(std::move(words), context));
  } catch (const Interrupted& stopped) {
    context.err << "interrupted\n";
    code = 128 + stopped.signal();
  } catch (const Error& error) {
    show_error(error, context);
    code = static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    show_error(Error("out of memory"), context);
    code = static_cast<int>(ExitCode::failed);
  } catch (const std::exception& error) {
    context.err << "internal error: " << error.what() << "\n"
                << "hint: this is a bug in mlops; please report it with the command that you ran\n";
    code = static_cast<int>(ExitCode::bug);
  }
  log::set_sink({});
  context.progress = nullptr;
  return code;
}

// What commands ask of their context.

repo::Session Context::session() const {
  repo::Session session;
  session.cwd = cwd;
  session.env = env;
  session.program = program;
  session.progress = progress != nullptr ? progress : &no_progress();
  return session;
}

repo::Workspace Context::workspace() const { return repo::Workspace::open(session()); }

namespace {
bool wants_color(const Environment& env, bool terminal) {
  const auto term = env.find("TERM");
  const auto no_color = env.find("NO_COLOR");
  return terminal && (no_color == env.end() || no_color->second.empty()) && term != env.end() && term->second != "dumb";
}
}  // namespace

bool Context::color_out() const { return !json && wants_color(env, out_is_terminal); }
bool Context::color_err() const { return wants_color(env, err_is_terminal); }

void Context::say(std::string_view text) const {
  if (verbosity != Verbosity::quiet) log::info("{}", text);
}

}  // namespace mlops::cli
