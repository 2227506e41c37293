// SPDX-License-Identifier: Apache-2.0
#include "balance/forwarding.hh"

#include <span>

#include "http/field.hh"

namespace bramble::balance {
namespace {

using http::Field;
using http::FieldName;

constexpr std::string_view kVia = "Via: 1.1 bramble\r\n";
// HTTP/1.0 knows requests without Host, HTTP/1.1 does not.
constexpr std::string_view kNoHost = "localhost";
constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool belongs_to_one_hop(FieldName id) {
  return id == FieldName::kConnection || id == FieldName::kKeepAlive ||
         id == FieldName::kProxyConnection || id == FieldName::kTe || id == FieldName::kUpgrade;
}

bool tells_of_the_way(FieldName id) {
  return id == FieldName::kForwarded || id == FieldName::kXForwardedFor ||
         id == FieldName::kXForwardedHost || id == FieldName::kXForwardedProto ||
         id == FieldName::kXRequestId;
}

// Whether a Connection field names others than the well-known options.
bool names_fields(std::span<const Field> fields) {
  for (const Field& field : fields) {
    if (field.id != FieldName::kConnection) continue;
    std::string_view list = field.value;
    for (auto option = http::take_element(list); !option.empty(); option = http::take_element(list))
      if (!http::equals_lower(option, "keep-alive") && !http::equals_lower(option, "close") &&
          !http::equals_lower(option, "upgrade"))
        return true;
  }
  return false;
}

// What says where a message ends, to whom it goes and who sends it: if it could be named away, a
// visitor could take off what the backend, or a proxy in front of us, relies on.
bool is_never_named_away(FieldName id) {
  return id == FieldName::kContentLength || id == FieldName::kTransferEncoding ||
         id == FieldName::kExpect || id == FieldName::kHost || id == FieldName::kAuthorization ||
         tells_of_the_way(id);
}

bool named_by_connection(const Field& named, std::span<const Field> fields) {
  if (is_never_named_away(named.id)) return false;
  for (const Field& field : fields) {
    if (field.id != FieldName::kConnection) continue;
    std::string_view list = field.value;
    for (auto option = http::take_element(list); !option.empty(); option = http::take_element(list))
      if (http::equals_any_case(option, named.name)) return true;
  }
  return false;
}

void append_request_line(std::string& out, const http::RequestHead& head) {
  out.append(head.method) += ' ';
  if (head.form == http::TargetForm::kAbsolute) {
    out.append(head.path);
    if (head.target.find('?') != std::string_view::npos) (out += '?').append(head.query);
  } else {
    out.append(head.target);
  }
  out.append(" HTTP/1.1\r\n");
  append_field(out, "Host", head.host.empty() ? kNoHost : head.host);
}

// The values of all such fields, as one list.
void append_values(std::string& out, std::span<const Field> fields, FieldName id) {
  for (const Field& field : fields)
    if (field.id == id && !field.value.empty()) out.append(field.value).append(", ");
}

// for=…;host=…;proto=… (RFC 7239 §4): an IPv6 stands in brackets, and quoted as a host is.
void append_forwarded_element(std::string& out, std::string_view ip, std::string_view host) {
  const bool v6 = ip.find(':') != std::string_view::npos;
  out.append(v6 ? "for=\"[" : "for=").append(ip).append(v6 ? "]\"" : "");
  if (!host.empty()) out.append(";host=\"").append(host).append("\"");
  out.append(";proto=http");
}

// Who asked for whom: what a trusted sender told, and what we see.
void append_way(std::string& out, const http::RequestHead& head,
                const RequestForwarding& forwarding) {
  const std::span<const Field> told = forwarding.trusted ? head.fields() : std::span<const Field>();
  const auto told_or = [&](FieldName id, std::string_view ours) {
    const Field* const field = http::find_field(told, id);
    return field != nullptr && !field->value.empty() ? field->value : ours;
  };
  out.append("X-Forwarded-For: ");
  append_values(out, told, FieldName::kXForwardedFor);
  out.append(forwarding.client_ip).append("\r\n");
  append_field(out, "X-Forwarded-Proto", told_or(FieldName::kXForwardedProto, "http"));
  const std::string_view host = told_or(FieldName::kXForwardedHost, head.host);
  if (!host.empty()) append_field(out, "X-Forwarded-Host", host);
  if (forwarding.forwarded) {
    out.append("Forwarded: ");
    append_values(out, told, FieldName::kForwarded);
    append_forwarded_element(out, forwarding.client_ip, head.host);
    out.append("\r\n");
  } else {
    for (const Field& field : told)
      if (field.id == FieldName::kForwarded) append_field(out, "Forwarded", field.value);
  }
  append_field(out, "X-Request-Id", forwarding.request_id);
}

}  // namespace

void append_request_head(std::string& out, const http::RequestHead& head,
                         const RequestForwarding& forwarding) {
  append_request_line(out, head);
  const std::span<const Field> fields = head.fields();
  const bool some_named = names_fields(fields);
  for (const Field& field : fields) {
    if (field.id == FieldName::kHost || belongs_to_one_hop(field.id) || tells_of_the_way(field.id))
      continue;
    if (field.id == FieldName::kOther && !forwarding.trusted && http::is_x_forwarded(field.name))
      continue;
    if (field.id == FieldName::kExpect && !head.expects_continue) continue;
    if (some_named && named_by_connection(field, fields)) continue;
    if (field.id == FieldName::kTransferEncoding) {
      out.append(kChunked);
      continue;
    }
    append_field(out, field.name, field.value);
  }
  append_way(out, head, forwarding);
  out.append(kVia);
  if (forwarding.upgrade) {
    out.append("Connection: upgrade\r\n");
    for (const Field& field : fields)
      if (field.id == FieldName::kUpgrade) append_field(out, "Upgrade", field.value);
  }
  out.append("\r\n");
}

void append_answer_head(std::string& out, const http::ResponseHead& head,
                        const AnswerForwarding& forwarding) {
  const auto status = static_cast<unsigned>(head.status);
  out.append("HTTP/1.1 ");
  for (const unsigned place : {100U, 10U, 1U}) out += static_cast<char>('0' + status / place % 10);
  out.append(" ").append(head.reason).append("\r\n");
  const std::span<const Field> fields = head.fields();
  const bool some_named = names_fields(fields);
  const bool bodyless = head.status < 200 || head.status == 204;
  for (const Field& field : fields) {
    if (belongs_to_one_hop(field.id)) continue;
    if (field.id == FieldName::kTransferEncoding) {
      if (!bodyless && !forwarding.without_coding) out.append(kChunked);
      continue;
    }
    if (bodyless && field.id == FieldName::kContentLength) continue;
    if (some_named && named_by_connection(field, fields)) continue;
    append_field(out, field.name, field.value);
  }
  if (!forwarding.set_cookie.empty()) append_field(out, "Set-Cookie", forwarding.set_cookie);
  out.append(kVia);
  switch (forwarding.persistence) {
    case Persistence::kAssumed:
      break;
    case Persistence::kKeepAlive:
      out.append("Connection: keep-alive\r\n");
      break;
    case Persistence::kClose:
      out.append("Connection: close\r\n");
      break;
    case Persistence::kUpgrade:
      out.append("Connection: upgrade\r\n");
      for (const Field& field : fields)
        if (field.id == FieldName::kUpgrade) append_field(out, "Upgrade", field.value);
      break;
  }
  out.append("\r\n");
}

}  // namespace bramble::balance
