// SPDX-License-Identifier: Apache-2.0
#include "http/head_fault.hh"

namespace bramble::http {

int status_of(HeadFault fault) {
  switch (fault) {
    case HeadFault::kTargetTooLong:
      return 414;
    case HeadFault::kHeadTooLarge:
    case HeadFault::kTooManyFields:
      return 431;
    case HeadFault::kMethodTooLong:
    case HeadFault::kCoding:
      return 501;
    case HeadFault::kVersion:
      return 505;
    default:
      return 400;
  }
}

std::string_view explain(HeadFault fault) {
  switch (fault) {
    case HeadFault::kNone:
      return "nothing is wrong";
    case HeadFault::kStartLine:
      return "the first line is not one of HTTP/1";
    case HeadFault::kMethodTooLong:
      return "there is no method of that length";
    case HeadFault::kTarget:
      return "the request target is not valid";
    case HeadFault::kTargetTooLong:
      return "the request target is too long";
    case HeadFault::kVersion:
      return "only HTTP/1.1 and HTTP/1.0 are spoken here";
    case HeadFault::kHeadTooLarge:
      return "the header fields are too large";
    case HeadFault::kTooManyFields:
      return "there are too many header fields";
    case HeadFault::kFieldName:
      return "a header field's name is not valid";
    case HeadFault::kBlankBeforeColon:
      return "a blank stands before the colon of a header field";
    case HeadFault::kFold:
      return "a header field is continued on the next line";
    case HeadFault::kFieldValue:
      return "a header field holds a control byte";
    case HeadFault::kLineEnd:
      return "a line does not end with CR LF";
    case HeadFault::kHostMissing:
      return "the Host field is missing";
    case HeadFault::kHostTwice:
      return "there is more than one Host field";
    case HeadFault::kHost:
      return "the host is not valid";
    case HeadFault::kLength:
      return "Content-Length is not a plain number";
    case HeadFault::kLengthTwice:
      return "there is more than one Content-Length";
    case HeadFault::kLengthAndCoding:
      return "Content-Length and Transfer-Encoding exclude each other";
    case HeadFault::kCoding:
      return "of transfer codings only chunked is known here";
    case HeadFault::kCodingNotFinal:
      return "chunked must be the last transfer coding, and stand once";
    case HeadFault::kCodingInOldVersion:
      return "HTTP/1.0 has no Transfer-Encoding";
  }
  return "";
}

}  // namespace bramble::http
