using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Tests;

/// <summary>Every way in which a file can break the scenario format, and the error message.</summary>
public sealed class FormatErrorTests
{
    public static TheoryData<string, string> BadLines => new()
    {
        // Names and shapes
        { "fly(0x20000000)", "unknown call 'fly'" },
        { "Load(0)", "unknown call 'Load'" },
        { "load", "neither a call nor a comment: 'load'" },
        { "(0)", "neither a call nor a comment: '(0)'" },
        { "load(0", "the arguments of load are not closed by ')'" },
        { "load(0) 0x41", "' = ' and a result expected after the call, found '0x41'" },
        { "load(0) = ", "nothing after '='" },
        { Scenario.Header, "a second process(…) header" },

        // Processes
        { "[x] load(0)", "'x' is not a process number (0 to 65535)" },
        { "[] load(0)", "'' is not a process number (0 to 65535)" },
        { "[-1] load(0)", "'-1' is not a process number (0 to 65535)" },
        { "[65536] load(0)", "'65536' is not a process number (0 to 65535)" },
        { "[99999999999999999999999] load(0)", "'99999999999999999999999' is not a process number (0 to 65535)" },
        { "[1 load(0)", "'[' without ']' in '[1 load(0)'" },

        // Counts
        { "load()", "load takes 1 argument, found 0" },
        { "load(0, 0)", "load takes 1 argument, found 2" },
        { "vm(0)", "vm takes 0 arguments, found 1" },
        { "mremap(0, 0, 0)", "mremap takes 4 or 5 arguments, found 3" },
        { "mremap(0, 0, 0, 0, 0, 0)", "mremap takes 4 or 5 arguments, found 6" },
        { "mmap(0, 0, 0, 0, 0, 0, 0, 0, 0)", "mmap takes 6 arguments, found 9" },

        // Numbers
        { "load(0x)", "an address expected, found '0x'" },
        { "load(12z)", "an address expected, found '12z'" },
        { "load(0x12g)", "an address expected, found '0x12g'" },
        { "load(- 1)", "an address expected, found '- 1'" },
        { "load(--1)", "an address expected, found '--1'" },
        { "load(+1)", "an address expected, found '+1'" },
        { "load(1 2)", "an address expected, found '1 2'" },
        { "load(,)", "an address expected, found nothing" },
        { "munmap(0, )", "a length expected, found nothing" },
        { "munmap(0x1|, 0)", "an address expected, found nothing" },
        { "load(1|-1)", "an address expected, found '-1'" },
        { "load(-5)", "'-5' is out of range for an address" },
        { "load(0x100000000)", "'0x100000000' is out of range for an address" },
        { "munmap(0, 4294967296)", "'4294967296' is out of range for a length" },
        { "store(0, 256)", "'256' is out of range for a byte" },
        { "store(0, -1)", "'-1' is out of range for a byte" },
        { "store32(0, 0x123456789)", "'0x123456789' is out of range for a word" },
        { "close(0x100000000)", "'0x100000000' is out of range for a descriptor" },
        { "close(-2147483649)", "'-2147483649' is out of range for a descriptor" },
        { "open(\"A\", -1, 0)", "'-1' is out of range for a file size" },
        { "ftruncate(3, 0x10000000000000000)", "'0x10000000000000000' is beyond 64 bits" },
        { "ftruncate(3, 18446744073709551616)", "'18446744073709551616' is beyond 64 bits" },
        { "ftruncate(3, -9223372036854775809)", "'-9223372036854775809' is out of range for a file position" },
        { "load(" + new string('9', 60) + ")", "'" + new string('9', 40) + "…' is beyond 64 bits" },

        // Constants
        { "load(PROT_READ)", "an address expected, found 'PROT_READ'" },
        { "mprotect(0, 0, PROT_FLY)", "a protection expected, found 'PROT_FLY'" },
        { "mprotect(0, 0, PROT_READ|)", "a protection expected, found nothing" },
        { "mprotect(0, 0, MAP_PRIVATE)", "a protection expected, found 'MAP_PRIVATE'" },
        { "mmap(0, 0, 0, PROT_READ, 0, 0)", "a mapping flag expected, found 'PROT_READ'" },
        { "madvise(0, 0, MADV_SLEEP)", "an advice expected, found 'MADV_SLEEP'" },
        { "rlimit(RLIMIT_CPU, 0)", "the name of a limit expected, found 'RLIMIT_CPU'" },
        { "rlimit(0, 0)", "the name of a limit expected, found '0'" },
        { "rlimit(RLIMIT_AS|RLIMIT_DATA, 0)", "the name of a limit expected, found 'RLIMIT_AS|RLIMIT_DATA'" },
        { "rlimit(RLIMIT_AS, RLIMIT_AS)", "a limit expected, found 'RLIMIT_AS'" },

        // Names
        { "open(A, 0, 0)", "a name between quotation marks expected, found 'A'" },
        { "open(\"A, 0, 0)", "quotation mark not closed in '\"A, 0, 0)'" },
        { "open(\"A\"B, 0, 0)", "a name between quotation marks expected, found '\"A\"B'" },
        { "open(\"\", 0, 0)", "'' is not a file name (1 to 255 characters, no path)" },
        { "open(\"../etc\", 0, 0)", "'../etc' is not a file name (1 to 255 characters, no path)" },
        { "open(\"..\", 0, 0)", "'..' is not a file name (1 to 255 characters, no path)" },
        { "open(\" \", 0, 0)", "' ' is not a file name (1 to 255 characters, no path)" },
        { "load(\"A\")", "an address expected, found '\"A\"'" },

        // Results that the call cannot have
        { "load(0) = 0x100", "'0x100' is out of range for a byte" },
        { "load(0) = -1 EFAULT", "load gives a byte, or a signal; found '-1 EFAULT'" },
        { "load(0) = {", "load gives a byte, or a signal; found '{'" },
        { "load(0) = \"1\"", "load gives a byte, or a signal; found '\"1\"'" },
        { "load32(0) = 0x100000000", "'0x100000000' is out of range for a word" },
        { "store(0, 0) = -1", "store gives a number, or a signal; found '-1'" },
        { "store(0, 0) = 0x10000000000000000", "'0x10000000000000000' is beyond 64 bits" },
        { "store(0, 0) = SIGSEGV", "a signal, its code and the faulting address expected, found 'SIGSEGV'" },
        { "store(0, 0) = SIGSEGV SEGV_MAPERR", "a signal, its code and the faulting address expected, found 'SIGSEGV SEGV_MAPERR'" },
        { "store(0, 0) = SIGSEGV BUS_ADRERR 0x0", "a signal, its code and the faulting address expected, found 'SIGSEGV BUS_ADRERR 0x0'" },
        { "store(0, 0) = SIGSEGV SEGV_MAPERR 0x100000000",
        "a signal, its code and the faulting address expected, found 'SIGSEGV SEGV_MAPERR 0x100000000'" },
        { "store(0, 0) = SIGFPE FPE_INTDIV 0x0", "a signal, its code and the faulting address expected, found 'SIGFPE FPE_INTDIV 0x0'" },
        { "munmap(0, 0) = SIGSEGV SEGV_MAPERR 0x0",
        "munmap gives a number, or -1 and the name of an error; found 'SIGSEGV SEGV_MAPERR 0x0'" },
        { "munmap(0, 0) = -1", "'-1' and the name of an error expected, found '-1'" },
        { "munmap(0, 0) = -1 EWHAT", "'-1' and the name of an error expected, found '-1 EWHAT'" },
        { "munmap(0, 0) = -1 12", "'-1' and the name of an error expected, found '-1 12'" },
        { "munmap(0, 0) = -12", "'-1' and the name of an error expected, found '-12'" },
        { "munmap(0, 0) = ok", "munmap gives a number, or -1 and the name of an error; found 'ok'" },
        { "mmap(0, 0, 0, 0, 0, 0) = 0x100000000", "'0x100000000' is out of range for an address" },
        { "brk(0) = -1 ENOMEM", "brk gives an address; found '-1 ENOMEM'" },
        { "vm() = size=1", "vm gives size=N data=N stack=N locked=N; found 'size=1'" },
        { "vm() = size=1 data=1 stack=1 locked=1 more=1",
        "vm gives size=N data=N stack=N locked=N; found 'size=1 data=1 stack=1 locked=1 more=1'" },
        { "vm() = data=1 size=1 stack=1 locked=1", "vm gives size=N data=N stack=N locked=N; found 'data=1 size=1 stack=1 locked=1'" },
        { "vm() = size=x data=1 stack=1 locked=1", "vm gives a number of pages; found 'x'" },
        { "mincore(0, 0) = \"a\"",
        "mincore gives a string of '0' and '1' between quotation marks, or -1 and the name of an error; found '\"a\"'" },
        { "mincore(0, 0) = \"1",
        "mincore gives a string of '0' and '1' between quotation marks, or -1 and the name of an error; found '\"1'" },
        { "pagemap(0, 0) = \"1\"", "pagemap gives a string of 'a' and '.' between quotation marks; found '\"1\"'" },
        { "pread(3, 1, 0) = 1", "pread gives a count and a checksum, or -1 and the name of an error; found '1'" },
        { "pread(3, 1, 0) = 1 crc=0x1", "pread gives crc32=0x…, or -1 and the name of an error; found 'crc=0x1'" },
        { "sum(0, 1) = crc32=0x123456789", "'0x123456789' is out of range for a checksum" },
        { "faults() = -1 EPERM", "faults gives a number; found '-1 EPERM'" },
        { "maps(0, 0) = 0", "maps gives a block: '{', a line for each row, '}'; found '0'" },
        { "maps(0, 0) = {}", "maps gives a block: '{', a line for each row, '}'; found '{}'" },

        // Blocks
        { "maps(0, 0) = {", "the block is not closed by '}': the file ends inside it" },
        { "}", "neither a call nor a comment: '}'" },
    };

