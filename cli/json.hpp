// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>

#include "spec/value.hpp"

namespace mlops::cli {

/// Prints one JSON document, indented by two, and a newline. Strings may hold any bytes: those that are not UTF-8 come
/// out as lone surrogates `\udcXX`, the escape that Python's os.fsdecode uses, so that no name is lost.
void print_json(std::ostream& out, const nlohmann::ordered_json& document);

/// A parameter or metric as JSON; floats stay floats, not-finite ones become strings.
nlohmann::ordered_json to_json_value(const spec::Value& value);

}  // namespace mlops::cli
