// SPDX-License-Identifier: Apache-2.0
// data status and diff: the JSON and the text that DVC 3.67.1 gave for the same steps, in its own words.

#include <algorithm>
#include <filesystem>

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;
using nlohmann::json;

namespace {

/// A committed directory of seven files and three files beside it.
class DataProject : public CliProject {
 public:
  DataProject() {
    for (const std::string n : {"1", "2", "3"}) {
      write("data/f" + n, n + "\n");
      write("data/sub/s" + n, "s" + n + "\n");
    }
    write("data/keep/k", "k\n");
    write("one.csv", "one\n");
    write("two.csv", "two\n");
    write("three.csv", "three\n");
    good({"add", "-q", "data", "one.csv", "two.csv", "three.csv"});
    commit("data");
  }

  /// One of each kind of change.
  void change() const {
    write("data/sub/s1", "more\n");
    erase("data/f2");
    std::filesystem::rename(path("data/f3"), path("data/f9"));
    write("data/sub/new", "new\n");
    write("one.csv", "one2\n");
    erase("three.csv");
    std::filesystem::rename(path("two.csv"), path("2.csv"));
  }

  json status(Words words = {}) const {
    words.insert(words.begin(), {"data", "status", "--json"});
    return good(words).json();
  }
  json diff(Words words = {}) const {
    words.insert(words.begin(), {"diff", "--json"});
    return good(words).json();
  }

  /// Takes an object, or a directory's listing, out of the cache.
  void lose(const std::string& digest) const {
    const std::string object = ".mlops/cache/objects/sha256/" + digest.substr(0, 2) + "/" + digest.substr(2);
    erase(exists(object) ? object : object + ".tree");
  }
  std::string digest(const std::string& directory, const std::string& name) const {
    for (const auto& item : good({"ls", "--json", "--dvc-only", ".", directory}).json()) {
      if (item["path"] == name) return item["sha256"];
    }
    return "";
  }
};

}  // namespace

TEST_CASE("data status compares the metadata files with the data, by path and file by file") {
  const DataProject project;
  CHECK(project.status() == json::object());
  CHECK(project.good({"data", "status"}).out == "No changes.\n");
  project.change();
  CHECK(project.status() == json::parse(R"({"uncommitted": {"modified": ["data/", "one.csv"],
                                                             "deleted": ["three.csv", "two.csv"]}})"));
  const json granular = json::parse(R"({"uncommitted": {"modified": ["data/", "data/sub/s1", "one.csv"],
      "renamed": [{"old": "data/f3", "new": "data/f9"}], "added": ["data/sub/new"],
      "deleted": ["data/f2", "three.csv", "two.csv"]}})");
  CHECK(project.status({"--granular"}) == granular);
  json with_unchanged = granular;
  with_unchanged["unchanged"] = {"data/f1", "data/keep/k", "data/sub/s2", "data/sub/s3"};
  CHECK(project.status({"--granular", "--unchanged"}) == with_unchanged);
  CHECK(project.good({"data", "status", "--granular"}).out ==
        "mlops uncommitted changes:\n"
        "  (use \"mlops commit <file>...\" to track changes)\n"
        "  (use \"mlops checkout <file>...\" to discard changes)\n"
        "        modified: data/\n"
        "        modified: data/sub/s1\n"
        "        modified: one.csv\n"
        "        renamed: data/f3 -> data/f9\n"
        "        added: data/sub/new\n"
        "        deleted: data/f2\n"
        "        deleted: three.csv\n"
        "        deleted: two.csv\n");
  CHECK(project.good({"data", "status", "-q"}).out.empty());
}

TEST_CASE("data status shows what is the same in all three states when asked") {
  const DataProject project;
  CHECK(project.status({"--unchanged"}) ==
        json::parse(R"({"unchanged": ["data/", "one.csv", "three.csv", "two.csv"]})"));
  CHECK(project.status({"--unchanged", "--granular"}) ==
        json::parse(R"({"unchanged": ["data/", "data/f1", "data/f2", "data/f3", "data/keep/k", "data/sub/s1",
                                      "data/sub/s2", "data/sub/s3", "one.csv", "three.csv", "two.csv"]})"));
}

