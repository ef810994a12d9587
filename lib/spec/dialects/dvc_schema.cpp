// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/dvc_schema.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

/// A schema that is only checked reads into nothing.
struct Nothing {};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes `least` to `most` digits off the front.
bool take_digits(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  while (count < most && count < text.size() && is_digit(text[count])) {
    ++count;
  }
  text.remove_prefix(count);
  return count >= least;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

void take_blanks(std::string_view& text) {
  while (take(text, " \t")) {
  }
}

bool is_zone(std::string_view text) {
  if (text.empty() || text == "Z") {
    return true;
  }
  if (!take(text, "+-") || !take_digits(text, 1, 2)) {
    return false;
  }
  return text.empty() || (take(text, ":") && take_digits(text, 2, 2) && text.empty());
}

/// Whether YAML's timestamp type matches: "2020-01-31", "2020-1-31 10:20:30.5 +01:00".
bool is_timestamp(std::string_view text) {
  const std::string_view all = text;
  if (!take_digits(text, 4, 4) || !take(text, "-") || !take_digits(text, 1, 2) || !take(text, "-") ||
      !take_digits(text, 1, 2)) {
    return false;
  }
  if (text.empty()) {
    return all.size() == 10;
  }
  if (!take(text, "Tt")) {
    if (text.front() != ' ' && text.front() != '\t') {
      return false;
    }
    take_blanks(text);
  }
  if (!take_digits(text, 1, 2) || !take(text, ":") || !take_digits(text, 2, 2) || !take(text, ":") ||
      !take_digits(text, 2, 2)) {
    return false;
  }
  if (take(text, ".")) {
    take_digits(text, 0, text.size());
  }
  take_blanks(text);
  return is_zone(text);
}

/// Whether Python, whose integers have no end, reads a number where we keep the text.
bool is_long_integer(std::string_view text) {
  take(text, "+-");
  return !text.empty() && is_digit(text.front()) && text.find_first_not_of("0123456789_") == std::string_view::npos;
}

void text(const Place& at, const YamlNode& node, Nothing&) { require_text(at, node); }
void boolean(const Place& at, const YamlNode& node, Nothing&) { read_bool(at, node); }
void anything(const Place&, const YamlNode&, Nothing&) {}

void texts(const Place& at, const YamlNode& node, Nothing&) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    require_text(at.item(i), node.items[i]);
  }
}

/// A map whose keys are texts, its values checked by `check`.
template <class Check>
void map_of(const Place& at, const YamlNode& node, Check check) {
  require_map(at, node);
  for (const auto& [key, value] : node.members) {
    const Place here = at.key(key.scalar);
    if (!is_text(key)) {
      throw at.error(key, "has the key " + quoted(key.scalar) + ", which is no text").hint("quote it");
    }
    check(here, value);
  }
}

template <std::size_t count>
void fields(const Place& at, const YamlNode& node, const Field<Nothing> (&rows)[count]) {
  Nothing nothing;
  read_fields(at, node, rows, nothing);
}

// Outputs.

constexpr Field<Nothing> output_options[] = {
    {"desc", text},    {"type", text},       {"labels", texts},       {"meta", anything}, {"cache", boolean},
    {"push", boolean}, {"persist", boolean}, {"checkpoint", boolean}, {"remote", text},
};

constexpr Field<Nothing> plot_options[] = {
    output_options[0], output_options[1], output_options[2], output_options[3],   output_options[4], output_options[5],
    output_options[6], output_options[7], output_options[8], {"template", text},  {"x", text},       {"y", text},
    {"x_label", text}, {"y_label", text}, {"title", text},   {"header", boolean},
};

template <std::size_t count>
void output_list(const Place& at, const YamlNode& node, const Field<Nothing> (&options)[count]) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const Place here = at.item(i);
    if (item.kind != YamlNode::Kind::map) {
      require_text(here, item);
      continue;
    }
    map_of(here, item, [&](const Place& place, const YamlNode& value) { fields(place, value, options); });
  }
}

void outputs(const Place& at, const YamlNode& node, Nothing&) { output_list(at, node, output_options); }
void plot_outputs(const Place& at, const YamlNode& node, Nothing&) { output_list(at, node, plot_options); }

// Stages.

void texts_or_maps(const Place& at, const YamlNode& node, Nothing&) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (node.items[i].kind != YamlNode::Kind::map) {
      require_text(at.item(i), node.items[i]);
    }
  }
}

void command(const Place& at, const YamlNode& node, Nothing&) {
  if (node.kind != YamlNode::Kind::sequence) {
    require_text(at, node);
  }
}

void matrix(const Place& at, const YamlNode& node, Nothing&) {
  map_of(at, node, [](const Place& place, const YamlNode& values) {
    if (values.kind != YamlNode::Kind::sequence && !is_text(values)) {
      throw place.error(values, "must be a list, or a template that names one");
    }
  });
  if (node.members.empty()) {
    throw at.error(node, "has no values to combine");
  }
}

