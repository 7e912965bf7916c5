/* Criterion starts libgit2, of which it wants no more than a way to show differences that no test here asks for. That
 * reads all certificates of the system, in each program anew, and takes longer than most programs' tests do: half a
 * second with sanitizers. A program that has these functions itself keeps the library from being started. */
int git_libgit2_init(void);
int git_libgit2_shutdown(void);

int git_libgit2_init(void)
{
    return 1;
}

int git_libgit2_shutdown(void)
{
    return 0;
}