TEST_CASE("data status compares HEAD with the metadata files, also before the first commit and after a move") {
  const DataProject project;
  project.change();
  project.good({"commit", "-q", "-f", "data", "one.csv"});
  CHECK(project.status({"--granular"}) == json::parse(R"({"committed": {"modified": ["data/", "data/sub/s1", "one.csv"],
                                      "renamed": [{"old": "data/f3", "new": "data/f9"}],
                                      "added": ["data/sub/new"], "deleted": ["data/f2"]},
                        "uncommitted": {"deleted": ["three.csv", "two.csv"]}})"));
  const auto text = project.good({"data", "status"}).out;
  CHECK(
      text.starts_with("mlops committed changes:\n  (git commit the corresponding files of mlops to update the repo)\n"
                       "        modified: data/\n        modified: one.csv\n\nmlops uncommitted changes:\n"));
  CHECK(text.ends_with("\n(there are other changes not tracked by mlops, use \"git status\" to see)\n"));

  const DataProject moved;
  moved.good({"move", "-q", "data", "dd"});
  moved.good({"move", "-q", "one.csv", "1.csv"});
  CHECK(moved.status() == json::parse(R"({"committed": {"renamed": [{"old": "one.csv", "new": "1.csv"},
                                                                    {"old": "data/", "new": "dd/"}]}})"));
  CHECK(moved.status({"--granular"})["committed"]["renamed"].size() == 9);
  CHECK(moved.status({"--granular", "dd/sub"}) ==
        json::parse(R"({"committed": {"added": ["dd/sub/s1", "dd/sub/s2", "dd/sub/s3"]}})"));

  const CliProject fresh;
  fresh.git.git({"update-ref", "-d", "HEAD"});
  CHECK(fresh.good({"data", "status"}).out ==
        "No changes in an empty git repo.\n(there are changes not tracked by mlops, use \"git status\" to see)\n");
  CHECK(fresh.good({"diff", "--json"}).json() == json::object());
  fresh.write("d/x", "1");
  fresh.good({"add", "-q", "d"});
  CHECK(fresh.good({"data", "status", "--json"}).json() == json::parse(R"({"committed": {"added": ["d/"]}})"));
}

TEST_CASE("data status takes paths, pointers and parts of directories as targets") {
  const DataProject project;
  project.change();
  CHECK(project.status({"data", "one.csv", "data/f2"}) ==
        json::parse(R"({"uncommitted": {"modified": ["data/", "one.csv"]}})"));
  CHECK(project.status({"one.csv.mlops"}) == json::parse(R"({"uncommitted": {"modified": ["one.csv"]}})"));
  CHECK(project.status({"--granular", "data/sub"}) ==
        json::parse(R"({"uncommitted": {"modified": ["data/sub/s1"], "added": ["data/sub/new"]}})"));
  CHECK(project.status({"data/sub"}) == json::object());
  CHECK(project.good({"data", "status", "data/sub"}).err.find("--granular") != std::string::npos);
  const auto unknown = project.good({"data", "status", "nonexist"});
  CHECK(unknown.out.starts_with("No changes.\n"));
  CHECK(unknown.err == "note: 'nonexist' is not tracked\n");
  CHECK(project.run_below("data", {"data", "status", "--json", "--granular", "f2"}).json() ==
        json::parse(R"({"uncommitted": {"deleted": ["data/f2"]}})"));
}

