// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "spec/schema.hpp"

namespace mlops::spec::dvc {

/// Throws Error unless a pipeline file's document, as it is written and with its templates in it, has the shape that DVC
/// asks for. What templates put in later is checked by nobody but what uses it, here as there.
void check_pipeline_schema(const YamlNode& root, const std::string& file);

/// Whether DVC takes the node for a text: a plain date, or a plain number of whatever size, is none.
bool is_text(const YamlNode& node);

/// The text of a node. Throws Error unless `is_text`.
std::string require_text(const Place& at, const YamlNode& node);

}  // namespace mlops::spec::dvc
