/* A library that needs librender.so, with every kind of place that ld.so fills in. */
extern int frameCount;
extern int renderFrame(int number);
extern int absent __attribute__((weak));

static int shade = 5;
int *countPlace = &frameCount;                           /* R_386_32: a variable of another object */
int (*renderer)(int) = renderFrame;                      /* R_386_32: a function */
int *ownPlace = &shade;                                  /* R_386_RELATIVE */
int *nothing = &absent;                                  /* R_386_32 of a name that nobody defines: 0 */
const char *const colours[] = {"red", "green", "blue"};  /* R_386_RELATIVE, read-only afterwards (PT_GNU_RELRO) */
int *middle = &frameCount + 1;                           /* R_386_32 with something in its place: S + A */

int paint(int number)                                    /* R_386_JMP_SLOT and R_386_GLOB_DAT */
{
    return renderFrame(number) + frameCount + shade;
}
