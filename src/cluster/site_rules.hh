// SPDX-License-Identifier: Apache-2.0
// What may stand in a [[site]] table: one rule a kind of text, as in rules.hh. All pure.
#pragma once

#include <string>
#include <string_view>

namespace bramble {

std::string fault_of_site_host(std::string_view text);  // "*", a DNS name, or "*." before one
std::string fault_of_site_root(std::string_view text);  // a folder of the volume
std::string fault_of_site_file(std::string_view text);  // "/404.html"
std::string fault_of_index(std::string_view text);      // a file's name without a folder
std::string fault_of_try(std::string_view text);        // "{path}", "{path}.html", "/a.html"
std::string fault_of_glob(std::string_view text);
std::string fault_of_listing(std::string_view text);  // "html", "json"
std::string fault_of_method(std::string_view text);   // one that a file has
std::string fault_of_error_status(std::string_view text);
std::string fault_of_redirect_from(std::string_view text);
std::string fault_of_redirect_to(std::string_view text);
std::string fault_of_header_name(std::string_view text);  // none that the server itself decides
std::string fault_of_header_value(std::string_view text);
std::string fault_of_realm(std::string_view text);
std::string fault_of_visitor(std::string_view text);        // a user's name for basic auth
std::string fault_of_password_hash(std::string_view text);  // of crypt(5), one that is slow

// Whether a redirect may have that status.
bool redirects(long status);

}  // namespace bramble
