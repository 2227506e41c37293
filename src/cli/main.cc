// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hh"
#include "cli/commands.hh"

namespace bramble::cli {

int exit_status(const Error& error) { return error.side == Side::kClient ? kBadUsage : kFailed; }

int tell(const Error& error) {
  (void)std::fprintf(stderr, "bramble: %s\n", error.what.c_str());
  return exit_status(error);
}

void print(std::string_view text, std::FILE* to) {
  (void)std::fwrite(text.data(), 1, text.size(), to);
  (void)std::fflush(to);
}

namespace {

// "bramble lab cut"
std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

// The command that was asked for, as far as it is one.
const CLI::App& asked_for(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? app : asked_for(*chosen.front());
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const auto meant = nearest(word, known);
  return meant ? fmt::format(", did you mean \"{}\"?", *meant) : "";
}

std::string try_help(const CLI::App& command) {
  return fmt::format("\nTry: {} --help", full_name(command));
}

// `word` is as it was typed, with its value perhaps: "--lod=5".
std::string no_such_option(const CLI::App& command, std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent())
    for (const CLI::Option* option : at->get_options())
      for (const std::string& long_name : option->get_lnames()) known.push_back("--" + long_name);
  return fmt::format("there is no option \"{}\"{}{}", name,
                     did_you_mean(name, {known.begin(), known.end()}), try_help(command));
}

// Nothing where the app has a command of that name.
std::string no_such_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::ranges::find(names, word) != names.end()) return "";
  return fmt::format("there is no command \"{}\"{}{}", word, did_you_mean(word, names),
                     try_help(app));
}

// An option that is none comes first: its value is what else would be complained of.
std::string bad_usage(const CLI::App* app, const CLI::Error& error) {
  const CLI::App& command = asked_for(*app);
  const std::vector<std::string> unread = app->remaining(true);
  for (const std::string& word : unread)
    if (word.starts_with('-') && word != "--")
      return fmt::format("bramble: {}\n", no_such_option(command, word));
  if (!unread.empty() && !command.get_subcommands({}).empty())
    if (const std::string fault = no_such_command(command, unread.front()); !fault.empty())
      return fmt::format("bramble: {}\n", fault);
  return fmt::format("bramble: {}{}\n", error.what(), try_help(command));
}

// Says so where this names no command, and no option in a command's place.
bool is_unknown(const CLI::App& app, std::string_view word) {
  if (word.starts_with('-')) {
    if (app.get_option_no_throw(std::string(word)) != nullptr) return false;
    tell(failure(no_such_option(app, word)));
    return true;
  }
  const std::string fault = no_such_command(app, word);
  if (fault.empty()) return false;
  tell(failure(fault));
  return true;
}

// The first sockets would be taken for what was closed, and logs be written into them.
void fill_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);  // the lowest that is free
}

// A result that could not be written, as on a full disk, is none. A reader who has
// gone knows it.
int told_all(int status) {
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if ((flushed && std::ferror(stdout) == 0 && std::cout.good()) || status != kDone) return status;
  pollfd reader = {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0) return kFailed;
  return tell(failure("not all could be written to the standard output: is its disk full?"));
}

int main(int argc, char** argv) {
  fill_standard_streams();
  CLI::App app("One web service that stays up, from a handful of small machines.", "bramble");
  app.set_version_flag("--version", "bramble " BRAMBLE_VERSION);
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.failure_message(bad_usage);
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
  if (argc > 2 && argv[2][0] != '-')
    for (const CLI::App* room : app.get_subcommands({}))
      if (room->get_name() == argv[1] && !room->get_subcommands({}).empty() &&
          is_unknown(*room, argv[2]))
        return kBadUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? told_all(kDone) : kBadUsage;
  }
  return told_all(invocation.run());
}

}  // namespace
}  // namespace bramble::cli

int main(int argc, char** argv) { return bramble::cli::main(argc, argv); }
