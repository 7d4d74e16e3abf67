/* Compiled without -fpic, as libraries once were: the addresses stand in the text (DT_TEXTREL). */
extern int frameCount;
extern int renderFrame(int number);

int oldPaint(int number)                                 /* R_386_32 and R_386_PC32, in text */
{
    return renderFrame(number) + frameCount;
}
