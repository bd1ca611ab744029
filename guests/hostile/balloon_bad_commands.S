/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Balloon commands that do not exist or come in the wrong order, with pages that do not exist. Refused with a status each. */
    .include "hostile.inc"
    begin
    balloon 2, 300                  /* LOCK before START */
    balloon 1, 0
    balloon 0, 6                    /* START */
    balloon 5
    balloon 10
    balloon 0x7fffffff
    balloon 2, 0xffffffffffff       /* LOCK a page that is none */
    balloon 2, 0
    balloon 3, 600                  /* UNLOCK what is not locked */
    balloon 2, 600
    balloon 2, 600                  /* LOCK twice */
    balloon 3, 600
    balloon 4, 4711                 /* unknown guest */
    balloon 1, 0xffffffffffffffff
    finish
