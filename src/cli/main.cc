// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/text.hh"
#include "cli/commands.hh"

namespace bramble::cli {

int tell(const Error& error) {
  (void)std::fprintf(stderr, "bramble: %s\n", error.what.c_str());
  return kFailed;
}

namespace {

// Says so where this names no command.
bool is_unknown(const CLI::App& app, std::string_view word) {
  if (word.starts_with('-')) return false;
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::ranges::find(names, word) != names.end()) return false;
  const auto meant = nearest(word, names);
  tell(failure(fmt::format("there is no command \"{}\"{}\nTry: bramble --help", word,
                           meant ? fmt::format(", did you mean \"{}\"?", *meant) : "")));
  return true;
}

int main(int argc, char** argv) {
  CLI::App app("One web service that stays up, from a handful of small machines.", "bramble");
  app.set_version_flag("--version", "bramble " BRAMBLE_VERSION);
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.failure_message([](const CLI::App* at, const CLI::Error& error) {
    return std::string("bramble: ") + error.what() + "\nTry: " + at->get_display_name() +
           " --help\n";
  });
  Invocation invocation;
  add_balance(app, invocation);
  add_doctor(app, invocation);
  add_drill(app, invocation);
  add_hosts(app, invocation);
  add_lab(app, invocation);
  add_plan(app, invocation);
  add_serve(app, invocation);
  add_status(app, invocation);
  add_up(app, invocation);
  add_vitals(app, invocation);

  if (argc > 1 && is_unknown(app, argv[1])) return kBadUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadUsage;
  }
  return invocation.run();
}

}  // namespace
}  // namespace bramble::cli

int main(int argc, char** argv) { return bramble::cli::main(argc, argv); }
