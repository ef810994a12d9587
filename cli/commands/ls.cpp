// SPDX-License-Identifier: Apache-2.0
#include "repo/list.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/listed_place.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Ls : public Command {
  ListedPlace place_;
  repo::ListOptions options_;
  std::optional<int> depth_;
  bool recursive_ = false, tree_ = false;
  bool size_ = false, hash_ = false, json_ = false;

  Args args() override {
    return {place_.first(),
            place_.second(),
            {.names = "-R,--recursive", .help = "List all files below, too", .into = &recursive_},
            {.names = "-T,--tree", .help = "Draw what lies below as a tree", .into = &tree_},
            {.names = "-L,--level", .metavar = "n", .help = "With -R or -T, go at most this deep", .into = &depth_},
            ListedPlace::revision(&options_.revision),
            {.names = "--dvc-only,--tracked", .help = "Only what mlops tracks", .into = &options_.tracked_only},
            {.names = "--size", .help = "Show sizes", .into = &size_},
            {.names = "--show-hash", .help = "Show digests", .into = &hash_},
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    if (depth_ && *depth_ < 0) throw Error::usage("`--level` wants a number, 0 or more");
    if (tree_ && json_) throw Error::usage("`--tree` and `--json` cannot be given together");
    if (depth_) options_.depth = static_cast<unsigned>(*depth_);
    options_.shape = tree_ ? repo::ListShape::tree : recursive_ ? repo::ListShape::files : repo::ListShape::children;
    auto workspace = place_.open(context, options_.path);
    const auto result = repo::list(workspace, options_);
    if (json_)
      print_json(context.out, items_json(workspace, result));
    else
      show(context, result);
    say_not_listed(context, result.not_in_cache);
    return ExitCode::ok;
  }

  /// How an item is called from the directory that is listed.
  static std::string name_of(const repo::ListResult& result, const repo::ListItem& item) {
    if (item.path != result.base.path) return item.path.below(result.base.path).str();
    return item.path.is_root() ? "." : std::string(item.path.name());
  }

  static std::optional<std::string> hash_of(const repo::ListItem& item) {
    return item.entry ? std::optional(digest_text(*item.entry)) : std::nullopt;
  }

  static Json items_json(const repo::Workspace& workspace, const repo::ListResult& result) {
    const std::string hash(hash::to_string(workspace.dialect().algorithm()));
    Json items = Json::array();
    for (const auto& item : result.items) {
      const auto digest = hash_of(item);
      items.push_back({{"isout", item.tracked},
                       {"isdir", item.directory},
                       {"isexec", item.executable},
                       {"size", item.size_bytes ? Json(*item.size_bytes) : Json(nullptr)},
                       {hash, digest ? Json(*digest) : Json(nullptr)},
                       {"path", name_of(result, item)}});
    }
    return items;
  }

  void show(const Context& context, const repo::ListResult& result) const {
    std::vector<const repo::ListItem*> items;
    if (tree_) items.push_back(&result.base);
    for (const auto& item : result.items) {
      if (!tree_ || item.path != result.base.path) items.push_back(&item);
    }
    const auto art = tree_ ? tree_art(result.base, items) : std::vector<std::string>(items.size());
    const Paint paint(context.color_out());
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < items.size(); ++i) {
      names.push_back(printable(tree_ && i > 0 ? std::string(items[i]->path.name()) : name_of(result, *items[i])));
      rows.push_back(columns(*items[i]));
      rows.back().push_back(art[i] + names[i]);
    }
    const auto lines = split(plain_table(rows, size_), '\n');
    for (std::size_t i = 0; i < items.size(); ++i) {
      // The name is last on its line; it is painted once all columns are laid out.
      context.out << lines[i].substr(0, lines[i].size() - names[i].size()) << painted(paint, *items[i], names[i])
                  << "\n";
    }
  }

  std::vector<std::string> columns(const repo::ListItem& item) const {
    std::vector<std::string> cells;
    const bool sized = item.size_bytes && (*item.size_bytes > 0 || !item.directory);
    if (size_) cells.push_back(sized ? short_size(*item.size_bytes) : "");
    if (hash_) cells.push_back(hash_of(item).value_or("-"));
    return cells;
  }

  static std::string painted(const Paint& paint, const repo::ListItem& item, const std::string& name) {
    if (item.tracked) return paint.cyan(name);
    if (item.directory) return paint.bold(name);
    return item.executable ? paint.green(name) : name;
  }

  /// The lines that a tree is drawn with, before each name. `items` begins with the base; directories come before what
  /// they hold.
  static std::vector<std::string> tree_art(const repo::ListItem& base,
                                           const std::vector<const repo::ListItem*>& items) {
    std::vector<std::string> art(items.size());
    std::vector<bool> more;  // by depth: whether another entry of the same directory follows
    for (std::size_t i = items.size(); i-- > 1;) {
      const std::string below = items[i]->path.below(base.path).str();
      const auto depth = static_cast<std::size_t>(std::count(below.begin(), below.end(), '/'));
      more.resize(depth + 1, false);
      for (std::size_t level = 0; level < depth; ++level) art[i] += more[level] ? "│   " : "    ";
      art[i] += more[depth] ? "├── " : "└── ";
      more[depth] = true;
    }
    return art;
  }
};

}  // namespace

const CommandSpec ls_command{
    .name = "ls",
    .group = "Data",
    .summary = "List files, plain ones and tracked ones",
    .manual =
        R"(Lists a directory as the project knows it: the files of the workspace that no ignore file hides, together with what
mlops tracks there, whose data need not be here. With `--rev` a revision is listed instead of the workspace. Names are
shown from the directory that is listed; sizes of files that are there are theirs, others as recorded.

One word is a path, as typed from the current directory. As in DVC, two words are a project and a path from its root:
`mlops ls . data`, `mlops ls ../other models`; one word that is the root of another project lists that.

JSON
A list of {"isout", "isdir", "isexec", "size", "sha256", "path"}: whether mlops tracks it, size in bytes or null, the
recorded digest (the key is the name of its algorithm) or null.

EXAMPLES
  mlops ls data --size
  mlops ls -T -L 2
  mlops ls -R --rev v1.0 data/raw --json
)",
    .make = make_command<Ls>};

const CommandSpec list_command{
    .name = "list", .group = "", .summary = ls_command.summary, .manual = ls_command.manual, .make = make_command<Ls>};

}  // namespace mlops::cli
