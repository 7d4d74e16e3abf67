using System.Xml.Linq;
using Paging.Cli;

namespace Paging.Programs.Tests;

/// <summary><c>paging exec</c> and <c>paging layout</c>, as a newcomer types them.</summary>
public sealed class ExecCommandTests
{
    [Fact]
    public void MapsAreThoseOfProc()
    {
        (int code, string output, string errors) = Run("exec", Images.PathOf("gonzo"), "--no-aslr", "--maps");
        Assert.Equal((0, ""), (code, errors));
        string[] lines = output.Split('\n');
        Assert.Equal($"08048000-08049000 r-xp 00000000 00:01 1                                  {Images.PathOf("gonzo")}", lines[0]);
        Assert.Equal("0804a000-0804c000 rw-p 00000000 00:00 0 ", lines[2]);
        Assert.Equal("bffdf000-c0000000 rw-p 00000000 00:00 0                                  [stack]", lines[3]);
    }

    [Fact]
    public void SmapsHasAParagraphForEachArea()
    {
        (int code, string output, _) = Run("exec", Images.PathOf("gonzo"), "--smaps");
        Assert.Equal(0, code);
        Assert.Equal(4, output.Split("VmFlags:").Length - 1);
    }

    [Fact]
    public void WithoutOptionsThePictureIsThereToo()
    {
        (int code, string output, _) = Run("exec", Images.PathOf("gonzo"), "--no-aslr", "one", "two");
        Assert.Equal(0, code);
        foreach (string segment in (string[])["Kernel space", "Stack", "start_brk = brk", "BSS", "Data of gonzo", "Text of gonzo",
            "mmap ↓, heap ↑"]) Assert.Contains(segment, output, StringComparison.Ordinal);
        Assert.Contains("starts at 08048094 with its stack pointer at bffff", output, StringComparison.Ordinal);
        Assert.EndsWith("the heap begins at 0804c000\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheSeedDecides()
    {
        string Maps(string seed) => Run("exec", Images.PathOf("gonzo"), "--maps", "--seed", seed).Output;
        Assert.Contains("[stack]", Maps("5"), StringComparison.Ordinal);
        Assert.Equal(Maps("5"), Maps("5"));
        Assert.False(string.Equals(Maps("5"), Maps("6"), StringComparison.Ordinal));
    }

    [Fact]
    public void TheClassicLayoutIsOneWordAway()
    {
        (_, string output, _) = Run("exec", Images.PathOf("gonzo-static-pie"), "--no-aslr", "--maps", "--layout", "classic");
        Assert.Contains("40000000-40001000 r--p", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("symbols.txt", "not an ELF image (ENOEXEC)")]
    [InlineData("nowhere", "no such file or directory")]
    [InlineData("gonzo-pie", "its interpreter cannot be read: /lib/interpreter.so: no such file or directory (ENOENT)")]
    [InlineData("", "a directory")]
    [InlineData("/proc/self/mem", "cannot be read: input/output error (ENOEXEC)")]
    public void AFileThatCannotBeExecutedIsOneClearLine(string name, string reason)
    {
        foreach (string command in (string[])["exec", "layout"])
        {
            (int code, string output, string errors) = Run(command, Images.PathOf(name));
            Assert.Equal((2, ""), (code, output));
            Assert.Equal($"{Images.PathOf(name)}: {reason}\n", errors);
        }
    }

    /// <summary>Bytes of a real image, changed or cut: each kind of damage is reported in one line.</summary>
    [Theory]
    [InlineData(0, 0, 0, "an empty file (ENOEXEC)")]
    [InlineData(40, 0, 0x7F, "an ELF image that is cut short (ENOEXEC)")]
    [InlineData(60, 0, 0x7F, "an ELF image with headers that cannot be read, or cut short (ENOEXEC)")]
    [InlineData(1000, 27, 0xC8,
        "its entry or a segment does not lie in the user half, or a segment is longer in the file than in memory (EINVAL)")]
    [InlineData(1000, 18, 62, "an ELF image for another machine (x86-64); this one is an i386 (ENOEXEC)")]
    [InlineData(1000, 18, 40, "an ELF image for another machine (ARM); this one is an i386 (ENOEXEC)")]
    [InlineData(1000, 16, 1, "an object file that has not been linked (ENOEXEC)")]
    [InlineData(1000, 16, 4, "a core dump, not a program (ENOEXEC)")]
    public void AFileThatIsNoProgramIsDescribedInWords(int byteLength, int at, byte value, string reason)
    {
        string path = Path.Combine(Path.GetTempPath(), $"image-{Environment.ProcessId}-{byteLength}-{at}-{value}");
        byte[] bytes = Images.BytesOf("gonzo");
        bytes[at] = value;
        File.WriteAllBytes(path, bytes[..byteLength]);
        try
        {
            Assert.Equal((2, "", $"{path}: {reason}\n"), Run("exec", path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ALinkToItselfIsRefusedInTheHostsWords()
    {
        string path = Path.Combine(Path.GetTempPath(), $"circle-{Environment.ProcessId}");
        File.CreateSymbolicLink(path, path);
        try
        {
            Assert.Equal((2, "", $"{path}: too many levels of symbolic links\n"), Run("exec", path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void APipeIsRefusedAndNotWaitedFor()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mkfifo"), "There is no mkfifo(1) here: apt-get install coreutils");
        string path = Path.Combine(Path.GetTempPath(), $"pipe-{Environment.ProcessId}");
        System.Diagnostics.Process.Start("/usr/bin/mkfifo", path).WaitForExit();
        try
        {
            Assert.Equal((2, "", $"{path}: a pipe, a socket or a device, not a file\n"), Run("exec", path));
            Assert.Equal(2, Run("layout", "/dev/zero").Code);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ArgumentsOfTheProgramGoBehindTwoDashes()
    {
        string LastLineOf(params string[] more)
        {
            (int code, string output, _) = Run(["exec", "--no-aslr", Images.PathOf("gonzo"), "one", .. more]);
            Assert.Equal(0, code);
            return output.Split('\n')[^2];
        }

        string after = LastLineOf("--", "-x", "--seed=" + new string('7', 40));
        Assert.StartsWith("starts at 08048094 with its stack pointer at bffff", after, StringComparison.Ordinal);
        // it lies lower: by 51 bytes and two pointers, so that rounding to 16 hides it at no length of the image's path
        Assert.NotEqual(LastLineOf(), after, StringComparer.Ordinal);
        (int code, _, string errors) = Run("exec", Images.PathOf("gonzo"), "-x", "--", "-y");
        Assert.Equal((2, "paging exec: unknown option '-x' (see paging exec --help)\n"),
            (code, errors));
        Assert.Equal("-x: no such file or directory\n", Run("exec", "--", "-x").Errors);
        Assert.Contains("--seed is a number of up to 64 bits, not '-1'", Run("exec", Images.PathOf("gonzo"), "--seed", "-1").Errors,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("exec", "gonzo", "--layout", "round")]
    [InlineData("exec", "gonzo", "--seed", "many")]
    [InlineData("layout", "gonzo", "--nonsense")]
    public void WrongArgumentsAreOneLineToo(params string[] arguments)
    {
        (int code, string output, string errors) = Run(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void TheSvgIsWellFormedAndHasARectangleForEachBand()
    {
        (int code, string output, _) = Run("layout", Images.PathOf("gonzo"), "--no-aslr", "--svg", "-");
        Assert.Equal(0, code);
        XElement svg = XElement.Parse(output);
        XNamespace space = "http://www.w3.org/2000/svg";
        string[] bands = [.. svg.Descendants(space + "rect").Select(static rect => (string?)rect.Attribute("data-band")).OfType<string>()];
        Assert.Equal(["Kernel space", "Stack", "8 MB + random", "mmap ↓, heap ↑", "BSS", "Data of gonzo", "Text of gonzo", "never mapped"],
            bands);
        Assert.Contains(svg.Descendants(space + "text"), static element => element.Value is "BSS");
    }

    [Fact]
    public void ThePictureInCharactersHasEverySegmentAndEveryField()
    {
        string output = Run("layout", Images.PathOf("gonzo"), "--no-aslr").Output;
        foreach (string word in (string[])["ffffffff", "Kernel space", "Stack", "BSS", "Data of gonzo", "Text of gonzo", "task_size",
            "start_stack", "mmap_base", "start_brk", "end_data", "start_code"]) Assert.Contains(word, output, StringComparison.Ordinal);
        string[] classic = Run("layout", Images.PathOf("gonzo"), "--no-aslr", "--layout", "classic").Output.Split('\n');
        Assert.Contains(classic, static line => line.Contains("│ heap ↑ ", StringComparison.Ordinal)
            && line.StartsWith("    3fffffff ", StringComparison.Ordinal));
    }

    [Fact]
    public void TheSvgGoesToTheGivenPath()
    {
        string path = Path.Combine(Path.GetTempPath(), $"layout-{Environment.ProcessId}.svg");
        try
        {
            Assert.Equal(0, Run("layout", Images.PathOf("gonzo"), "--svg", path).Code);
            Assert.StartsWith("<svg ", File.ReadAllText(path), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }

        (int code, _, string errors) = Run("layout", Images.PathOf("gonzo"), "--svg", "/nowhere/at/all.svg");
        Assert.Equal(2, code);
        Assert.Contains("cannot be written", errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(arguments, output, errors, static _ => throw new InvalidOperationException("no machine is needed"));
        return (code, output.ToString(), errors.ToString());
    }
}
