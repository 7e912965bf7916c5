#include "store/backlog/backlog_record.h"

#include "base/hash.h"

#include <string.h>

_Static_assert(sizeof(struct record) == 32, "records have no holes");
_Static_assert(sizeof(struct record_file_head) == 32, "nor has the file's head");

#define MAGIC "forage backlog 1" /* all its 16 bytes */

enum { BYTE_ORDER_MARK = 0x01020304, CHECKED_FROM = offsetof(struct record, text_len) };

/* ---- Records ---- */

size_t record_text_at(const struct record *head)
{
    return RECORD_HEAD + (head->kind == RECORD_ENTRY_NUMBER ? sizeof(int64_t) : 0);
}

size_t record_size(const struct record *head)
{
    if (head->kind < RECORD_PARENT || head->kind > RECORD_ENTRY_NUMBER)
        return 0;
    if (head->text_len == 0 || head->text_len > RECORD_TEXT_MAX)
        return 0;
    return (record_text_at(head) + head->text_len + RECORD_UNIT - 1) / RECORD_UNIT * RECORD_UNIT;
}

static uint32_t check_of(const char *record, uint64_t offset, uint64_t salt)
{
    struct record head;
    memcpy(&head, record, sizeof head);
    return (uint32_t)hash_bytes(record + CHECKED_FROM, record_size(&head) - CHECKED_FROM, salt + offset);
}

void record_write(char *record, const struct record *head, int64_t number, const char *text, uint64_t offset,
                  uint64_t salt)
{
    struct record finished = *head;
    size_t at = record_text_at(head), end = at + head->text_len;
    memcpy(record, head, sizeof *head);
    memcpy(record + RECORD_HEAD, &number, sizeof number); /* the text covers it where there is none */
    memmove(record + at, text, head->text_len);
    memset(record + end, 0, record_size(head) - end);
    finished.check = check_of(record, offset, salt);
    memcpy(record, &finished, sizeof finished);
}

bool record_is_whole(const char *record, uint64_t offset, uint64_t salt)
{
    struct record head;
    memcpy(&head, record, sizeof head);
    return head.check == check_of(record, offset, salt);
}

/* ---- Texts ---- */

bool record_is_text(const char *text, size_t len)
{
    bool bad = len > RECORD_TEXT_MAX;
    for (size_t i = 0; i < len; i++)
        bad |= (unsigned char)(text[i] - 0x21) > 0x7e - 0x21;
    return !bad;
}

bool record_origin(const char *url, size_t len, struct record_origin *origin)
{
    static const char *const schemes[] = {"https://", "http://"};
    if (!record_is_text(url, len))
        return false;
    size_t begin = 0;
    for (size_t i = 0; i < 2 && !begin; i++)
        if (len > strlen(schemes[i]) && memcmp(url, schemes[i], strlen(schemes[i])) == 0)
            begin = strlen(schemes[i]);
    if (!begin)
        return false;
    size_t end = begin, host = begin;
    for (; end < len && !(url[end] == '/' || url[end] == '?' || url[end] == '#'); end++)
        if (url[end] == '@')
            host = end + 1;
    *origin = (struct record_origin){url, begin, url + host, end - host};
    return end > host;
}

/* ---- The file's head ---- */

static uint32_t head_check(const struct record_file_head *head)
{
    struct record_file_head copy = *head;
    copy.check = 0;
    return (uint32_t)hash_bytes(&copy, sizeof copy, 0);
}

void record_file_head_make(struct record_file_head *head, uint64_t salt)
{
    *head = (struct record_file_head){.order = BYTE_ORDER_MARK, .salt = salt};
    memcpy(head->magic, MAGIC, sizeof head->magic);
    head->check = head_check(head);
}

bool record_file_head_is_whole(const struct record_file_head *head)
{
    return memcmp(head->magic, MAGIC, sizeof head->magic) == 0 && head->order == BYTE_ORDER_MARK &&
           head->check == head_check(head);
}
