// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "spec/stage.hpp"
#include "spec/template_scope.hpp"
#include "spec/template_text.hpp"
#include "spec/yaml.hpp"

namespace mlops::spec {

/// Whether a pipeline file uses templating at all: `vars`, `foreach`, `matrix` or a `${...}` in any text.
bool has_templates(const YamlNode& root);

/// The pipeline file's document with templating done: each `${...}` replaced by its value, each stage with `foreach` or
/// `matrix` written out as `stage@key`, `vars` gone, and `\${` made `${`. Nodes keep the lines of what they came from.
/// Throws Error "FILE:LINE: reason", naming the variable and where it was looked for.
YamlNode expand_templates(YamlNode root, const fs::RepoPath& file, const ReadFile& read,
                          const TemplateOptions& options);

/// Does the same in place, if there is any templating, and returns the files that values were looked for in, sorted.
std::vector<TemplateSource> fill_templates(YamlNode& root, const fs::RepoPath& file, const ReadFile& read,
                                           const TemplateOptions& options);

/// What the texts of stages take from files: by file, each value that is no map under its dotted key, in order of use.
using TemplateUses = std::map<fs::RepoPath, Value::Map>;
/// Reads a pipeline file for what its templates use. Throws Error as expand_templates.
TemplateUses template_uses(std::string_view text, const fs::RepoPath& file, const ReadFile& read);

}  // namespace mlops::spec
