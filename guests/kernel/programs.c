/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "programs.h"

#include "bytes.h"

#define OC_ARGUMENT(program, name, unit, value, text)
#define OC_PROGRAM(symbol, name, text) void program_##symbol(void);
#include "../abi/programs.inc"
#undef OC_PROGRAM

static const struct program programs[] = {
#define OC_PROGRAM(symbol, name, text) {name, program_##symbol},
#include "../abi/programs.inc"
#undef OC_PROGRAM
};

const struct program* program_named(const char* name) {
  for (const struct program* program = programs; program < programs + sizeof programs / sizeof programs[0]; ++program) {
    if (text_equal(program->name, name)) return program;
  }
  return 0;
}
