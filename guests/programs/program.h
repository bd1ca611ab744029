/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program includes: the kernel's services and the two kinds of checked data. */
#ifndef GUEST_PROGRAM_H
#define GUEST_PROGRAM_H

#include "../kernel/arguments.h"
#include "../kernel/attention.h"
#include "../kernel/console.h"
#include "../kernel/operation.h"
#include "../kernel/random.h"
#include "files.h"
#include "region.h"

#define FILL_WORK 10000u /* nanoseconds declared for filling a page in a preparation */

#endif
