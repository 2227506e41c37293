// SPDX-License-Identifier: Apache-2.0
#include "cluster/backends_file.hh"

#include <fmt/format.h>

#include <map>

#include "base/file.hh"
#include "base/text.hh"
#include "cluster/load.hh"
#include "cluster/rules.hh"
#include "cluster/section.hh"

namespace bramble {
namespace {

std::string fault_of_backend(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && colon != 0) {
    const auto port = parse_number(text.substr(colon + 1));
    if (port && *port >= 1 && *port <= 65535) return "";
  }
  return fmt::format("bad backend \"{}\": HOST:PORT like \"10.0.0.11:80\" is needed", text);
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
  for (const Text& listen : root.some_strings("listen", fault_of_listen))
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
  const Result<std::string> text = read_file(path);
  if (!text.ok())
    return failure(text.error().what + ": name a file of [[backend]] tables with --backends");
  Faults faults;
  BackendsFile file = parse_backends(*text, faults);
  if (!faults.empty()) return faulty_file(path, std::move(faults));
  return file;
}

}  // namespace bramble
