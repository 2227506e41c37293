// SPDX-License-Identifier: Apache-2.0
#include "provision/password.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// Perl is essential on Debian, and its crypt() knows every hash that the system's libcrypt does.
constexpr std::string_view kLook = R"sh(
perl -F: -lane 'push @u, $F[0] if length $F[1] > 3 && crypt("raspberry", $F[1]) eq $F[1];
  END { print "users=@u" }' /etc/shadow
)sh";

class Password final : public Step {
 public:
  std::string_view name() const override { return "password"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const std::vector<std::string> users = TRY(look(site, machine));
    std::vector<Change> changes;
    for (const std::string& user : users)
      changes.push_back({fmt::format(
          "end password login of {}: its password is the well-known \"raspberry\" (keys still "
          "log in)",
          user)});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const std::vector<std::string> users = TRY(look(site, machine));
    for (const std::string& user : users)
      TRY(site.host(machine).sh("usermod -p '*' -- " + shell_quote(user)));
    return {};
  }

 private:
  static Result<std::vector<std::string>> look(const Site& site, const std::string& machine) {
    const Look look = TRY(Look::at(site.host(machine), std::string(kLook)));
    const std::vector<std::string_view> users = words(look.value("users"));
    return std::vector<std::string>(users.begin(), users.end());
  }
};

}  // namespace

std::unique_ptr<Step> password_step() { return std::make_unique<Password>(); }

}  // namespace bramble::provision
