/* A shared object: code that every process shares, data that each gets for itself, and BSS. */
int frameCount = 24;
int framesDrawn[3000];    /* BSS, more than the rest of a page */

int renderFrame(int number)
{
    framesDrawn[number % 3000]++;
    return frameCount * number;
}
