// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spec/yaml.hpp"

namespace mlops::spec {

/// Where the parts of a YAML text stand: the tree of the document as it is written, with byte offsets.
struct YamlLayout {
  const YamlNode* node = nullptr;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool present = true;               ///< false for a null that is written as nothing; it then stands at `begin`
  bool compact = false;              ///< a one-pair map without brackets in a flow list
  std::size_t key_begin = 0;         ///< of a member of a map: its key, or of a list: its dash
  std::size_t key_end = 0;           ///< behind the key's ':' or the dash; where a value may be put
  bool colon = true;                 ///< false for a key without ':' in { }
  std::vector<YamlLayout> children;  ///< members or items

  bool is_map() const { return node->kind == YamlNode::Kind::map; }
  bool is_list() const { return node->kind == YamlNode::Kind::sequence; }
};

/// A document and its layout; `layout.node` points into `root`.
struct YamlDocument {
  std::unique_ptr<YamlNode> root;
  YamlLayout layout;
};

/// Reads `text` and finds where everything stands. Throws Error if the text cannot be read, or is written in a way
/// that cannot be followed (keys with '?').
YamlDocument lay_out(std::string_view text, const std::string& file);

/// Offset behind the closing quote of the quoted text at `pos`; npos if it is never closed.
std::size_t quoted_end(std::string_view text, std::size_t pos);
/// Offset of the first byte of the line that holds `pos`, of its end (its line break, or the text's end), and of the
/// line after it.
std::size_t line_begin(std::string_view text, std::size_t pos);
std::size_t line_end(std::string_view text, std::size_t pos);
std::size_t next_line(std::string_view text, std::size_t pos);

}  // namespace mlops::spec
