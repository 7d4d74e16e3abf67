using Paging.Core;
using Paging.Fuzz;
using Paging.Native;
using Paging.Programs.Cores;

namespace Paging.Programs.Tests;

/// <summary>Windows minidumps of x86 open as core files do: areas, bytes, threads, modules, clones; damaged ones are refused.</summary>
/// <remarks>Microsoft: minidumpapiset.h; winnt.h has the CONTEXT of x86.</remarks>
public sealed class MinidumpTests
{
    [Theory, InlineData(false, true), InlineData(true, true), InlineData(true, false)]
    public void AProcessIsDumpedAndCloned(bool isWide, bool hasRights)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20 });
        UserProcess process = engine.CreateProcess("dumped");
        VirtualAddress at = new(0x0040_0000);
        MapAt(process, at, 4);
        MapAt(process, new(0x7000_0000), 2);
        for (uint page = 0; page < 4; page++) process.Memory.Mmu.Write(at + (page << 12) + (8 * page), page + 1);
        Assert.Equal(Errno.None, process.Memory.Protect(at, 8192, MemoryProtection.Read | MemoryProtection.Execute));
        using CoreFile core = CoreFile.Open(new MemoryStream(MinidumpSample.Of(process, isWide, hasRights)));
        Assert.False(core.IsCut);
        Assert.Equal(hasRights ? "400:2 Read, Execute; 402:2 ReadWrite; 70000:2 ReadWrite" : "400:4 All; 70000:2 All", AreasOf(core));
        byte[] word = new byte[4];
        Assert.Equal(4, core.Read(at + 0x3018, word));
        Assert.Equal(4, word[0]);
        CoreThread thread = Assert.Single(core.Process.Threads);
        CoreRegisters registers = thread.Registers;
        Assert.Equal((7, 0x0804_8123u, 0xBFFF_F000u, 0x109u), (thread.Id, registers.Eip, registers.Esp, registers.Eax));
        Assert.Equal((0x7F, 0x80), (thread.FloatingPoint.Span[0], thread.Vectors.Span[0]));
        CoreImage image = CoreImage.Of(core);
        Assert.Empty(image.Missing);
        using UserProcess clone = image.Clone(engine);
        for (uint page = 0; page < 4; page++) Assert.Equal(page + 1, clone.Memory.Mmu.Read<uint>(at + (page << 12) + (8 * page)));
        Assert.Equal(!hasRights, clone.Memory.Mmu.TryWrite(at, 1));
        Assert.Equal(0u, clone.Memory.Mmu.Read<uint>(new(0x7000_0000)));
        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>A dump that Wine has made (Images/wine8.c): three threads, their stacks, the code around EIP, the same of two.</summary>
    [Fact]
    public void ADumpOfWineIsReadAndCloned()
    {
        using CoreFile core = CoreFile.Open(Images.PathOf("wine8.dmp"));
        Assert.False(core.IsCut);
        Assert.Equal("dump2.exe", core.Process.Name);
        (int, uint, uint)[] threads = [(260, 0x7BC0_BA5C, 0x0063_FD5C), (264, 0x7BC0_BA5C, 0x0135_FE9C), (268, 0x0040_1643, 0x0165_FEE4)];
        Assert.Equal(threads, core.Process.Threads.Select(static thread => (thread.Id, thread.Registers.Eip, thread.Registers.Esp)));
        Assert.Equal(@"401:1 All Z:\work\dump2.exe+1; 63f:1 All; 135f:1 All; 165f:1 All; 7bc0b:1 All C:\windows\system32\ntdll.dll+11",
            AreasOf(core));
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20 });
        using UserProcess clone = CoreImage.Of(core).Clone(engine);
        (uint, uint, string)[] stacks =
        [
            (0x0063_FD58, 0x2A8, "marked on the stack"), (0x0135_FE98, 0x168, "the second thread's stack"),
            (0x0165_FEE0, 0x120, "the busy thread's stack"),
        ];
        foreach ((uint from, uint length, string text) in stacks)
        {
            byte[] stack = new byte[length];
            Assert.Equal((int)length, clone.Memory.Mmu.CopyOut(new(from), stack, out _));
            Assert.Contains(text, System.Text.Encoding.Latin1.GetString(stack), StringComparison.Ordinal);
        }

        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>Ranges of any length: a page has the bytes that the dump has of it, and zeros. Ranges may overlap.</summary>
    [Fact]
    public void PartsOfPagesAndModules()
    {
        MinidumpSample sample = new() { IsWide = false };
        sample.AddModules((0x0040_0000, 0x3000, @"C:\games\chess.exe"), (0x7780_0000, 0x10_0000, @"C:\windows\ntdll.dll"));
        sample.Add(0x0040_0010, [1, 2, 3]);
        sample.Add(0x0040_0012, [9, 4, 5]);    // the first byte is in the range before as well
        sample.Add(0x0040_2FFE, [6, 7, 8, 9]);    // across the end of the module
        sample.Add(0x7780_1000, new byte[0x2000]);
        sample.AddThread(3, 0x0040_0010, 0x1000);
        sample.AddException(3, 0x0040_0012, 0x2000);
        using CoreFile core = CoreFile.Open(new MemoryStream(sample.Write()));
        Assert.Equal(@"400:1 All C:\games\chess.exe; 402:1 All C:\games\chess.exe+2; 403:1 All; 77801:2 All C:\windows\ntdll.dll+1",
            AreasOf(core));
        byte[] bytes = new byte[8];
        Assert.Equal(8, core.Read(new(0x0040_000F), bytes));
        Assert.Equal([0, 1, 2, 3, 4, 5, 0, 0], bytes);
        Assert.Equal(8, core.Read(new(0x0040_2FFC), bytes));
        Assert.Equal([0, 0, 6, 7, 8, 9, 0, 0], bytes);
        CoreThread thread = Assert.Single(core.Process.Threads);    // as it was when it failed
        Assert.Equal((3, 0x0040_0012u, 0x2000u), (thread.Id, thread.Registers.Eip, thread.Registers.Esp));
        Assert.Equal("chess.exe", core.Process.Name);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20 });
        using UserProcess clone = CoreImage.Of(core).Clone(engine);
        Assert.Equal(3, clone.Memory.Mmu.Read<byte>(new(0x0040_0012)));
        Assert.False(clone.Memory.Mmu.TryRead(new(0x0040_1000), out int _));    // not in the dump
    }

    [Fact]
    public void ACutDumpIsReadAsFarAsItGoes()
    {
        MinidumpSample sample = new();
        sample.Add(0x1_0000, [.. Enumerable.Range(0, 3 * 4096).Select(static at => (byte)((at >> 12) + 1))]);
        byte[] whole = sample.Write();
        using CoreFile core = CoreFile.Open(new MemoryStream(whole[..^6000]));
        Assert.True(core.IsCut);
        byte[] bytes = new byte[1];
        Assert.Equal(1, core.Read(new(0x1_1000), bytes));
        Assert.Equal(2, bytes[0]);
        Assert.Equal(0, core.Read(new(0x1_2000), bytes));
    }

    [Fact]
    public void WhatIsNoDumpOfX86IsRefusedInOneLine()
    {
        MinidumpSample wide = new() { Architecture = 9 };
        Assert.Contains("processor architecture 9, not 0 (x86)", Refusal(wide.Write()), StringComparison.Ordinal);
        byte[] sound = new MinidumpSample().Write();
        Assert.Contains("version a794", Refusal([.. sound[..4], 0x94, .. sound[5..]]), StringComparison.Ordinal);
        Assert.Contains("claims 16777218 streams", Refusal([.. sound[..11], 1, .. sound[12..]]), StringComparison.Ordinal);
        Assert.Contains("ends within", Refusal(sound[..40]), StringComparison.Ordinal);
        Assert.Contains("ends within", Refusal("MDMP"u8.ToArray()), StringComparison.Ordinal);
        MinidumpSample high = new();
        high.Add(0xFFFF_F000, new byte[0x1001]);
        Assert.Contains("ends beyond 4 GiB", Refusal(high.Write()), StringComparison.Ordinal);
    }

    private static string AreasOf(CoreFile core) => string.Join("; ", core.Areas.Select(static area =>
        $"{area.Range.First.Value:x}:{area.Range.Count.Value} {area.Protection}"
        + (area.FileName.Length == 0 ? "" : $" {area.FileName}" + (area.FileOffset.Value == 0 ? "" : $"+{area.FileOffset.Value}"))));

    private static string Refusal(byte[] bytes)
    {
        string text = Assert.Throws<CoreFormatException>(() => CoreFile.Open(new MemoryStream(bytes))).Message;
        Assert.DoesNotContain('\n', text);
        return text;
    }

    private static void MapAt(UserProcess process, VirtualAddress at, uint pages) => Assert.Equal(Errno.None, process.Memory.Map(
        at, pages << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
}
