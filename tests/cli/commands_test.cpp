// SPDX-License-Identifier: Apache-2.0
// What holds for every command, read off the one table.

#include <algorithm>
#include <cctype>

#include "cli/manual.hpp"
#include "support/cli_test.hpp"
#include "util/text.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {

Words words_of(const cli::CommandSpec& spec) { return split(spec.name, ' '); }

Answer run_outside(Words words, const std::string& last = {}) {
  static const TempDir nowhere;
  if (!last.empty()) words.push_back(last);
  return run_in(nowhere.path().string(), environment(), words);
}

bool operands_required(const cli::Args& args) {
  return std::any_of(args.begin(), args.end(), [](const cli::Arg& arg) { return arg.required; });
}

}  // namespace

TEST_CASE("every command explains itself in short and at length") {
  for (const cli::CommandSpec* spec : cli::commands()) {
    INFO(spec->name);
    const auto usage = run_outside(words_of(*spec), "-h");
    const auto help = run_outside(words_of(*spec), "--help");
    CHECK(usage.code == 0);
    CHECK(help.code == 0);
    CHECK(usage.err.empty());
    CHECK(help.err.empty());
    CHECK(usage.out.size() < help.out.size());
    const cli::Loaded loaded(*spec);
    for (const auto& arg : loaded.args) {
      INFO(arg.names);
      CHECK(usage.says(arg.positional() ? "<" + std::string(arg.metavar) + ">" : arg.spellings().back()));
      CHECK(help.says(arg.help));
    }
    if (!spec->group.empty()) CHECK(help.says("mlops " + std::string(spec->name)));
  }
}

TEST_CASE("help shows the pages that are no command's") {
  const auto tutorial = run_outside({"help", "tutorial"});
  CHECK(tutorial.code == 0);
  CHECK(tutorial.says("mlops init"));
  CHECK(run_outside({"help", "mlops-config"}).says("core.durability"));
  CHECK(run_outside({"help", "mlops.yaml"}).says("always_changed"));
  CHECK(run_outside({"help", "config"}).says("usage: mlops config"));
  CHECK(run_outside({"help", "no-such-page"}).code == 2);
}

TEST_CASE("summaries, helps and manuals keep one style") {
  for (const cli::CommandSpec* spec : cli::commands()) {
    INFO(spec->name);
    CHECK(std::isupper(static_cast<unsigned char>(spec->summary.front())) != 0);
    CHECK_FALSE(spec->summary.ends_with('.'));
    CHECK(spec->manual.ends_with('\n'));
    if (!spec->group.empty()) CHECK(spec->manual.find("EXAMPLES\n") != std::string_view::npos);
    const cli::Loaded loaded(*spec);
    for (const auto& arg : loaded.args) {
      INFO(arg.names);
      CHECK_FALSE(arg.help.empty());
      CHECK_FALSE((arg.help.ends_with('.') && !arg.help.ends_with("...")));
      CHECK((arg.positional() || arg.takes_value() != arg.metavar.empty()));
    }
  }
}

TEST_CASE("no two options of a command have one name") {
  for (const cli::CommandSpec* spec : cli::commands()) {
    INFO(spec->name);
    std::set<std::string> seen;
    const cli::Loaded loaded(*spec);
    for (const auto& arg : loaded.args) {
      for (const auto& name : arg.spellings()) CHECK(seen.insert(name).second);
    }
  }
}

TEST_CASE("every command refuses an option that it does not know, before it does anything") {
  for (const cli::CommandSpec* spec : cli::commands()) {
    INFO(spec->name);
    const auto answer = run_outside(words_of(*spec), "--no-such-thing");
    CHECK(answer.code == 2);
    CHECK(answer.out.empty());
    CHECK(answer.says("'--no-such-thing'"));
    CHECK(answer.says("hint: see `mlops " + std::string(spec->name) + " --help`"));
  }
}

TEST_CASE("a command that wants an operand says which") {
  for (const cli::CommandSpec* spec : cli::commands()) {
    INFO(spec->name);
    const cli::Loaded loaded(*spec);
    if (!operands_required(loaded.args)) continue;
    const auto answer = run_outside(words_of(*spec));
    CHECK(answer.code == 2);
    CHECK(answer.err.starts_with("error: "));
    CHECK(answer.says("hint: "));
  }
}

TEST_CASE("outside a project commands say so, and how to begin") {
  for (const Words& words : {Words{"status"},
                             {"add", "x"},
                             {"push"},
                             {"repro"},
                             {"run"},
                             {"runs", "list"},
                             {"gc"},
                             {"fsck"},
                             {"dag"},
                             {"remote", "list"},
                             {"trust"},
                             {"install"},
                             {"ls"},
                             {"diff"}}) {
    INFO(words.front());
    const auto answer = run_outside(words);
    CHECK(answer.code == 1);
    CHECK(answer.says("mlops init"));
    CHECK(answer.out.empty());
  }
}

TEST_CASE("an error in JSON is one object on standard output and the words on standard error") {
  const auto answer = run_outside({"status", "--json"});
  CHECK(answer.code == 1);
  CHECK(keys(answer.json()) == Keys{"error"});
  CHECK(keys(answer.json()["error"]) == Keys{"kind", "message", "context", "hints"});
  CHECK(answer.err.starts_with("error: "));
}