constexpr Field<Nothing> stage_keys[] = {
    {"cmd", command},        {"wdir", text},     {"deps", texts},      {"params", texts_or_maps},
    {"vars", texts_or_maps}, {"outs", outputs},  {"metrics", outputs}, {"plots", plot_outputs},
    {"frozen", boolean},     {"meta", anything}, {"desc", text},       {"always_changed", boolean},
    {"matrix", matrix},
};

void stage(const Place& at, const YamlNode& node, Nothing&) {
  fields(at, node, stage_keys);
  if (node.find("cmd") == nullptr) {
    throw at.error(node, "has no 'cmd'");
  }
}

void foreach_values(const Place& at, const YamlNode& node, Nothing&) {
  if (node.kind != YamlNode::Kind::sequence && node.kind != YamlNode::Kind::map && !is_text(node)) {
    throw at.error(node, "must be a list or a map, or a template that names one");
  }
}

constexpr Field<Nothing> foreach_keys[] = {{"foreach", foreach_values}, {"do", stage}};

void stages(const Place& at, const YamlNode& node, Nothing&) {
  map_of(at, node, [](const Place& place, const YamlNode& value) {
    require_map(place, value);
    const bool repeated = value.find("foreach") != nullptr;
    if (!repeated && value.find("do") == nullptr) {
      Nothing nothing;
      stage(place, value, nothing);
      return;
    }
    fields(place, value, foreach_keys);
    if (!repeated || value.find("do") == nullptr) {
      throw place.error(value, repeated ? "has 'foreach' without 'do'" : "has 'do' without 'foreach'");
    }
  });
}

// The other sections.

void column(const Place& at, const YamlNode& node, Nothing&) {
  if (node.kind == YamlNode::Kind::map) {
    map_of(at, node, [](const Place& place, const YamlNode& value) { require_text(place, value); });
  } else {
    require_text(at, node);
  }
}

void columns(const Place& at, const YamlNode& node, Nothing& nothing) {
  const auto one_or_more = [&](const Place& place, const YamlNode& value) {
    if (value.kind == YamlNode::Kind::sequence) {
      texts(place, value, nothing);
    } else {
      require_text(place, value);
    }
  };
  if (node.kind == YamlNode::Kind::map) {
    map_of(at, node, one_or_more);
  } else {
    one_or_more(at, node);
  }
}

constexpr Field<Nothing> top_plot_keys[] = {
    {"x", column}, {"y", columns}, {"x_label", text}, {"y_label", text}, {"title", text}, {"template", text},
};

void top_plots(const Place& at, const YamlNode& node, Nothing&) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const Place here = at.item(i);
    if (item.kind != YamlNode::Kind::map) {
      require_text(here, item);
      continue;
    }
    if (item.members.empty()) {
      throw here.error(item, "names no plot");
    }
    map_of(here, item, [](const Place& place, const YamlNode& plot) {
      if (plot.kind != YamlNode::Kind::null) {
        fields(place, plot, top_plot_keys);
      }
    });
  }
}

constexpr Field<Nothing> artifact_keys[] = {
    {"path", text}, {"desc", text}, {"type", text}, {"labels", texts}, {"meta", anything},
};

void artifacts(const Place& at, const YamlNode& node, Nothing&) {
  map_of(at, node, [](const Place& place, const YamlNode& artifact) {
    fields(place, artifact, artifact_keys);
    if (artifact.find("path") == nullptr) {
      throw place.error(artifact, "has no 'path'");
    }
  });
}

void datasets(const Place& at, const YamlNode& node, Nothing&) { require_list(at, node); }

constexpr Field<Nothing> top_keys[] = {
    {"vars", texts_or_maps}, {"params", texts},        {"metrics", texts},     {"plots", top_plots},
    {"stages", stages},      {"artifacts", artifacts}, {"datasets", datasets},
};

}  // namespace

bool is_text(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) {
    return false;
  }
  if (!node.plain) {
    return true;
  }
  return type_scalar(node.scalar).get<std::string>() != nullptr && !is_timestamp(node.scalar) &&
         !is_long_integer(node.scalar) && node.scalar != "=" && node.scalar != "<<";
}

std::string require_text(const Place& at, const YamlNode& node) {
  if (!is_text(node)) {
    Error error = at.error(node, "must be a text");
    if (node.kind == YamlNode::Kind::scalar) {
      throw std::move(error).hint("quote it: '{}'", printable(node.scalar));
    }
    throw error;
  }
  return node.scalar;
}

void check_pipeline_schema(const YamlNode& root, const std::string& file) {
  fields({.file = file, .path = {}}, root, top_keys);
}

}  // namespace mlops::spec::dvc
