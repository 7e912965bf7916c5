/* The answer to a task: what became of its transfer, and with a short body the body, sent to the parent. A task has one
 * answer. Context: a worker's only thread. */
#ifndef FETCH_ANSWER_H
#define FETCH_ANSWER_H

#include "fetch/transfer.h"

/* Send the answer of a transfer, which has had none. RESULT is libcurl's, or CURLE_OK in the callback that has taken
 * the last bytes of the body. */
void answer_send(struct transfer *t, CURLcode result);

/* Answer TASK with an error and nothing else; FETCH_OK says that there was nothing to do. */
void answer_error(struct transfer_setup *setup, uint64_t task, enum fetch_error error, const char *detail);

#endif
