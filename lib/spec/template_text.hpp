// SPDX-License-Identifier: Apache-2.0
#pragma once

// Templates in texts: `${train.lr}`, `${models[0].name}`. `\${` stands for a literal `${`; a `${` that no `}` follows on
// its line is literal too. An expression names a value; there are no operators.

#include <string>
#include <string_view>
#include <vector>

#include "spec/value.hpp"

namespace mlops::spec {

/// What dialects and their settings decide.
struct TemplateOptions {
  /// A map inside a command: `false` becomes `--no-KEY` instead of nothing (parsing.bool = boolean_optional).
  bool negated_flags = false;
  /// There, a list becomes `--KEY A --KEY B` instead of `--KEY A B` (parsing.list = append).
  bool repeated_flags = false;
  /// Loops and quotes as Python has them: a bool that a variable gave puts `True` into the name of a stage, not `true`; an axis of
  /// a matrix may be a map, which stands for its keys, or a text, which stands for its characters;
  /// a `'` in an option's value is `'"'"'`.
  bool as_python = false;
};

/// One `${...}` of a text.
struct TemplateMatch {
  std::size_t begin = 0;  ///< of the `$`
  std::size_t end = 0;    ///< behind the `}`
  std::string_view expression;
};
std::vector<TemplateMatch> find_templates(std::string_view text);

/// Replaces each `\${` by `${`.
std::string without_template_escapes(std::string_view text);

/// The keys that an expression names one after another; list indexes are digits. Throws Error with the reason.
std::vector<std::string> parse_template_expression(std::string_view expression);

/// A scalar as it stands in a text: `true`, `None` for null, floats in their shortest form ("1e-05", "0.1", "10.0").
/// Throws Error for a list or a map.
std::string template_scalar_text(const Value& value);

/// A map as command line options: `--lr 0.1 --layers 1 2 --verbose`. Nested keys are joined by dots, texts quoted for
/// the shell. Throws Error for a list inside a list.
std::string template_options_text(const Value::Map& map, const TemplateOptions& options);

}  // namespace mlops::spec
