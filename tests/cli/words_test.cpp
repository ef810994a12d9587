// SPDX-License-Identifier: Apache-2.0
// From words to options: what is understood, what is refused, and what is suggested.

#include "cli/progress_bar.hpp"
#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {

/// One of everything, as a command would declare it.
struct Sample {
  bool flag = false;
  int number = 0;
  std::optional<std::string> name;
  std::string kind;
  Words repeated, paths, several;

  cli::Args args() {
    return {{.names = "-f,--flag", .help = "A flag", .into = &flag},
            {.names = "-j,--jobs", .metavar = "n", .help = "A number", .into = &number},
            {.names = "--name", .metavar = "name", .help = "A name", .into = &name},
            {.names = "--kind", .metavar = "kind", .help = "A choice", .into = &kind, .choices = {"red", "green"}},
            {.names = "-d,--deps", .metavar = "path", .help = "Repeats", .into = &repeated},
            {.names = "--targets", .metavar = "path", .help = "Several", .into = &several, .several = true},
            {.names = "paths", .metavar = "path", .help = "Paths", .into = &paths}};
  }
  void take(const Words& words) { cli::parse(args(), words, "sample"); }
};

std::string refusal(const Words& words) {
  Sample sample;
  try {
    sample.take(words);
  } catch (const Error& error) {
    REQUIRE(error.code() == ExitCode::usage);
    std::string text = error.what();
    for (const auto& hint : error.hints()) text += "\n" + hint;
    return text;
  }
  return "";
}

}  // namespace

TEST_CASE("options are understood in every usual spelling") {
  for (const Words& words : {Words{"-f", "-j", "3", "--name", "x"},
                             {"-fj3", "--name=x"},
                             {"--flag", "--jobs=3", "--name", "x"},
                             {"--jobs", "3", "--name=x", "-f"}}) {
    Sample sample;
    sample.take(words);
    CHECK(sample.flag);
    CHECK(sample.number == 3);
    CHECK(sample.name == "x");
  }
}

TEST_CASE("an option may take all words up to the next one") {
  for (const Words& words : {Words{"x", "--targets", "a", "b", "-f"},
                             {"--targets", "a", "--targets", "b", "-f", "x"},
                             {"--targets=a", "b", "--flag", "--", "x"}}) {
    Sample sample;
    sample.take(words);
    CHECK(sample.several == Words{"a", "b"});
    CHECK(sample.paths == Words{"x"});
    CHECK(sample.flag);
  }
}

TEST_CASE("options and operands mix, and two dashes end the options") {
  Sample sample;
  sample.take({"a", "-d", "x", "b", "-d", "y", "-f", "--", "-c", "--flag"});
  CHECK(sample.paths == Words{"a", "b", "-c", "--flag"});
  CHECK(sample.repeated == Words{"x", "y"});
}

TEST_CASE("operands reach the command byte for byte") {
  for (const std::string word : {"[x]", "[a,b]", "{}",  "[]", "%%",       "=x", "=",  "-",   " ", "a b",
                                 "a,b", "\"q\"", "'q'", "\n", "\xff\xfe", "$x", "#x", "x=y", "é", "..."}) {
    INFO(word);
    Sample sample;
    sample.take({word, "other", word});
    CHECK(sample.paths == Words{word, "other", word});
  }
}

TEST_CASE("values of options reach the command byte for byte") {
  for (const std::string word : {"[x]", "{}", "%%", "=x", "a b", "a,b", "\"q\"", "\xff\xfe", "x=y"}) {
    INFO(word);
    Sample apart, joined;
    apart.take({"-d", word, "--name", word});
    joined.take({"--deps=" + word, "--name=" + word});
    CHECK(apart.repeated == Words{word});
    CHECK(apart.name == word);
    CHECK(joined.repeated == Words{word});
    CHECK(joined.name == word);
  }
}

