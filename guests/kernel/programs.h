/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs in this kernel, from programs.inc. */
#ifndef GUEST_PROGRAMS_H
#define GUEST_PROGRAMS_H

struct program {
  const char* name;
  void (*run)(void);
};

/* A null pointer when there is none of that name. */
const struct program* program_named(const char* name);

#endif