    [Theory, MemberData(nameof(BadLines))]
    public void ABadLineIsNamedWithItsReason(string line, string reason)
    {
        ScenarioFormatException exception = Assert.Throws<ScenarioFormatException>(() => Scenario.Parse("# fine", "load(0)", line));
        Assert.Equal(("test.scn", 4, reason), (exception.FileName, exception.Line, exception.Reason));
        Assert.Equal($"test.scn:4: {reason}", exception.Message);
    }

    [Theory]
    [InlineData("load(0)")]
    [InlineData("20000000-20001000 rw-p")]
    [InlineData("2000000-20001000 rw-p 00000000")]
    [InlineData("20000000-20001000 rwxq 00000000")]
    [InlineData("20000000-20001000 rw-p 00000000A")]
    [InlineData("20000000-20001000 rw-p 00000000000000000")]
    [InlineData("20000000 20001000 rw-p 00000000")]
    [InlineData("")]
    public void ABlockThatIsCutOffIsNoticedAtTheFirstLineThatIsNoRow(string row)
    {
        ScenarioFormatException exception =
            Assert.Throws<ScenarioFormatException>(() => Scenario.Parse("maps(0, 0) = {", "20000000-20001000 rw-p 00000000", row, "}"));
        Assert.Equal($"test.scn:4: neither a row nor the '}}' of the block begun in line 2: '{row}'", exception.Message);
    }

