/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"

#include <stdarg.h>

#include "hypercall.h"

static char line[OC_CONSOLE_MAX];
static uint64_t length;

static void put(char c) {
  if (length < sizeof line) line[length++] = c;
}

static void put_number(uint64_t value, uint64_t base) {
  char digits[20];
  int count = 0;
  do digits[count++] = "0123456789abcdef"[value % base];
  while ((value /= base) != 0);
  while (count > 0) put(digits[--count]);
}

static void format_line(const char* format, va_list arguments) {
  length = 0;
  for (; *format != 0; ++format) {
    if (*format != '%') {
      put(*format);
      continue;
    }
    switch (*++format) {
      case 's':
        for (const char* text = va_arg(arguments, const char*); *text != 0; ++text) put(*text);
        break;
      case 'u': put_number(va_arg(arguments, uint64_t), 10); break;
      case 'x':
        put('0');
        put('x');
        put_number(va_arg(arguments, uint64_t), 16);
        break;
      default: put(*format);
    }
  }
}

void print(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  format_line(format, arguments);
  va_end(arguments);
  line[length == sizeof line ? length - 1 : length++] = '\n';
  hypercall((uint64_t)line, length, 0, OC_CALL_CONSOLE);
}

void panic(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  format_line(format, arguments);
  va_end(arguments);
  hypercall((uint64_t)line, length, 0, OC_CALL_PANIC);
  for (;;) __asm__ volatile("hlt");
}
