// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/commands.hh"

namespace bramble::cli {

int tell(const Error& error) {
  (void)std::fprintf(stderr, "bramble: %s\n", error.what.c_str());
  return kFailed;
}

namespace {

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
  add_hosts(app, invocation);
  add_lab(app, invocation);
  add_plan(app, invocation);
  add_serve(app, invocation);
  add_status(app, invocation);
  add_up(app, invocation);
  add_vitals(app, invocation);

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
