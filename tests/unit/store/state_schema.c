/* Versions of the database: what is made, what is migrated, what is refused. */
#include "store/state/state_schema.h"

#include "state_support.h"
#include "store/state/state_internal.h"

TestSuite(state_schema, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

/* A database as version 1 made it, with a row of each kind. It stays as it is when versions come after it. */
static const char version_1[] =
    "PRAGMA journal_mode = WAL; PRAGMA application_id = 0x666f7267; PRAGMA user_version = 1;"
    "CREATE TABLE page (key INTEGER PRIMARY KEY, url TEXT NOT NULL, file TEXT NOT NULL, final_url TEXT NOT NULL,"
    "  etag TEXT NOT NULL, last_modified TEXT NOT NULL, digest BLOB, bytes INTEGER NOT NULL, status INTEGER NOT NULL, "
    "error TEXT NOT NULL,"
    "  failures INTEGER NOT NULL, failing_since INTEGER NOT NULL, gone INTEGER NOT NULL, first_seen INTEGER NOT NULL,"
    "  last_fetched INTEGER NOT NULL, last_changed INTEGER NOT NULL, next_due INTEGER NOT NULL,"
    "  file_bytes INTEGER NOT NULL, file_mtime_ns INTEGER NOT NULL) STRICT;"
    "CREATE TABLE host (key INTEGER PRIMARY KEY, origin TEXT NOT NULL, delay_ms INTEGER NOT NULL,"
    "  next_ask INTEGER NOT NULL, unreachable_since INTEGER NOT NULL, robots_status INTEGER NOT NULL,"
    "  robots_fetched INTEGER NOT NULL, robots_expires INTEGER NOT NULL, robots BLOB) STRICT;"
    "CREATE TABLE run (number INTEGER PRIMARY KEY, started INTEGER NOT NULL, ended INTEGER NOT NULL,"
    "  exit_status INTEGER NOT NULL, new INTEGER NOT NULL, changed INTEGER NOT NULL, unchanged INTEGER NOT NULL,"
    "  failed INTEGER NOT NULL, gone INTEGER NOT NULL, skipped INTEGER NOT NULL, bytes INTEGER NOT NULL, cycle_started "
    "INTEGER NOT NULL,"
    "  complete INTEGER NOT NULL) STRICT;"
    "INSERT INTO page VALUES (7501839393725411467, 'http://www.example.com/', 'example.html', 'http://example.net/', "
    "'\"tag\"',"
    "  'Wed, 21 Oct 2026 07:28:00 GMT', zeroblob(32), 1, 2, 'timeout', 3, 4, 5, 6, 7, 8, 9, 10, 11);"
    "INSERT INTO host VALUES (6032177811391877094, 'http://www.example.com:80', 1, 2, 3, 4, 5, 6, CAST('User-agent: *' "
    "AS BLOB));"
    "INSERT INTO run VALUES (41, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1);";

static void make_version_1(void)
{
    sqlite3 *db = open_raw();
    raw(db, version_1);
    sqlite3_close(db);
}

/* The columns of all tables, a line each. */
#define COLUMNS                                                                                                        \
    "SELECT group_concat(m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk, char(10)) "  \
    "FROM (SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name) m, pragma_table_info(m.name) c"

Test(state_schema, a_database_of_version_1_is_read_with_every_field)
{
    make_version_1();
    struct state *state = open_state(NULL);
    struct state_page page = {"http://www.example.com/",
                              23,
                              "example.html",
                              "http://example.net/",
                              "\"tag\"",
                              "Wed, 21 Oct 2026 07:28:00 GMT",
                              "timeout",
                              {0},
                              true,
                              false,
                              1,
                              2,
                              3,
                              5,
                              4,
                              6,
                              7,
                              8,
                              9,
                              10,
                              11,
                              "",
                              "",
                              "",
                              0,
                              false,
                              false,
                              false,
                              false,
                              0,
                              0,
                              0,
                              0};
    expect_page(find(state, page.url), &page);
    const struct state_host *host = state_find_host(state, "http://www.example.com:80");
    cr_assert(host && host->delay_ms == 1 && host->next_ask_ms == 2 && host->unreachable_since_ms == 3);
    cr_assert(host->robots_status == 4 && host->robots_fetched_ms == 5 && host->robots_expires_ms == 6);
    cr_assert_str_eq(host->robots, "User-agent: *");
    struct state_run run, wanted = {41, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, true};
    cr_assert(state_last_run(state, &run));
    expect_run(&run, &wanted);
    put_url(state, page.url, 1);
    close_state(state);
}

/* So schema.sql cannot be changed without a new version and a step. */
Test(state_schema, a_migrated_database_has_the_columns_of_a_new_one)
{
    static char migrated[16 * 1024];
    make_version_1();
    close_state(open_state(NULL));
    snprintf(migrated, sizeof migrated, "%s", raw_text(COLUMNS));
    cr_assert_eq(raw_number("PRAGMA user_version"), state_schema.version);
    unlink(in_scratch("out/" STATE_FILE));
    close_state(open_state(NULL));
    cr_assert_str_eq(raw_text(COLUMNS), migrated);
    cr_assert_eq(raw_number("PRAGMA user_version"), state_schema.version);
    cr_assert_str_eq(raw_text("PRAGMA journal_mode"), "wal");
}

/* ---- Steps to versions that do not exist yet ---- */

/* Open with COUNT steps MORE behind those that there are. */
static enum state_status open_version(int count, const char *const *more, const struct state_options *options,
                                      struct state_failure *failure)
{
    const char *steps[8];
    int known = state_schema.version - 1;
    for (int i = 0; i < known + count; i++)
        steps[i] = i < known ? state_schema.steps[i] : more[i - known];
    const struct state_schema schema = {state_schema.version + count, state_schema.create, steps};
    struct state *state = NULL;
    enum state_status status =
        state_open_with(in_scratch("out"), options, &(struct state_hooks){.schema = &schema}, &state, failure);
    cr_assert_eq(state_close(state, NULL), STATE_OK);
    return status;
}

Test(state_schema, steps_are_taken_in_order_and_keep_the_rows)
{
    static const char *const steps[] = {
        "ALTER TABLE page ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",
        "UPDATE page SET colour = colour || ' and blue'; CREATE TABLE more (x INTEGER) STRICT",
    };
    struct state_failure failure;
    make_version_1();
    cr_assert_eq(open_version(2, steps, NULL, &failure), STATE_OK);
    cr_assert_eq(raw_number("PRAGMA user_version"), state_schema.version + 2);
    cr_assert_str_eq(raw_text("SELECT url || ' ' || colour FROM page"), "http://www.example.com/ red and blue");
    cr_assert_eq(open_version(2, steps, NULL, &failure), STATE_OK, "no step is taken twice");
    cr_assert_str_eq(raw_text("SELECT colour FROM page"), "red and blue");
}

Test(state_schema, a_step_that_fails_leaves_the_old_version)
{
    static const char *const steps[] = {"ALTER TABLE page ADD COLUMN colour TEXT", "DROP TABLE nowhere"};
    struct state_failure failure;
    make_version_1();
    cr_assert_eq(open_version(2, steps, NULL, &failure), STATE_FOREIGN);
    cr_assert(strstr(failure.text, "nowhere"), "%s", failure.text);
    cr_assert_eq(raw_number("PRAGMA user_version"), 1);
    cr_assert_eq(raw_number("SELECT count(*) FROM pragma_table_info('page') WHERE name = 'colour'"), 0);
    close_state(open_state(NULL));
}

Test(state_schema, who_only_reads_migrates_nothing)
{
    static const char *const steps[] = {"ALTER TABLE page ADD COLUMN colour TEXT"};
    struct state_failure failure;
    make_version_1();
    cr_assert_eq(open_version(1, steps, &(struct state_options){.read_only = true}, &failure), STATE_OLDER);
    cr_assert_eq(refusal(&(struct state_options){.read_only = true}, &failure), STATE_OLDER, "%s", failure.text);
    cr_assert_eq(raw_number("PRAGMA user_version"), 1);
}

/* ---- What is refused ---- */

static void refuse(const char *sql, enum state_status wanted)
{
    static char before[64 * 1024];
    struct state_failure failure;
    sqlite3 *db = open_raw();
    raw(db, sql);
    sqlite3_close(db);
    int fd = open(in_scratch("out/" STATE_FILE), O_RDONLY);
    ssize_t size = read(fd, before, sizeof before);
    cr_assert_gt(size, 0);
    for (int read_only = 0; read_only < 2; read_only++) {
        const struct state_options options = {.read_only = read_only};
        cr_expect_eq(refusal(&options, &failure), wanted, "%s: %s", sql, failure.text);
        static char after[64 * 1024];
        cr_assert_eq(pread(fd, after, sizeof after, 0), size);
        cr_expect_eq(memcmp(before, after, (size_t)size), 0, "the file was changed");
    }
    close(fd);
}

Test(state_schema, a_newer_version_is_refused_and_left_alone)
{
    close_state(open_state(NULL));
    refuse("PRAGMA user_version = 99", STATE_NEWER);
    struct state_failure failure;
    refusal(NULL, &failure);
    cr_assert_str_eq(failure.text, "made by a newer version of forage: version 99 of the database");
}

Test(state_schema, a_database_of_another_program_is_refused_and_left_alone)
{
    refuse("CREATE TABLE page (x); INSERT INTO page VALUES (1)", STATE_FOREIGN);
}

Test(state_schema, a_database_without_its_tables_is_refused)
{
    close_state(open_state(NULL));
    refuse("DROP TABLE run", STATE_FOREIGN);
}

/* ---- What a killed run may leave at its very beginning ---- */

Test(state_schema, an_empty_file_becomes_a_database)
{
    struct state_failure failure;
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/.forage"), 0700);
    write_file("out/" STATE_FILE, "");
    cr_assert_eq(refusal(&(struct state_options){.read_only = true}, &failure), STATE_FOREIGN);
    close_state(open_state(NULL));
    cr_assert_eq(raw_number("PRAGMA user_version"), state_schema.version);
    unlink(in_scratch("out/" STATE_FILE));
    sqlite3 *db = open_raw();
    raw(db, "PRAGMA journal_mode = WAL");
    sqlite3_close(db);
    close_state(open_state(NULL));
    cr_assert_eq(raw_number("PRAGMA user_version"), state_schema.version);
}
