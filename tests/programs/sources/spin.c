/* A loop without a system call: only a limit ends it. */
int main(void)
{
    for (volatile unsigned turns = 0;; turns++) {
    }
}