TEST_CASE("data status says what the cache lacks, and that a lost listing hides what it held") {
  const DataProject project;
  const std::string f1 = project.digest("data", "f1");
  project.lose(f1);
  project.lose(project.digest("", "one.csv"));
  CHECK(project.status() == json::parse(R"({"not_in_cache": ["one.csv"]})"));
  CHECK(project.status({"--granular"}) == json::parse(R"({"not_in_cache": ["data/f1", "one.csv"]})"));
  CHECK(project.status({"--granular", "data/sub"}) == json::object());
  CHECK(project.good({"data", "status"}).out ==
        "Not in cache:\n  (use \"mlops fetch <file>...\" to download files)\n        one.csv\n");
  CHECK(project.diff() == json::parse(R"({"added": [], "deleted": [], "modified": [], "renamed": [],
                                          "not in cache": [{"path": "data/f1"}, {"path": "one.csv"}]})"));
  CHECK(project.diff({"--hide-missing"}) == json::object());

  project.lose(project.digest("", "data"));
  // Nothing in it changed, so what the listing says is known.
  CHECK(project.status({"--granular"}) == json::parse(R"({"not_in_cache": ["data/", "one.csv"]})"));
  project.write("data/f1", "zz\n");
  CHECK(project.status({"data"}) ==
        json::parse(R"({"not_in_cache": ["data/"], "uncommitted": {"modified": ["data/"]}})"));
  CHECK(project.status({"--granular", "data"}) == json::parse(R"({"not_in_cache": ["data/"],
                        "uncommitted": {"modified": ["data/"],
                                        "unknown": ["data/f1", "data/f2", "data/f3", "data/keep/", "data/keep/k",
                                                    "data/sub/", "data/sub/s1", "data/sub/s2", "data/sub/s3"]}})"));
  CHECK(project.diff({"--targets", "data"}) ==
        json::parse(R"({"added": [], "deleted": [], "modified": [{"path": "data/"}], "renamed": [],
                        "not in cache": [{"path": "data/"}]})"));
  project.erase("data");
  CHECK(project.status({"--granular", "data"}) ==
        json::parse(R"({"not_in_cache": ["data/"], "uncommitted": {"deleted": ["data/"]}})"));
  project.write("data", "x\n");
  CHECK(project.status({"--granular", "data"}) ==
        json::parse(R"({"not_in_cache": ["data/"], "uncommitted": {"modified": ["data"]}})"));
}

TEST_CASE("a file in the place of a directory is a change of it and the end of what it held") {
  const DataProject project;
  project.erase("data");
  project.write("data", "x\n");
  CHECK(project.status({"--granular"}) == json::parse(R"({"uncommitted": {"modified": ["data"],
                        "deleted": ["data/f1", "data/f2", "data/f3", "data/keep/k", "data/sub/s1", "data/sub/s2",
                                    "data/sub/s3"]}})"));
  CHECK(project.status() == json::parse(R"({"uncommitted": {"modified": ["data"]}})"));
  CHECK(project.diff()["modified"] == json::parse(R"([{"path": "data/"}])"));
  CHECK(project.good({"diff"}).out.ends_with("Modified:\n    data/\n\nfiles summary: 7 deleted\n"));
}

TEST_CASE("an output that no stage recorded is added once it is there") {
  const CliProject project;
  project.write("mlops.yaml", "stages:\n  s:\n    cmd: 'true'\n    outs: [out.txt, od]\n");
  project.commit("declared");
  CHECK(project.good({"data", "status", "--json"}).json() == json::object());
  CHECK(project.good({"diff", "--json"}).json() == json::object());
  project.write("out.txt", "1\n");
  project.write("od/y", "q\n");
  CHECK(project.good({"data", "status", "--json", "--granular"}).json() ==
        json::parse(R"({"uncommitted": {"added": ["od/", "od/y", "out.txt"]}})"));
  CHECK(project.good({"data", "status", "--json", "s"}).json() ==
        json::parse(R"({"uncommitted": {"added": ["od/", "out.txt"]}})"));
}

TEST_CASE("data status names untracked files from the current directory") {
  const DataProject project;
  project.write("n/m/x", "");
  project.write("n/y", "");
  project.write("z", "");
  CHECK(project.status({"--untracked-files"}) == json::parse(R"({"untracked": ["n/m/x", "n/y", "z"]})"));
  CHECK(project.status({"--untracked-files=all", "n"}) == json::parse(R"({"untracked": ["n/m/x", "n/y"]})"));
  CHECK(project.status({"--untracked-files", "all", "z"}) == json::parse(R"({"untracked": ["z"]})"));
  CHECK(project.status({"--untracked-files", "no"}) == json::object());
  CHECK(project.run_below("n", {"data", "status", "--json", "--untracked-files"}).json() ==
        json::parse(R"({"untracked": ["m/x", "y", "../z"]})"));
  CHECK(project.run({"data", "status", "--untracked-files=some"}).code == 2);
  CHECK(project.good({"data", "status"}).out == "No changes.\n");
  CHECK(project.good({"data", "status", "--untracked-files"}).says("Untracked files:\n"));
}

