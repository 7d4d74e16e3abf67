using System.Collections.Immutable;

namespace Paging.Cli;

/// <summary>The examples below each command's options in its help: command lines, each with its purpose.</summary>
internal static class CommandExamples
{
    // Those of fuzz stand in its own help only.
    private static readonly ImmutableArray<(string Commands, string Lines)> Examples =
    [
        ("script",
        """
          paging script fork.scn                       compare one recording with the engine
          paging script scenarios/ --keep-going        a directory, and every difference in it
          paging script fork.scn --print > mine.scn    record what the engine does
          paging script fork.scn --report fork.html    faults by time and address, memory in use
          paging script scenarios/ --audit thorough --report    audit after every call; print counters
          paging script fork.scn --costs desktop-2009    what its memory costs on the articles' machine

        """),
        ("record",
        """
          paging record fork.scn                       the results of this host's kernel
          paging record fork.scn -o kernel.scn         the same into a file, to compare the engine with

        """),
        ("replay",
        """
          paging replay OLTP.lis.gz --frames 1000,5000 --policy LRU,ARC,OPT --plot oltp.svg
          paging replay gcc.trace.gz --frames 64 --engine    the same on page tables and swap, too
          paging replay gcc.trace.gz --store redis://127.0.0.1:6379/sweep    share with other workers

        """),
        ("tlb",
        """
          paging tlb ls.trace.gz --costs server-2025   misses by level, page walks, reach of each TLB
          paging tlb ls.trace.gz --large-map ls.maps   large pages in these ranges alone
          paging tlb ls.trace.gz --entries 16,64,256 --ways 4,full --replacement lru,fifo --plot tlb.svg

        """),
        ("exec",
        """
          paging exec gonzo --no-aslr                  a program's memory map, as /proc/PID/maps prints it
          paging exec gonzo --smaps -- --verbose       its smaps; the program gets the argument --verbose

        """),
        ("layout",
        """
          paging layout gonzo                          draw the places of its segments
          paging layout gonzo --svg gonzo.svg          write the same as a picture

        """),
        ("run",
        """
          paging run --ram 16M --stats busybox ls -l   a real program on the engine's page tables
          paging run --root ~/debian --swap 64M /usr/bin/python3 -c 'print(6 * 7)'
          paging run --ram 8M --swap redis://127.0.0.1:6379 busybox sha256sum big    pages go to a server
          paging run --strace --maps ./a.out           its system calls, and its memory map at the end
          paging run --ram 2M --swap 32M --costs desktop-2009 busybox sort words    where its time would go
          paging run --trace - ./a.out | paging replay - --frames 8,16    policies on a real program
          paging run --gdb 1234 ./a.out                wait for gdb -ex 'target remote :1234' a.out
          paging run --gdb 1234 --record ./a.out       in gdb: reverse-continue, monitor lastwrite ADDRESS
          paging run --to-file x.saved --checkpoint-after 5 ./a.out    save it after five seconds
          paging run --from-file x.saved               resume it, perhaps on another machine

        """),
        ("fuzz",
        """
          AFL_SKIP_BIN_CHECK=1 afl-fuzz -i in -o out -- paging fuzz ./a.out @@    the name of a file
          AFL_SKIP_BIN_CHECK=1 afl-fuzz -i in -o out -- paging fuzz ./a.out       standard input
          AFL_SKIP_BIN_CHECK=1 afl-fuzz -t 5000 -i in -o out -- paging fuzz --check memory ./a.out @@

        """),
        ("doctor",
        """
          paging doctor                                what paging run and the tests need, and how to get it

        """),
        ("tour",
        """
          paging tour                                  every story, step by step: space, b back, n, q quit
          paging tour brk                              one story
          paging tour brk --out lesson                 the same as a page and pictures, for a lesson

        """),
        ("view",
        """
          paging view fork.scn                         the engine on a local page, call by call, both ways
          paging view fork.scn --out fork.html         write the whole run into one file
          paging view --live                           an empty process: type calls, take them back, ask why
          paging view -- busybox32 sort names          the same of an i386 program, by system calls
          paging view --trace gcc.trace.gz --ram 4M    the same of a trace, access by access

        """),
        ("conform",
        """
          paging conform -- python3 samples/adapters/dictionary.py    check an adapter on the recordings
          paging conform --level 1-3 -- ./my-xv6       what a course asks for, level by level
          paging conform --list                        the recordings by level
          paging conform --generate 1000 --seed 1 --out broken/ -- ./my-adapter    on generated ones

        """),
        ("adapter",
        """
          paging adapter < questions.txt               the expected results; see docs/CONFORMANCE.md

        """),
        ("walk",
        """
          paging walk memory.elf                       ranges in what QEMU's dump-guest-memory has saved
          paging walk memory.raw --find                page directories in raw memory, with the reasons
          paging walk memory.raw --cr3 2017000 --tlb   each page, as QEMU's "info tlb" prints it
          paging walk memory.raw --cr3 2017000 --extract 8048000-8059000 --out text.bin
          paging walk memory.elf --draw all.svg --translate c1000000   spaces, frames, tables, one address

        """),
        ("vad pfn address",
        """
          paging vad views.scn                         the VAD tree of each process of a Windows scenario
          paging pfn views.scn --calls 20              the state of every frame after twenty calls
          paging address views.scn                     the address space, run by run, with totals

        """),
        ("store list remove",
        """
          paging store list redis://127.0.0.1:6379     swap devices, snapshots and campaigns there
          paging store remove redis://127.0.0.1:6379 swap:3f2a91c4    delete one of them

        """),
        ("exercise",
        """
          paging exercise                              list the questions by lesson
          paging exercise fork --answer 4,2            right or wrong, and why
          paging exercise fork --explain fork.html     each call with its pictures
          paging exercise --student anna --sheet S3cret    a sheet with her own numbers; --key: answers
          paging exercise --student anna --sheet S3cret --check anna.txt    her grade, in JSON

        """),
        ("completion",
        """
          eval "$(paging completion bash)"             for this shell; in ~/.bashrc, for all

        """),
        ("man",
        """
          paging man | man -l -                        all commands and options, as a manual page

        """),
    ];

    /// <summary>Returns the examples of a command, or those of all commands for any other name.</summary>
    public static string Of(string command)
    {
        string[] own = [.. Examples.Where(one => one.Commands.Split(' ').Contains(command)).Select(static one => one.Lines)];
        return "Examples:\n" + string.Concat(own.Length != 0 ? own
            : Examples.Where(static one => one.Commands is not "fuzz").Select(static one => one.Lines));
    }
}
