// SPDX-License-Identifier: Apache-2.0
// metrics and params, as they are typed and shown. Tables were recorded from DVC 3.67.1.

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {

/// A stage whose metrics the store keeps, run once and committed.
class Scored : public CliProject {
 public:
  Scored() {
    write("params.yaml", "lr: 0.1\nlayers: [1, 2]\n");
    write("source.json", R"({"acc": 0.123456789, "n": 10})");
    good({"stage", "add", "-q", "-n", "score", "-d", "source.json", "-p", "lr", "-m", "scores.json",
          "cp source.json scores.json"});
    good({"repro", "-q"});
    commit("scored");
  }
  void score(const std::string& values) const {
    write("source.json", values);
    good({"repro", "-q"});
  }
};

}  // namespace

TEST_CASE("metrics show prints a table, Markdown or JSON") {
  const Scored project;
  CHECK(project.good({"metrics", "show"}).out ==
        "Path         acc      n\n"
        "scores.json  0.12346  10\n");
  CHECK(project.good({"metrics", "show", "--precision", "2"}).out ==
        "Path         acc    n\n"
        "scores.json  0.12   10\n");
  CHECK(project.good({"metrics", "show", "--md"}).out ==
        "| Path        | acc     | n   |\n"
        "|-------------|---------|-----|\n"
        "| scores.json | 0.12346 | 10  |\n"
        "\n");
  CHECK(project.good({"metrics", "show", "--json"}).out ==
        "{\"\": {\"data\": {\"scores.json\": {\"data\": {\"acc\": 0.123456789, \"n\": 10}}}}}\n");
}

TEST_CASE("metrics of other revisions come from the cache") {
  const Scored project;
  project.git.git({"tag", "v1"});
  project.score(R"({"acc": 0.5, "n": 10})");
  CHECK(project.good({"metrics", "show", "-a", "-T"}).out ==
        "Revision    Path         acc      n\n"
        "workspace   scores.json  0.5      10\n"
        "main,v1     scores.json  0.12346  10\n");
  CHECK(project.good({"metrics", "diff"}).out ==
        "Path         Metric    HEAD     workspace    Change\n"
        "scores.json  acc       0.12346  0.5          0.37654\n");
  CHECK(project.good({"metrics", "diff", "v1", "--no-path", "--all", "--md"}).out ==
        "| Metric   | v1      | workspace   | Change   |\n"
        "|----------|---------|-------------|----------|\n"
        "| acc      | 0.12346 | 0.5         | 0.37654  |\n"
        "| n        | 10      | 10          | 0        |\n"
        "\n");
  project.erase("scores.json");
  CHECK(project.good({"metrics", "diff", "--json"}).json()["scores.json"]["acc"]["new"] == 0.5);
}

TEST_CASE("metrics that only the remote has are fetched") {
  const Scored project;
  project.good({"remote", "add", "-q", "-d", "store", (project.git.dir / "store").string()});
  project.good({"push", "-q"});
  project.score(R"({"acc": 0.5, "n": 10})");
  project.erase(".mlops/cache/objects");
  CHECK(project.good({"metrics", "diff", "--json"}).json()["scores.json"]["acc"]["old"] == 0.123456789);
}

TEST_CASE("params diff takes several targets and shows lists whole") {
  const Scored project;
  project.write("params.yaml", "lr: 0.2\nlayers: [1, 2, 3]\n");
  project.write("other.yaml", "a: 1\n");
  CHECK(project.good({"params", "diff"}).out ==
        "Path         Param    HEAD    workspace\n"
        "params.yaml  layers   [1, 2]  [1, 2, 3]\n"
        "params.yaml  lr       0.1     0.2\n");
  CHECK(project.good({"params", "diff", "--deps", "--no-path"}).out ==
        "Param    HEAD    workspace\n"
        "lr       0.1     0.2\n");
  CHECK(project.good({"params", "diff", "HEAD", "--targets", "other.yaml", "params.yaml", "--json"}).out ==
        "{\"other.yaml\": {\"a\": {\"old\": null, \"new\": 1}}, \"params.yaml\": {\"layers\": {\"old\": \"[1, 2]\", "
        "\"new\": \"[1, 2, 3]\"}, \"lr\": {\"old\": 0.1, \"new\": 0.2, \"diff\": 0.1}}}\n");
}

TEST_CASE("what cannot be read is a warning, and the command ends well") {
  const Scored project;
  const Answer missing = project.good({"metrics", "show", "nosuch.yaml"});
  CHECK(missing.out == "Path\nnosuch.yaml\n");
  CHECK(missing.err == "warning: cannot read 'nosuch.yaml': there is no such file\n");
  project.erase(".mlops/cache/objects");
  project.erase("scores.json");
  const Answer gone = project.good({"metrics", "show"});
  CHECK(gone.err.find("'scores.json' is not in the cache") != std::string::npos);
  CHECK(gone.err.find("hint: `mlops fetch`") != std::string::npos);
  const Answer unknown = project.run({"params", "diff", "mian"});
  CHECK(unknown.code == 1);
  CHECK(unknown.says("did you mean 'main'?"));
}