TEST_CASE("wrong words are answered with what was probably meant") {
  const std::vector<std::pair<Words, std::string>> table{
      {{"--flga"}, "did you mean `--flag`?"},
      {{"--job", "3"}, "did you mean `--jobs`?"},
      {{"-x"}, "unknown option '-x'"},
      {{"-fx"}, "unknown option '-x'"},
      {{"--jobs"}, "option '--jobs' needs a value"},
      {{"--jobs="}, "option '--jobs' needs a value"},
      {{"-j"}, "option '-j' needs a value"},
      {{"--flag=yes"}, "takes no value"},
      {{"--kind", "blue"}, "'blue' is not one of red, green"},
      {{"-j", "three"}, "three"},
      {{"-j", "99999999999999999999"}, "99999999999999999999"},
  };
  for (const auto& [words, text] : table) {
    INFO(words.front());
    CHECK(refusal(words).find(text) != std::string::npos);
    CHECK(refusal(words).find("see `mlops sample --help`") != std::string::npos);
  }
  CHECK(refusal({"-x"}).find("did you mean") == std::string::npos);
}

TEST_CASE("a command that takes the rest of the line takes it as it is") {
  std::string name;
  Words rest;
  const cli::Args args{
      {.names = "-n", .metavar = "name", .help = "A name", .into = &name},
      {.names = "command", .metavar = "command", .help = "A command", .into = &rest, .required = true, .rest = true}};
  cli::parse(args, {"-n", "x", "python3", "-n", "y", "--help", "[z]"}, "sample");
  CHECK(name == "x");
  CHECK(rest == Words{"python3", "-n", "y", "--help", "[z]"});
  cli::parse(args, {"-n", "x", "--", "-c"}, "sample");
  CHECK(rest == Words{"-c"});
  CHECK_THROWS_AS(cli::parse(args, {"-n", "x"}, "sample"), Error);
}

TEST_CASE("unknown commands are answered with the nearest one") {
  const TempDir nowhere;
  const std::vector<std::pair<Words, std::string>> table{{{"stauts"}, "mlops status"},
                                                         {{"pul"}, "mlops pull"},
                                                         {{"remote", "lst"}, "mlops remote list"},
                                                         {{"runs", "shwo", "x"}, "mlops runs show"},
                                                         {{"--verison"}, "`--version`"},
                                                         {{"xyzzy"}, "mlops --help"}};
  for (const auto& [words, text] : table) {
    const auto answer = run_in(nowhere.path().string(), environment(), words);
    CHECK(answer.code == 2);
    CHECK(answer.says(text));
    CHECK(answer.out.empty());
  }
}

TEST_CASE("how much of a work is done is told by what is behind, files or bytes") {
  CHECK(cli::share_done(0, 0, 0, 0) == 0);
  CHECK(cli::share_done(5, 10, 0, 0) == 0.5);
  CHECK(cli::share_done(7, 0, 25, 100) == 0.25);
  CHECK(cli::share_done(1'000, 20'000, 99, 100) == 0.05);
  CHECK(cli::share_done(19'000, 20'000, 1, 100) == 0.01);
}

TEST_CASE("help and version are there without a project") {
  const TempDir nowhere;
  const auto run = [&](const Words& words) { return run_in(nowhere.path().string(), environment(), words); };
  CHECK(run({}).says("mlops"));
  CHECK(run({}).out == run({"--help"}).out);
  CHECK(run({"help"}).out == run({"-h"}).out);
  CHECK(run({"help", "add"}).out == run({"add", "--help"}).out);
  CHECK(run({"help", "remote", "add"}).out == run({"remote", "add", "--help"}).out);
  CHECK(run({"remote", "--help"}).says("remote add"));
  CHECK(run({"remote", "--help"}).code == 0);
  CHECK(run({"remote"}).code == 2);
  CHECK(run({"--version"}).out == run({"version"}).out);
  CHECK(keys(run({"version", "--json"}).json()) == Keys{"version", "format"});
  for (const cli::CommandSpec* spec : cli::commands()) {
    if (!spec->group.empty()) CHECK(run({"--help"}).says(spec->summary));
  }
}

TEST_CASE("options of all commands may stand before the command's name") {
  CliProject project;
  project.write("sub/x", "x");
  CHECK(run_in("/", project.git.env, {"--cd", project.root(), "-q", "status"}).code == 0);
  CHECK(run_in("/", project.git.env, {"--cd=" + project.root(), "status"}).code == 0);
  CHECK(project.run({"--cd", "sub", "add", "x"}).says("'x'"));
  CHECK(project.run({"--cd", "nowhere", "status"}).code == 2);
}
