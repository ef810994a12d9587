// SPDX-License-Identifier: Apache-2.0
// ls, du, check-ignore, root: as DVC 3.67.1 answers for the same files.

#include <filesystem>
#include <sstream>

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;
using nlohmann::json;

namespace {

/// Tracked and plain files; of the tracked ones some are not in the workspace.
class ListProject : public CliProject {
 public:
  ListProject() {
    write(".mlopsignore", "/ign\n");
    write("data/f1", "1\n");
    write("data/keep/k", "k\n");
    write("data/sub/s1", "s1\n");
    write("model", "weights\n");
    write("u/v/w", "1\n");
    write("u/x", "22\n");
    good({"add", "-q", "data", "model"});
    commit("all");
    write("data/extra", "new\n");
    write("ign", "hidden\n");
    erase("data/f1");
    erase("model");
    std::filesystem::create_symlink("u", path("lnk"));
  }
};

Answer run_with_input(const CliProject& project, const Words& words, const std::string& text) {
  std::ostringstream out, err;
  std::istringstream in(text);
  cli::Context context{.out = out,
                       .err = err,
                       .env = project.git.env,
                       .cwd = project.root(),
                       .program = "/nonexistent/mlops",
                       .in = &in};
  const int code = cli::run(words, context);
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("ls shows files of the workspace and tracked ones together") {
  const ListProject project;
  CHECK(project.good({"ls"}).out == ".gitignore\n.mlopsignore\ndata\ndata.mlops\nlnk\nmodel\nmodel.mlops\nu\n");
  CHECK(project.good({"ls", "--dvc-only"}).out == "data\nmodel\n");
  CHECK(project.good({"ls", "data"}).out == "extra\nf1\nkeep\nsub\n");
  CHECK(project.good({"ls", ".", "data"}).out == "extra\nf1\nkeep\nsub\n");
  CHECK(project.good({"list", "model"}).out == "model\n");
  CHECK(project.run_below("data", {"ls"}).out == "extra\nf1\nkeep\nsub\n");
  CHECK(project.run_below("data", {"ls", "..", "u"}).out == "v\nx\n");
  CHECK(project.run({"ls", "nothing"}).code == 1);
  CHECK(project.run({"ls", "ign"}).code == 1);
  CHECK(project.good({"ls", "--rev", "HEAD", "u"}).out == "v\nx\n");
  CHECK(project.good({"ls", "--rev", "HEAD", "data"}).out == "f1\nkeep\nsub\n");
}

TEST_CASE("ls answers in JSON with a list, as DVC does") {
  const ListProject project;
  const json all = project.good({"ls", "--json"}).json();
  REQUIRE(all.is_array());
  CHECK(keys(all[0]) == Keys{"isout", "isdir", "isexec", "size", "sha256", "path"});
  CHECK(all[2]["path"] == "data");
  CHECK(all[2]["isout"] == true);
  CHECK(all[2]["isdir"] == true);
  CHECK(all[2]["size"] == 7);
  CHECK(all[2]["sha256"].get<std::string>().size() == 64);
  CHECK(project.good({"ls", "--json", "data"}).json() == json::parse(R"([
    {"isout": false, "isdir": false, "isexec": false, "size": 4, "sha256": null, "path": "extra"},
    {"isout": true, "isdir": false, "isexec": false, "size": 2,
     "sha256": "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865", "path": "f1"},
    {"isout": true, "isdir": true, "isexec": false, "size": 2,
     "sha256": ")" + project.good({"ls", "--json", "data"}).json()[2]["sha256"].get<std::string>() +
                                                                     R"(", "path": "keep"},
    {"isout": true, "isdir": true, "isexec": false, "size": 3,
     "sha256": ")" + project.good({"ls", "--json", "data"}).json()[3]["sha256"].get<std::string>() +
                                                                     R"(", "path": "sub"}])"));
  CHECK(project.good({"ls", "--json", "-R", "-L", "0"}).json()[0]["path"] == ".");
  CHECK(project.run({"ls", "--json", "-T"}).code == 2);
  CHECK(project.run({"ls", "-L", "-1"}).code == 2);
}

TEST_CASE("ls goes deeper, to a level, and draws trees") {
  const ListProject project;
  CHECK(project.good({"ls", "-R"}).out ==
        ".gitignore\n.mlopsignore\ndata.mlops\ndata/extra\ndata/f1\ndata/keep/k\ndata/sub/s1\nlnk\nmodel\nmodel.mlops\n"
        "u/v/w\nu/x\n");
  CHECK(project.good({"ls", "-R", "--dvc-only", "-L", "2"}).out == "data/f1\ndata/keep\ndata/sub\nmodel\n");
  CHECK(project.good({"ls", "-R", "-L", "1", "--dvc-only"}).out == "data\nmodel\n");
  CHECK(project.good({"ls", "-L", "1", "--dvc-only"}).out == "data\nmodel\n");
  CHECK(project.good({"ls", "-T"}).out ==
        ".\n"
        "├── .gitignore\n"
        "├── .mlopsignore\n"
        "├── data\n"
        "│   ├── extra\n"
        "│   ├── f1\n"
        "│   ├── keep\n"
        "│   │   └── k\n"
        "│   └── sub\n"
        "│       └── s1\n"
        "├── data.mlops\n"
        "├── lnk\n"
        "├── model\n"
        "├── model.mlops\n"
        "└── u\n"
        "    ├── v\n"
        "    │   └── w\n"
        "    └── x\n");
  CHECK(project.good({"ls", "-T", "-L", "1", "--dvc-only", "--size"}).out == "   .\n7  ├── data\n8  └── model\n");
  CHECK(project.good({"ls", "--dvc-only", "--size"}).out == "7  data\n8  model\n");
  CHECK(project.good({"ls", "data", "--show-hash"}).says("-                      "));
  CHECK(project.good({"ls", "--size", "u"}).says("3  x\n"));
}

TEST_CASE("ls lists another project, and refuses an address that it would have to fetch") {
  const ListProject project;
  CHECK(run_in(project.git.dir.path().string(), project.git.env, {"ls", project.root(), "u"}).out == "v\nx\n");
  CHECK(run_in(project.git.dir.path().string(), project.git.env, {"ls", project.root(), "--dvc-only"}).out ==
        "data\nmodel\n");
  const auto fetched = project.run({"ls", "https://example.com/x.git"});
  CHECK(fetched.code == 1);
  CHECK(fetched.says("git clone"));
}

TEST_CASE("du adds up what is there and what is recorded") {
  const ListProject project;
  CHECK(project.good({"du", "data"}).out == "4   data/extra\n2   data/f1\n2   data/keep\n3   data/sub\n11  data\n");
  CHECK(project.good({"du", ".", "data/f1"}).out == "2  data/f1\n");
  CHECK(project.good({"du", "u", "-s"}).out == "5  u\n");
  CHECK(project.good({"du", ".", "u", "--rev", "HEAD"}).out == "2  u/v\n3  u/x\n5  u\n");
  const json all = project.good({"du", "u", "--json"}).json();
  CHECK(keys(all) == Keys{"files", "path", "size", "not_in_cache"});
  CHECK(all["size"] == 5);
  CHECK(all["files"][0] == json::parse(R"({"path": "u/v", "size": 2})"));
  CHECK(project.run({"du", "nothing"}).code == 1);
  project.write("big", std::string(3'000'000, 'x'));
  CHECK(project.good({"du", "big"}).out == "2.86M  big\n");
}

TEST_CASE("check-ignore tells what is ignored and by which line") {
  const CliProject project;
  project.write(".mlopsignore", "# c\n\n*.tmp\n/build/\n!keep.tmp\nfoo\n");
  project.write("deep/.mlopsignore", "inner\n!inner2\n/anch\n*.tmp\n");
  project.write("build/x", "");
  CHECK(project.run({"check-ignore", "a.tmp"}).out == "a.tmp\n");
  CHECK(project.run({"check-ignore", "keep.tmp"}).code == 1);
  CHECK(project.good({"check-ignore", "foo/y", "foo", "nothing", "build/sub/y"}).out == "foo/y\nfoo\nbuild/sub/y\n");
  CHECK(project.good({"check-ignore", "-d", "a.tmp", "nothing", "keep.tmp"}).out ==
        ".mlopsignore:3:*.tmp\ta.tmp\n.mlopsignore:5:!keep.tmp\tkeep.tmp\n");
  CHECK(project.good({"check-ignore", "-d", "-n", "build/", "nothing"}).out ==
        ".mlopsignore:4:/build/\tbuild/\n::\tnothing\n");
  CHECK(
      project.good({"check-ignore", "-d", "deep/in/inner", "deep/inner", "deep/anch", "deep/in/anch", "deep/keep.tmp"})
          .out ==
      "deep/.mlopsignore:1:inner\tdeep/in/inner\ndeep/.mlopsignore:1:inner\tdeep/inner\n"
      "deep/.mlopsignore:3:/anch\tdeep/anch\ndeep/.mlopsignore:4:*.tmp\tdeep/keep.tmp\n");
  CHECK(project.good({"check-ignore", "-d", "-a", "deep/keep.tmp"}).out ==
        ".mlopsignore:3:*.tmp\tdeep/keep.tmp\n.mlopsignore:5:!keep.tmp\tdeep/keep.tmp\n"
        "deep/.mlopsignore:4:*.tmp\tdeep/keep.tmp\n");
  CHECK(project.good({"check-ignore", "-d", ".git", ".git/config", ".mlops", "u/.git"}).out ==
        ":.git\t.git\n:.git\t.git/config\n:.mlops/\t.mlops\n:.git\tu/.git\n");
  CHECK(project.run_below("deep", {"check-ignore", "-d", "../a.tmp", "inner2"}).out ==
        ".mlopsignore:3:*.tmp\t../a.tmp\ndeep/.mlopsignore:2:!inner2\tinner2\n");
  CHECK(project.run({"check-ignore", "/tmp", "..", "."}).code == 1);
  CHECK(project.run({"check-ignore", "-q", "a.tmp"}).out.empty());
  CHECK(project.run({"check-ignore", "-q", "a.tmp"}).code == 0);
}

TEST_CASE("check-ignore reads paths from its input up to an empty line") {
  const CliProject project;
  project.write(".mlopsignore", "*.tmp\n");
  CHECK(run_with_input(project, {"check-ignore", "--stdin"}, "a.tmp\nnothing\n\nb.tmp\n").out == "a.tmp\n");
  CHECK(run_with_input(project, {"check-ignore", "--stdin", "-d", "-n"}, "a.tmp\nnothing").out ==
        ".mlopsignore:1:*.tmp\ta.tmp\n::\tnothing\n");
  CHECK(run_with_input(project, {"check-ignore", "--stdin"}, "nothing").code == 1);
  for (const Words& wrong : std::vector<Words>{{}, {"--stdin", "a"}, {"-n", "a"}, {"-a", "a"}, {"-d", "-q", "a"}}) {
    Words words{"check-ignore"};
    words.insert(words.end(), wrong.begin(), wrong.end());
    CHECK(project.run(words).code == 2);
  }
}

TEST_CASE("root shows the way up") {
  const CliProject project;
  project.write("a/b/c", "");
  CHECK(project.good({"root"}).out == ".\n");
  CHECK(project.run_below("a/b", {"root"}).out == "../..\n");
  CHECK(project.good({"root", "--cd", "a"}).out == "..\n");
  CHECK(run_in("/", project.git.env, {"root"}).code == 1);
}
