// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/report_text.hpp"

#include <ostream>

#include "util/text.hpp"

namespace mlops::cli {

void show_table(const Context& context, const report::Table& table, Format format) {
  context.out << (format == Format::markdown ? report::markdown_table(table) : report::text_table(table));
}

void show_document(const Context& context, const spec::Value& document) {
  context.out << report::json_text(document, context.out_is_terminal ? 2 : 0) << "\n";
}

void show_failures(const Context& context, const std::vector<report::RevisionValues>& revisions,
                   std::string_view what) {
  constexpr std::size_t show_at_most = 10;  // of each revision; a cache that was never filled lacks everything
  bool not_cached = false;
  for (const auto& revision : revisions) {
    const std::string at = revision.revision.empty() ? "" : " at " + mlops::quoted(revision.revision);
    if (revision.failure)
      context.err << "warning: cannot read " << what << at << ": " << printable(revision.failure->message) << "\n";
    std::size_t failures = 0;
    for (const auto& file : revision.files) {
      if (!file.failure) continue;
      not_cached = not_cached || file.failure->kind == report::Failure::Kind::not_cached;
      if (++failures <= show_at_most)
        context.err << "warning: cannot read " << mlops::quoted(file.path.str()) << at << ": "
                    << printable(file.failure->message) << "\n";
    }
    if (failures > show_at_most)
      context.err << "warning: cannot read " << counted(failures - show_at_most, "more file") << at << "\n";
  }
  if (not_cached)
    context.err << "hint: `mlops fetch` brings what the cache lacks, with -a, -T or -A for other revisions too\n";
}

int precision_of(const std::optional<int>& asked) {
  return asked.value_or(0) == 0 ? report::default_precision : *asked;
}

Args comparison_args(report::CompareOptions& options) {
  return {{.names = "a",
           .metavar = "a",
           .help = "Revision to compare from; HEAD if omitted",
           .into = &options.before,
           .complete = Complete::revision},
          {.names = "b",
           .metavar = "b",
           .help = "Revision to compare to; the workspace if omitted",
           .into = &options.after,
           .complete = Complete::revision},
          {.names = "--targets",
           .metavar = "path",
           .help = "Only these files, declared or not; directories stand for the files in them",
           .into = &options.targets,
           .complete = Complete::path,
           .several = true},
          {.names = "--all", .help = "Also what is the same on both sides", .into = &options.unchanged}};
}

namespace args {

Arg markdown(bool* into) { return {.names = "--md", .help = "Print a table in Markdown", .into = into}; }

Arg no_path(bool* into) { return {.names = "--no-path", .help = "Leave out the column of paths", .into = into}; }

Arg precision(std::optional<int>* into) {
  return {.names = "--precision",
          .metavar = "n",
          .help = "Round to n digits behind the point in tables; 5 if omitted",
          .into = into};
}

}  // namespace args
}  // namespace mlops::cli
