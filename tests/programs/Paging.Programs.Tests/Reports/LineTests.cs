using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Single lines of reports, as Linux 6.18 writes them.</summary>
public sealed class LineTests : IDisposable
{
    private readonly PagingEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    /// <summary>A name cannot end a line, or look like another one.</summary>
    [Fact]
    public void ANewLineInTheNameOfAFileIsEscaped()
    {
        UserProcess process = _engine.CreateProcess("a");
        using GuestFile file = _engine.Files.CreateMemoryFile("a\nb c", 4096);
        process.Memory.MapFile(file, 4096);
        Assert.EndsWith("a\\012b c\n", process.Memory.FormatMaps(), StringComparison.Ordinal);
    }

    /// <summary>A report takes a hold for each area. One that goes away in between is left out, as by the kernel.</summary>
    [Fact]
    public void AnAreaThatAnotherThreadUnmapsIsLeftOut()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, AllowThreads = true });
        AddressSpace memory = engine.CreateProcess("a").Memory;
        VirtualAddress first = memory.MapAnonymous(4096), other = first + 0x10_0000;
        bool hasEnded = false;
        Thread mapper = new(() =>
        {
            while (!Volatile.Read(ref hasEnded))
            {
                _ = memory.Map(other, 4096, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);
                _ = memory.Unmap(other, 4096);
            }
        });
        mapper.Start();
        try
        {
            for (int i = 0; i < 3000; i++)
            {
                Assert.DoesNotContain("KernelPageSize:        0 kB", memory.FormatSmaps(), StringComparison.Ordinal);
            }
        }
        finally
        {
            Volatile.Write(ref hasEnded, true);
            mapper.Join();
        }
    }

    [Theory]
    [InlineData(TableFormat.Classic, "DirectMap4M:")]
    [InlineData(TableFormat.Pae, "DirectMap2M:")]
    public void TheDirectMapHasPagesOfTheFormat(TableFormat format, string name)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = (7 << 20) + (3 << 12), Tables = format });
        string info = engine.FormatMeminfo();
        int whole = format == TableFormat.Pae ? 6144 : 4096;
        Assert.Contains($"\nDirectMap4k:    {(7 << 10) + 12 - whole,8} kB\n{name,-16}{whole,8} kB\n", info, StringComparison.Ordinal);
    }
}
