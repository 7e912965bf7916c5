/* Threads of one process that use a manager's dict, make and free handles of one object, and read what others write.
 * ThreadSanitizer is what this program is for; by itself it checks the counts. */
#include "multiproc/manager.h"
#include "multiproc/thread.h"

#include "support/check.h"

enum { THREADS = 4, ROUNDS = 100 };

static struct mp_dict *dict;

static void use(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct mp_value v;
        CHECK(mp_dict_set(dict, &i, sizeof(i), mp_text("value")) == MP_OK);
        CHECK(mp_dict_get(dict, "list", 4, &v) == MP_OK);
        CHECK(mp_list_append(v.list, mp_dict_ref(dict)) == MP_OK);
        mp_value_release(&v);
    }
}

int main(void)
{
    struct mp_manager *m;
    struct mp_list *list;
    struct mp_thread *all[THREADS];
    size_t count;
    CHECK(mp_manager_new(&m) == MP_OK);
    CHECK(mp_dict_new(m, &dict) == MP_OK);
    CHECK(mp_list_new(m, &list) == MP_OK);
    CHECK(mp_dict_set(dict, "list", 4, mp_list_ref(list)) == MP_OK);
    for (int i = 0; i < THREADS; i++) {
        CHECK(mp_thread_new(&(struct mp_thread_options){.fn = use}, &all[i]) == MP_OK);
        CHECK(mp_thread_start(all[i]) == MP_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(mp_thread_join(all[i], -1) == MP_OK);
        mp_thread_free(all[i]);
    }
    CHECK(mp_list_count(list, &count) == MP_OK && count == THREADS * ROUNDS);
    CHECK(mp_dict_count(dict, &count) == MP_OK && count == ROUNDS + 1);
    mp_list_free(list);
    mp_dict_free(dict);
    mp_manager_free(m);
    return 0;
}
