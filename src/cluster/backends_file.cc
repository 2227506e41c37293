// SPDX-License-Identifier: Apache-2.0
#include "cluster/backends_file.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.hh"
#include "base/text.hh"
#include "cluster/load.hh"
#include "cluster/rules.hh"
#include "cluster/section.hh"

namespace bramble {
namespace {

// Of HOST:PORT: an IP address, one of IPv6 in brackets, or a name that the resolver knows.
std::string fault_of_place(std::string_view kind, std::string_view text, std::string_view like) {
  const auto bad = [&](std::string_view why) {
    return fmt::format("bad {} \"{}\": {}", kind, text, why);
  };
  if (text.find("://") != text.npos) return bad("leave the scheme away, it is HTTP");
  if (std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c == '/' || c == 0x7F; }))
    return bad("it has a blank or a slash");
  const std::size_t colon = text.rfind(':');
  const std::string_view host = text.substr(0, std::min(colon, text.size()));
  const std::uint64_t port =
      colon == text.npos ? 0 : parse_number(text.substr(colon + 1)).value_or(0);
  if (host.empty() || port < 1 || port > 65535)
    return bad(fmt::format("HOST:PORT like \"{}\" is needed", like));
  if (host.find(':') != host.npos && !(host.starts_with('[') && host.ends_with(']')))
    return bad("write an IPv6 address in brackets, [::1]:80");
  return "";
}

std::string fault_of_backend(std::string_view text) {
  return fault_of_place("backend", text, "10.0.0.11:80");
}

// An address of this machine: no name.
std::string fault_of_listen_address(std::string_view text) {
  if (text.starts_with('[')) return fault_of_place("listen address", text, "[::]:80");
  return fault_of_listen(text);
}

BackendEntry read_backend(Section& section) {
  BackendEntry backend;
  if (const auto address = section.required_string("address", fault_of_backend, "10.0.0.11:80"))
    backend.address = address->text;
  const auto name = section.string("name", fault_of_backend_name);
  backend.name = name ? name->text : backend.address;
  if (const auto weight = section.integer("weight", {.least = 1, .most = kWeightMax}))
    backend.weight = static_cast<int>(*weight);
  if (const auto most =
          section.integer("max-connections", {.least = 1, .most = kMaxConnectionsMax}))
    backend.max_connections = static_cast<int>(*most);
  backend.backup = section.boolean("backup").value_or(false);
  section.tell_unknown_keys();
  return backend;
}

}  // namespace

BackendsFile parse_backends(std::string_view text, Faults& faults) {
  BackendsFile file;
  const Value document = parse_document(text, faults);
  if (!faults.empty()) return file;
  Section root(document, "the file", faults);
  for (const Text& listen : root.some_strings("listen", fault_of_listen_address))
    file.listen.push_back(listen.text);
  std::map<std::string, Position> names;
  for (const Value* table : root.tables("backend")) {
    Section section(*table, "[[backend]]", faults);
    file.backends.push_back(read_backend(section));
    const std::string& name = file.backends.back().name;
    const auto [taken, is_new] = names.emplace(name, table->at);
    if (!is_new && !name.empty())
      root.fault(table->at, fmt::format("the name \"{}\" is taken already in line {}", name,
                                        taken->second.line));
  }
  if (file.backends.empty())
    root.missing("backend", "a [[backend]] table with address = \"10.0.0.11:80\"");
  root.tell_unknown_keys();
  return file;
}

Result<BackendsFile> load_backends(const std::string& path) {
  const Result<std::string> text = read_file(path, kDocumentBytesMax);
  if (!text.ok())
    return failure(text.error().what + ": name a file of [[backend]] tables with --backends");
  Faults faults;
  BackendsFile file = parse_backends(*text, faults);
  if (!faults.empty()) return faulty_file(path, std::move(faults));
  return file;
}

}  // namespace bramble
