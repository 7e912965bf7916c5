/* Replays the seeds of a fuzz target: each file of a folder, once. Usage: fuzz_NAME FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED_MAX = 1 << 20 };

static int replay(const char *folder, const char *name)
{
    static char bytes[SEED_MAX];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        return 1;
    }
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    uint8_t *exact = malloc(len ? len : 1); /* so that a read behind the end is seen */
    for (size_t i = 0; i < len; i++)
        exact[i] = (uint8_t)bytes[i];
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0, count = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        fprintf(stderr, "replay: no folder of seeds\n");
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        failed |= replay(argv[1], entry->d_name);
        count++;
    }
    closedir(dir);
    printf("%d seeds\n", count);
    return failed || count == 0;
}