TEST_CASE("data status asks a remote what it has, or goes by its last answer") {
  const DataProject project;
  const json nothing = json::parse(R"({"not_in_remote": ["data/", "one.csv", "three.csv", "two.csv"]})");
  CHECK(project.status({"--not-in-remote"}) == nothing);
  project.good({"remote", "add", "-q", "-d", "r", (project.git.dir / "remote").string()});
  project.good({"remote", "add", "-q", "s", (project.git.dir / "other").string()});
  CHECK(project.status({"--not-in-remote"}) == nothing);
  CHECK(project.status({"--not-in-remote", "--granular", "data/sub"}) ==
        json::parse(R"({"not_in_remote": ["data/sub/s1", "data/sub/s2", "data/sub/s3"]})"));
  project.good({"push", "-q", "one.csv"});
  CHECK(project.status({"--not-in-remote", "--no-remote-refresh"}) == nothing);
  const json rest = json::parse(R"({"not_in_remote": ["data/", "three.csv", "two.csv"]})");
  CHECK(project.status({"--not-in-remote"}) == rest);
  CHECK(project.status({"--not-in-remote", "--no-remote-refresh"}) == rest);
  CHECK(project.status({"--not-in-remote", "-r", "s"}) == nothing);
  CHECK(project.run({"data", "status", "--not-in-remote", "-r", "nope"}).code == 1);
  CHECK(project.status({"-r", "nope"}) == json::object());
}

TEST_CASE("diff shows groups of paths and counts files") {
  const DataProject project;
  const auto none = project.good({"diff", "--exit-code"});
  CHECK(none.out.empty());
  CHECK(project.good({"diff", "--md"}).out == "| Status | Path |\n|--------|------|\n\n");
  project.change();
  CHECK(project.good({"diff"}).out ==
        "Added:\n    data/sub/new\n\n"
        "Deleted:\n    data/f2\n    three.csv\n    two.csv\n\n"
        "Renamed:\n    data/f3 -> data/f9\n\n"
        "Modified:\n    data/\n    data/sub/s1\n    one.csv\n\n"
        "files summary: 1 added, 3 deleted, 1 renamed, 2 modified\n");
  CHECK(project.good({"diff", "--md"}).out ==
        "| Status   | Path               |\n"
        "|----------|--------------------|\n"
        "| added    | data/sub/new       |\n"
        "| deleted  | data/f2            |\n"
        "| deleted  | three.csv          |\n"
        "| deleted  | two.csv            |\n"
        "| renamed  | data/f3 -> data/f9 |\n"
        "| modified | data/              |\n"
        "| modified | data/sub/s1        |\n"
        "| modified | one.csv            |\n\n");
  CHECK(project.run({"diff", "--exit-code"}).code == 4);
  CHECK(project.run({"diff", "-q", "--exit-code"}).out.empty());
}

TEST_CASE("diff answers in JSON, with hashes when asked") {
  const DataProject project;
  project.change();
  CHECK(project.diff() == json::parse(R"({"added": [{"path": "data/sub/new"}],
                        "deleted": [{"path": "data/f2"}, {"path": "three.csv"}, {"path": "two.csv"}],
                        "modified": [{"path": "data/"}, {"path": "data/sub/s1"}, {"path": "one.csv"}],
                        "renamed": [{"path": {"old": "data/f3", "new": "data/f9"}}], "not in cache": []})"));
  const json hashes = project.diff({"--show-hash"});
  // sha256sum of "new", "1", "one" and "one2", each with a newline.
  CHECK(hashes["added"][0]["hash"] == "7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c");
  CHECK(keys(hashes["modified"][0]["hash"]) == Keys{"old", "new"});
  CHECK(hashes["modified"][2]["hash"]["old"] == "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806");
  CHECK(hashes["renamed"][0]["hash"].is_string());
  CHECK(project.good({"diff", "--show-hash", "--targets", "one.csv"}).out.starts_with("Modified:\n    2c8b08da.."));
  CHECK(project.diff({"--targets", "one.csv.mlops", "data/f2"}) ==
        json::parse(R"({"added": [], "deleted": [{"path": "data/f2"}], "modified": [{"path": "one.csv"}],
                        "renamed": [], "not in cache": []})"));
  CHECK(project.diff({"--targets", "data/keep"}) == json::object());
  CHECK(project.run({"diff", "--targets", "nonexist"}).code == 1);
  CHECK(project.run({"diff", "nope"}).code == 1);
  project.good({"commit", "-q", "-f", "one.csv"});
  project.commit("one");
  CHECK(project.diff({"HEAD~1", "HEAD"}) ==
        json::parse(R"({"added": [], "deleted": [], "modified": [{"path": "one.csv"}], "renamed": []})"));
  CHECK(project.diff({"HEAD", "HEAD"}) == json::object());
}
