// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mlops::cli {

/// Escapes text for a man page.
std::string roff_text(std::string_view text);

/// Escapes a line of running text; `words in backticks` become bold.
std::string roff_running(std::string_view text);

/// Turns a manual text into man-page source: a line in capitals alone is a section, lines that begin with two spaces
/// are shown as they are, blank lines separate paragraphs, `words in backticks` become bold. A line of nothing but such
/// words is a term that the next paragraph explains.
std::string roff_body(std::string_view text);

/// The head of a page. The date is the release's, so that the same version always makes the same page.
std::string roff_title(std::string_view name, int section, std::string_view summary);

}  // namespace mlops::cli
