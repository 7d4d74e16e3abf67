using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Paging.Scripting.Tests;

/// <summary><c>paging walk --swap</c>: pages of Linux that are not in the image, by the slots that entries without P name.</summary>
public sealed class WalkSwapTests : IDisposable
{
    private const int PageByteLength = 4096, PageCount = 40;
    private const ulong ProtNone = 1 << 8, Exclusive = 1 << 7;

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Swap areas as mkswap(8) makes them: two devices, a slot that is bad, one that is not there, and a device without a file.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PagesInSwapAreFoundByTheirSlots(bool isPae)
    {
        string first = MakeSwap("first.swap"), second = MakeSwap("second.swap");
        WritePage(first, 7, "seven of the first");
        WritePage(first, PageCount - 1, "the last of the first");
        WritePage(second, 7, "seven of the second");
        MarkBad(second, 9);
        ulong[] entries =
        [
            0x5007, Entry(0, 7, isPae), Entry(1, 7, isPae) | Exclusive, 0, Entry(0, PageCount - 1, isPae), Entry(0, PageCount, isPae),
            Entry(1, 9, isPae), Entry(2, 7, isPae), Entry(1, 0, isPae), 0x6000 | ProtNone, Entry(27, 7, isPae),
        ];
        string image = _folder.Write("memory.raw", ImageOf(entries, isPae));
        string[] walk = ["walk", image, "--cr3", "1000", "--tables", isPae ? "pae" : "classic", "--swap", first, "--swap", second];

        CommandRun counted = CommandRun.Of(walk);
        Assert.Equal((0, ""), (counted.Code, counted.Errors));
        Assert.Contains("7 entries name slots of swap, 3 of them in the swap files", counted.Output, StringComparison.Ordinal);

        string extracted = _folder.At("out");
        CommandRun run = CommandRun.Of([.. walk, "--extract", $"0-{entries.Length * PageByteLength:x}", "--out", extracted]);
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.StartsWith($"4096 of {entries.Length * PageByteLength} bytes are in memory, 12288 in swap: ", run.Output,
            StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(extracted);
        string[] expected = ["in memory", "seven of the first", "seven of the second", "", "the last of the first", "", "", "", "", "", ""];
        for (int page = 0; page < entries.Length; page++) Assert.Equal(expected[page], TextAt(bytes, page * PageByteLength));

        run = CommandRun.Of([.. walk, "--extract", "1006-1008", "--out", extracted]);    // a part of a page
        Assert.Equal("of", Encoding.ASCII.GetString(File.ReadAllBytes(extracted)));
        Assert.Contains("0 of 2 bytes are in memory, 2 in swap", run.Output, StringComparison.Ordinal);

        run = CommandRun.Of([.. walk, "--translate", "1000", "--translate", "6000", "--translate", "7000", "--translate", "9000"]);
        Assert.Contains("00001000 is not present: swap device 0, slot 7, in the swap file\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("00006000 is not present: swap device 1, slot 9\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("00007000 is not present: swap device 2, slot 7\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("00009000 is not present: present without rights", run.Output, StringComparison.Ordinal);

        run = CommandRun.Of([.. walk[..6], "--extract", "0-2000", "--out", extracted]);
        Assert.Equal($"4096 of 8192 bytes are in memory: {extracted}\n", run.Output);    // as without swap
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "empty", "no swap area" },
        { "zeros", "no swap area" },
        { "short header", "no swap area" },
        { "first version", "SWAP-SPACE" },
        { "hibernated", "hibernates" },
        { "other order", "other order of bytes" },
        { "version 2", "version 2" },
        { "no pages", "has no pages" },
        { "64 KiB", "pages of 65536 bytes" },
        { "cut", "it ends before the 163840 bytes" },
        { "too many bad", "4000000000 bad pages" },
        { "bad beyond", "bad page 41 lies outside" },
        { "bad header", "bad page 0 lies outside" },
        { "gzip", "compressed by gzip" },
        { "missing", "no such file" },
        { "directory", "directory" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void OtherFilesAreRefusedInOneLine(string what, string reason)
    {
        string swap = _folder.At("wrong.swap");
        byte[] bytes = new byte[PageCount * PageByteLength];
        Header(bytes);
        switch (what)
        {
            case "empty": bytes = []; break;
            case "zeros": bytes.AsSpan().Clear(); break;
            case "short header": bytes = bytes[..4095]; break;
            case "first version": "SWAP-SPACE"u8.CopyTo(bytes.AsSpan(4086)); break;
            case "hibernated": "S1SUSPEND\0"u8.CopyTo(bytes.AsSpan(4086)); break;
            case "other order": Put(bytes, 0x400, 0x0100_0000); break;
            case "version 2": Put(bytes, 0x400, 2); break;
            case "no pages": Put(bytes, 0x404, 0); break;
            case "64 KiB":
                bytes.AsSpan(4086, 10).Clear();
                "SWAPSPACE2"u8.CopyTo(bytes.AsSpan(65526));
                break;
            case "cut": bytes = bytes[..^1]; break;
            case "too many bad": Put(bytes, 0x408, 4_000_000_000); break;
            case "bad beyond" or "bad header":
                Put(bytes, 0x408, 1);
                Put(bytes, 0x600, string.Equals(what, "bad beyond", StringComparison.Ordinal) ? 41u : 0);
                break;
            case "gzip":
                bytes.AsSpan().Clear();
                (bytes[0], bytes[1]) = (0x1F, 0x8B);
                break;
            default: break;
        }

        if (string.Equals(what, "directory", StringComparison.Ordinal)) Directory.CreateDirectory(swap);
        else if (!string.Equals(what, "missing", StringComparison.Ordinal)) File.WriteAllBytes(swap, bytes);
        string image = _folder.Write("memory.raw", ImageOf([0x5007], isPae: false));
        CommandRun run = CommandRun.Of("walk", image, "--cr3", "1000", "--swap", swap);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains(reason, run.Errors, StringComparison.Ordinal);
        Assert.Equal(1, run.Errors.Count(static one => one == '\n'));
    }

    [Theory]
    [InlineData("--find")]
    [InlineData("--absent", "windows")]
    public void OptionsThatDoNotGoWithSwapAreRefused(params string[] options)
    {
        string image = _folder.Write("memory.raw", ImageOf([0x5007], isPae: false));
        CommandRun run = CommandRun.Of(["walk", image, "--cr3", "1000", "--swap", image, .. options]);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains("--swap is", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>A directory at 1000, a table at 2000, a page of memory at 5000; under PAE also a directory at 3000.</summary>
    private static byte[] ImageOf(ulong[] entries, bool isPae)
    {
        byte[] image = new byte[0x8000];
        "in memory"u8.CopyTo(image.AsSpan(0x5000));
        Put(image, 0x1000, isPae ? 0x3001u : 0x2007);
        if (isPae) Put(image, 0x3000, 0x2007);
        for (int i = 0; i < entries.Length; i++)
        {
            if (isPae) MemoryMarshal.Write(image.AsSpan(0x2000 + (i * 8)), in entries[i]);
            else Put(image, 0x2000 + (i * 4), (uint)entries[i]);
        }

        return image;
    }

    /// <summary>An entry as __swp_entry makes it: arch/x86/include/asm/pgtable-2level.h and pgtable-3level.h.</summary>
    private static ulong Entry(uint device, ulong slot, bool isPae) =>
        isPae ? ((ulong)device << 59) | (~slot << 14 >> 5 & 0x07FF_FFFF_FFFF_FE00) : (device << 1) | (slot << 9);

    /// <summary>By mkswap where the host has it, else by hand.</summary>
    private string MakeSwap(string name)
    {
        string path = _folder.Write(name, new byte[PageCount * PageByteLength]);
        foreach (string program in (string[])["/usr/sbin/mkswap", "/sbin/mkswap"])
        {
            if (!File.Exists(program)) continue;
            using Process made = Process.Start(new ProcessStartInfo(program, ["--pagesize", "4096", path])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            made.WaitForExit();
            if (made.ExitCode == 0) return path;
        }

        byte[] bytes = new byte[PageCount * PageByteLength];
        Header(bytes);
        return _folder.Write(name, bytes);
    }

    private static void Header(byte[] bytes)
    {
        Put(bytes, 0x400, 1);
        Put(bytes, 0x404, PageCount - 1);
        "SWAPSPACE2"u8.CopyTo(bytes.AsSpan(4086));
    }

    private static void MarkBad(string path, uint page)
    {
        byte[] bytes = File.ReadAllBytes(path);
        Put(bytes, 0x408, 1);
        Put(bytes, 0x600, page);
        File.WriteAllBytes(path, bytes);
    }

    private static void WritePage(string path, int slot, string text)
    {
        using FileStream file = File.OpenWrite(path);
        file.Position = (long)slot * PageByteLength;
        file.Write(Encoding.ASCII.GetBytes(text));
    }

    private static string TextAt(byte[] bytes, int at) => Encoding.ASCII.GetString(bytes, at, PageByteLength).TrimEnd('\0');

    private static void Put(byte[] bytes, int at, uint value) => MemoryMarshal.Write(bytes.AsSpan(at), in value);
}
