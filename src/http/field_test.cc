// SPDX-License-Identifier: Apache-2.0
#include "http/field.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bramble::http {
namespace {

TEST(Field, KnownNamesAreFoundInAnyCase) {
  EXPECT_EQ(field_name("Host"), FieldName::kHost);
  EXPECT_EQ(field_name("te"), FieldName::kTe);
  EXPECT_EQ(field_name("TRANSFER-ENCODING"), FieldName::kTransferEncoding);
  EXPECT_EQ(field_name("proxy-AUTHORIZATION"), FieldName::kProxyAuthorization);
  EXPECT_EQ(field_name("If-Unmodified-Since"), FieldName::kIfUnmodifiedSince);
}

TEST(Field, OtherNamesAreOther) {
  for (const char* name : {"", "X", "Hosts", "Hos", "Transfer-Encodin", "Transfer_Encoding",
                           "X-Some-Very-Long-Name-Nobody-Knows"})
    EXPECT_EQ(field_name(name), FieldName::kOther) << name;
}

TEST(Field, TheFirstOfAFieldIsFound) {
  const std::vector<Field> fields = {{"A", "1", FieldName::kOther},
                                     {"Range", "2", FieldName::kRange}};
  EXPECT_EQ(find_field(fields, FieldName::kRange)->value, "2");
  EXPECT_EQ(find_field(fields, FieldName::kHost), nullptr);
}

TEST(Field, ListsAreTakenApartWithoutBlanksAndEmptyElements) {
  std::string_view list = " , a ,,\tb c\t, ";
  EXPECT_EQ(take_element(list), "a");
  EXPECT_EQ(take_element(list), "b c");
  EXPECT_EQ(take_element(list), "");
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace bramble::http
