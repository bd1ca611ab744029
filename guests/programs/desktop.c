/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop: what a user's machine holds. Applications are image pages, the same in every machine of that image; much memory is
 * zero; documents are the user's own. An operation is something the user does, with a pause (`think`) after it.
 */
#include "program.h"

#define APPLICATION_BLOCKS 3

void program_desktop(void) {
  struct files applications;
  struct region documents, zeros;
  struct random random;
  random_seed(&random, argument_seed(), 1);

  files_begin(&applications, 0, memory_claim("applications", argument_size("applications")));
  for (uint64_t block = 0; block < applications.blocks; ++block) {
    result_add(files_read(&applications, block));
    preparation_work(FILL_WORK);
  }
  const uint64_t zero_bytes = memory_claim("zero", argument_size("zero"));
  region_create(&zeros, zero_bytes, CONTENT_ZERO, 1);
  region_resize(&zeros, zero_bytes, FILL_WORK);
  const uint64_t bytes = memory_claim("documents", argument_size("documents"));
  region_create(&documents, bytes, CONTENT_TEXT, 2);
  region_resize(&documents, bytes, FILL_WORK);

  for (;;) {
    for (int i = 0; i < APPLICATION_BLOCKS && applications.blocks != 0; ++i) {
      result_add(files_read(&applications, random_popular(&random, applications.blocks)));
    }
    if (zeros.pages != 0) result_add(region_read(&zeros, random_below(&random, zeros.pages)));
    if (documents.pages != 0) {
      result_add(region_use(&documents, random_popular(&random, documents.pages), &random, 500));
    }
    operation_end();
  }
}
