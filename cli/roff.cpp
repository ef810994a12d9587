// SPDX-License-Identifier: Apache-2.0
#include "cli/roff.hpp"

#include <algorithm>
#include <cctype>

#include "util/text.hpp"
#include "version.hpp"

namespace mlops::cli {
namespace {

bool is_heading(std::string_view line) {
  return line.size() > 2 && std::isupper(static_cast<unsigned char>(line[0])) != 0 &&
         std::none_of(line.begin(), line.end(), [](unsigned char c) { return std::islower(c) != 0; }) &&
         line.find_first_of(".:`") == std::string_view::npos;
}

/// Escapes a line of running text, with backticked words in bold.
std::string running(std::string_view line) {
  std::string out;
  bool bold = false;
  std::string piece;
  const auto flush = [&] {
    out += roff_text(piece);
    piece.clear();
  };
  for (const char c : line) {
    if (c != '`') {
      piece += c;
      continue;
    }
    flush();
    bold = !bold;
    out += bold ? "\\fB" : "\\fR";
  }
  flush();
  if (bold) out += "\\fR";
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_title(std::string_view name, int section, std::string_view summary) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return ".TH " + upper + " " + std::to_string(section) + " \"\" \"mlops " + std::string(version) +
         "\" \"mlops manual\"\n.SH NAME\n" + roff_text(name) + " \\- " + roff_text(summary) + "\n";
}

std::string roff_body(std::string_view text) {
  std::string out;
  bool verbatim = false;
  bool fresh = true;  // nothing yet since the last heading or break
  for (const auto& line : split(text, '\n')) {
    const bool indented = line.starts_with("  ");
    if (verbatim && !indented && !line.empty()) {
      out += ".fi\n.RE\n";
      verbatim = false;
      if (!is_heading(line)) out += ".PP\n";
      fresh = true;
    }
    if (line.empty()) {
      if (verbatim)
        out += "\n";
      else if (!fresh)
        out += ".PP\n";
      fresh = true;
    } else if (indented) {
      if (!verbatim) out += ".PP\n.RS 2\n.nf\n";
      verbatim = true;
      std::string shown = roff_text(line.substr(2));
      if (shown.starts_with('.')) shown.insert(0, "\\&");
      out += shown + "\n";
      fresh = false;
    } else if (is_heading(line)) {
      if (out.ends_with(".PP\n")) out.erase(out.size() - 4);
      out += ".SH " + line + "\n";
      fresh = true;
    } else {
      out += running(line) + "\n";
      fresh = false;
    }
  }
  if (verbatim) {
    while (out.ends_with("\n\n")) out.pop_back();
    out += ".fi\n.RE\n";
  }
  while (out.ends_with(".PP\n")) out.erase(out.size() - 4);
  return out;
}

}  // namespace mlops::cli
