// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include <algorithm>

#include "cli/pages.hpp"
#include "cli/roff.hpp"
#include "fs/file.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

constexpr std::size_t help_column = 30;

std::string label(const Arg& arg) {
  if (arg.positional()) return "<" + std::string(arg.metavar) + ">";
  std::string text = join(arg.spellings(), ", ");
  if (!arg.alone.empty()) return text + "[=<" + std::string(arg.metavar) + ">]";
  if (arg.takes_value()) text += " <" + std::string(arg.metavar) + ">" + (arg.several ? "..." : "");
  return text;
}

std::string synopsis(const CommandSpec& spec, const Args& args) {
  std::string line = "mlops " + std::string(spec.name) + " [options]";
  for (const Arg& arg : args) {
    if (!arg.positional()) continue;
    std::string name = "<" + std::string(arg.metavar) + ">" + (arg.repeats() ? "..." : "");
    line += arg.required ? " " + name : " [" + name + "]";
  }
  return line;
}

std::string help_of(const Arg& arg) {
  std::string text(arg.help);
  if (!arg.choices.empty()) text += " (" + join(arg.choices, ", ") + ")";
  return text;
}

std::string option_lines(const Args& args) {
  std::string text;
  for (const Arg& arg : args) {
    std::string line = "  " + label(arg);
    if (line.size() + 2 > help_column) {
      text += line + "\n";
      line.clear();
    }
    line.resize(help_column, ' ');
    text += line + help_of(arg) + "\n";
  }
  return text;
}

/// The groups in the order in which the table first names them.
std::vector<std::string_view> groups() {
  std::vector<std::string_view> found;
  for (const CommandSpec* spec : commands()) {
    if (spec->group.empty() || std::find(found.begin(), found.end(), spec->group) != found.end()) continue;
    found.push_back(spec->group);
  }
  return found;
}

std::string command_lines(std::string_view group, std::string_view family) {
  std::string text;
  for (const CommandSpec* spec : commands()) {
    if (spec->group.empty() || (!group.empty() && spec->group != group)) continue;
    if (!family.empty() && !spec->name.starts_with(std::string(family) + " ")) continue;
    std::string line = "  " + std::string(spec->name);
    line.resize(std::max<std::size_t>(line.size() + 2, 20), ' ');
    text += line + std::string(spec->summary) + "\n";
  }
  return text;
}

std::string page_name(std::string_view command) {
  std::string name = "mlops-" + std::string(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

/// The other commands of a family (`runs show` for `runs list`), then the pages that all commands have in common.
std::string see_also(const CommandSpec& spec) {
  std::string out = ".SH SEE ALSO\n";
  const auto family = split(spec.name, ' ').front() + " ";
  for (const CommandSpec* other : commands()) {
    if (other != &spec && !other->group.empty() && other->name.starts_with(family))
      out += ".BR " + roff_text(page_name(other->name)) + " (1),\n";
  }
  return out + ".BR mlops (1),\n.BR mlops\\-tutorial (7),\n.BR mlops.yaml (5),\n.BR mlops\\-config (5)\n";
}

std::string command_page(const CommandSpec& spec) {
  const Loaded loaded(spec);
  std::string out = roff_title(page_name(spec.name), 1, spec.summary);
  out += ".SH SYNOPSIS\n.B " + roff_text(synopsis(spec, loaded.args)) + "\n.SH DESCRIPTION\n";
  const auto examples = spec.manual.find("\nEXAMPLES\n");
  out += roff_body(spec.manual.substr(0, examples));
  out += ".SH OPTIONS\n";
  for (const Arg& arg : loaded.args)
    out += ".TP\n.B " + roff_text(label(arg)) + "\n" + roff_running(help_of(arg)) + "\n";
  if (examples != std::string_view::npos) out += roff_body(spec.manual.substr(examples + 1));
  return out + roff_body(exit_status()) + see_also(spec);
}

std::string main_page() {
  std::string out = roff_title("mlops", 1, "version data, run pipelines, reproduce runs");
  out += ".SH SYNOPSIS\n.B mlops\n<command> [options]\n.SH DESCRIPTION\n";
  out += roff_body(
      "`mlops` keeps datasets and models by content hash beside git, runs declared pipeline stages with caching,\n"
      "records every run, shares all of it through remotes and reproduces any past run bit by bit.\n\n"
      "Start with mlops-tutorial(7). Every command has its own page, `man mlops-<command>`; `mlops help <command>` "
      "and\n"
      "`mlops <command> --help` show it too, `mlops <command> -h` the options alone, and `mlops help <page>` shows\n"
      "tutorial, mlops.yaml or mlops-config.\n\n"
      "-q, -v and --cd may stand before the command as well as behind it.\n");
  out += ".SH COMMANDS\n";
  for (const auto group : groups()) {
    out += ".SS " + std::string(group) + "\n";
    for (const CommandSpec* spec : commands()) {
      if (spec->group != group) continue;
      out += ".TP\n.BR " + roff_text(page_name(spec->name)) + " (1)\n" + roff_running(spec->summary) + "\n";
    }
  }
  return out + roff_body(exit_status()) +
         ".SH SEE ALSO\n.BR mlops\\-tutorial (7),\n.BR mlops.yaml (5),\n.BR mlops\\-config (5)\n";
}

}  // namespace

std::string overview() {
  std::string text = "usage: mlops <command> [options]\n";
  for (const auto group : groups()) text += "\n" + std::string(group) + ":\n" + command_lines(group, {});
  return text +
         "\n`mlops help tutorial` is the place to start; `mlops <command> --help` shows a command's manual, -h its "
         "options.\n";
}

std::string family_text(std::string_view family) {
  return "usage: mlops " + std::string(family) + " <command> [options]\n\n" + command_lines({}, family);
}

std::string usage_text(const CommandSpec& spec) {
  const Loaded loaded(spec);
  return "usage: " + synopsis(spec, loaded.args) + "\n\n" + option_lines(loaded.args);
}

std::string help_text(const CommandSpec& spec) {
  const Loaded loaded(spec);
  const auto examples = spec.manual.find("\nEXAMPLES\n");
  std::string text = std::string(spec.summary) + "\n\nusage: " + synopsis(spec, loaded.args) + "\n\n";
  text += trim(spec.manual.substr(0, examples));
  text += "\n\nOPTIONS\n" + option_lines(loaded.args);
  if (examples != std::string_view::npos) text += std::string(spec.manual.substr(examples));
  if (!text.ends_with('\n')) text += '\n';
  return text + std::string(exit_status());
}

std::optional<std::string> page_text(std::string_view name) {
  for (const Page& page : pages()) {
    if (page.name != name && page.name != "mlops-" + std::string(name)) continue;
    return std::string(page.name) + ": " + std::string(page.summary) + "\n\n" + page.body();
  }
  return {};
}

void write_man_pages(const std::string& directory) {
  fs::make_directories(directory);
  const auto write = [&](const std::string& name, int section, const std::string& text) {
    fs::write_file_atomic(directory + "/" + name + "." + std::to_string(section), text, 0644, fs::Durability::off);
  };
  write("mlops", 1, main_page());
  for (const CommandSpec* spec : commands()) {
    if (!spec->group.empty()) write(page_name(spec->name), 1, command_page(*spec));
  }
  for (const Page& page : pages())
    write(std::string(page.name), page.section,
          roff_title(page.name, page.section, page.summary) + roff_body(page.body()));
}

}  // namespace mlops::cli
