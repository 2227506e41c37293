// SPDX-License-Identifier: Apache-2.0
#include "cli/backend_flag.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hh"
#include "cluster/rules.hh"

namespace bramble::cli {
namespace {

using balance::BackendOptions;

// "weight=3" or "max-connections=50".
Result<void> take_backend_option(std::string_view text, BackendOptions& backend) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view key = text.substr(0, equals);
  const std::optional<std::uint64_t> value =
      parse_number(text.substr(std::min(equals + 1, text.size())));
  if (key == "weight" && value && *value >= 1 && *value <= kWeightMax)
    backend.weight = static_cast<double>(*value);
  else if (key == "max-connections" && value && *value >= 1 && *value <= kMaxConnectionsMax)
    backend.requests_max = *value;
  else
    return failure(fmt::format(
        "\"{}\" says nothing of a backend: write weight=1 to 1000, or max-connections=1 to "
        "1000000",
        text));
  return {};
}

}  // namespace

Result<BackendOptions> backend_of(const std::string& text, bool backup) {
  const std::vector<std::string_view> pieces = split(text, ',');
  const std::size_t equals = pieces[0].find('=');
  const std::string_view where =
      equals == std::string_view::npos ? pieces[0] : pieces[0].substr(equals + 1);
  const std::string name(equals == std::string_view::npos ? where : pieces[0].substr(0, equals));
  if (const std::string fault = fault_of_backend_name(name); !fault.empty())
    return failure(fmt::format("backend \"{}\": {}", text, fault));
  const std::vector<Address> addresses = TRY(resolve(where));
  if (addresses.front().port() == 0)
    return failure(fmt::format("backend \"{}\": nobody listens on port 0", text));
  BackendOptions backend{.name = name, .address = addresses.front(), .backup = backup};
  for (std::size_t i = 1; i < pieces.size(); ++i) TRY(take_backend_option(pieces[i], backend));
  return backend;
}

}  // namespace bramble::cli