    [Theory]
    [InlineData("", "test.scn:1: no process(…) header: the file has no scenario")]
    [InlineData("\n# only this\n", "test.scn:2: no process(…) header: the file has no scenario")]
    [InlineData("# x\nload(0)\n", "test.scn:2: the process(…) header expected before anything else, found 'load(0)'")]
    [InlineData("process(", "test.scn:1: the header is not closed by ')'")]
    [InlineData("process()", "test.scn:1: key=value expected in the header, found ''")]
    [InlineData("process(layout)", "test.scn:1: key=value expected in the header, found 'layout'")]
    [InlineData("process(speed=1)", "test.scn:1: the header has no key 'speed'")]
    [InlineData("process(layout=flexible, layout=classic)", "test.scn:1: the header has layout twice")]
    [InlineData("process(layout=sideways)", "test.scn:1: layout is flexible or classic, not 'sideways'")]
    [InlineData("process(layout=flexible)", "test.scn:1: the header lacks task_size")]
    [InlineData("process(task_size=x)", "test.scn:1: an address expected, found 'x'")]
    public void AFileNeedsAHeader(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ScenarioFormatException>(() => ScenarioParser.ParseText(text, "test.scn")).Message);

    [Theory]
    [InlineData("task_size=0xc0000000", "task_size=0x80000000", "task_size is always 0xc0000000 without lowest")]
    [InlineData("task_size=0xc0000000", "task_size=0xc0000001, lowest=0", "task_size is page-aligned")]
    [InlineData("reserved=0xbfff0000", "reserved=0xbfff0000, lowest=0x1", "lowest is page-aligned and below reserved")]
    [InlineData("reserved=0xbfff0000", "reserved=0xbfff0000, lowest=0xbfff0000", "lowest is page-aligned and below reserved")]
    [InlineData("mmap_base=0xb8000000", "mmap_base=0xb8000001", "mmap_base is page-aligned and not above task_size")]
    [InlineData("mmap_base=0xb8000000", "mmap_base=0xf8000000", "mmap_base is page-aligned and not above task_size")]
    [InlineData("reserved=0xbfff0000", "reserved=0xbfff0001", "reserved is page-aligned and below task_size")]
    [InlineData("reserved=0xbfff0000", "reserved=0xc0000000", "reserved is page-aligned and below task_size")]
    [InlineData("brk=0x0804a000", "brk=0x0804a001", "brk is page-aligned and not above reserved")]
    [InlineData("brk=0x0804a000", "brk=0xbfff1000", "brk is page-aligned and not above reserved")]
    [InlineData("= 0", "= 1", "'= 0' expected after the header, found '= 1'")]
    public void AHeaderMakesSense(string valid, string broken, string reason)
    {
        string header = Scenario.Header.EndsWith(valid, StringComparison.Ordinal)
            ? Scenario.Header[..^valid.Length] + broken : Scenario.Header.Replace(valid, broken, StringComparison.Ordinal);
        Assert.Equal(reason, Assert.Throws<ScenarioFormatException>(() => ScenarioParser.ParseText(header)).Reason);
    }

    [Fact]
    public void AHeaderMayHaveBounds()
    {
        const string line = "process(layout=flexible, task_size=0xfffff000, mmap_base=0xf0000000, brk=0x0804a000, stack_limit=0x800000, "
            + "reserved=0xfffe0000, lowest=0x00000000) = 0";
        ScenarioHeader header = ScenarioParser.ParseText(line).Header;
        Assert.Equal((new VirtualAddress(0), new VirtualAddress(0xFFFF_F000)), (header.Lowest, header.TaskSize));
        Assert.Equal(line, header.ToString());
    }

    [Fact]
    public void AHeaderMayBeWrittenInAnyOrderAndWithNamedInfinity()
    {
        ScenarioHeader header = ScenarioParser.ParseText(
            "process( reserved=0xbfff0000,stack_limit = RLIM_INFINITY , brk=0x0804a000, " +
            "mmap_base=0x40000000, task_size=3221225472, layout=classic )").Header;
        Assert.Equal(ScenarioHeader.Default with { Layout = LayoutKind.Classic, MmapBase = new(0x4000_0000), StackLimit = ulong.MaxValue },
            header);
    }
}
