// SPDX-License-Identifier: Apache-2.0
#include "http/scan.hh"

#include "http/octets.hh"

#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#endif

namespace bramble::http {
namespace {

constexpr bool is_target_byte(unsigned char c) { return c > 0x20 && c < 0x7f; }

#ifdef __SSE2__

constexpr std::size_t kStep = 16;

__m128i load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

// A bit for each byte that ends the run.
struct ValueEnd {
  static unsigned mask(__m128i bytes) {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del)));
  }
  static bool stays(unsigned char c) { return is_value_byte(c); }
};

// Taken as signed, 0x21..0x7e are the numbers above 0x20 other than 0x7f.
struct TargetEnd {
  static unsigned mask(__m128i bytes) {
    const __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(del, above))) ^ 0xffffU;
  }
  static bool stays(unsigned char c) { return is_target_byte(c); }
};

template <typename End>
std::size_t find_end(std::string_view text) {
  std::size_t at = 0;
  for (; at + kStep <= text.size(); at += kStep)
    if (const unsigned mask = End::mask(load(text.data() + at)); mask != 0)
      return at + static_cast<unsigned>(std::countr_zero(mask));
  while (at < text.size() && End::stays(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

#else

struct ValueEnd {
  static bool stays(unsigned char c) { return is_value_byte(c); }
};
struct TargetEnd {
  static bool stays(unsigned char c) { return is_target_byte(c); }
};

template <typename End>
std::size_t find_end(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && End::stays(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

#endif

}  // namespace

std::size_t find_value_end(std::string_view text) { return find_end<ValueEnd>(text); }
std::size_t find_target_end(std::string_view text) { return find_end<TargetEnd>(text); }

}  // namespace bramble::http
