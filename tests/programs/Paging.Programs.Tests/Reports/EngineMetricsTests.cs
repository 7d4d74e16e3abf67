using System.Diagnostics.Metrics;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;
using Xunit;

namespace Paging.Programs.Tests;

/// <summary>The metrics of an engine that a listener of System.Diagnostics.Metrics sees.</summary>
public sealed class EngineMetricsTests
{
    [Fact]
    public void AListenerSeesTheFiguresOfTheMomentOnTheEnginesThreadAndOfTheLastPublishElsewhere()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, RequestHostHugePages = false });
        using EngineMetrics metrics = new(engine, "guest 1");
        Dictionary<string, long> before = Observe("guest 1");
        using UserProcess process = engine.CreateProcess("p");
        Errno error = process.Memory.Map(VirtualAddress.Zero, 3 * 4096, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at);
        Assert.Equal(Errno.None, error);
        for (uint page = 0; page < 3; page++) process.Memory.Mmu.Write(at + (page * 4096), 1u);
        Assert.Equal(before, OnAnotherThread("guest 1"));    // nothing is read after the owner's back
        metrics.Publish();
        Dictionary<string, long> after = OnAnotherThread("guest 1");
        Assert.Equal(after, Observe("guest 1"));
        process.Memory.Mmu.Write(at, 2u);
        Assert.Equal(Errno.None, process.Memory.Unmap(at, 4096));
        Assert.Equal(after["paging.frames anonymous"] - 1, Observe("guest 1")["paging.frames anonymous"]);
        Assert.Equal(3, after["paging.faults minor"] - before["paging.faults minor"]);
        Assert.Equal(3, after["paging.frames anonymous"] - before["paging.frames anonymous"]);
        Assert.Equal(1, after["paging.processes"] - before["paging.processes"]);
        IEnumerable<string> frames = after.Keys.Where(static name => name.StartsWith("paging.frames ", StringComparison.Ordinal));
        Assert.Equal(1024, frames.Sum(name => after[name]));
        Assert.True(after.ContainsKey("paging.frames page_table"));
        string[] names = [.. after.Keys.Select(static name => name.Split(' ')[0]).Distinct(StringComparer.Ordinal)];
        Assert.Equal("paging.faults paging.pages.copied paging.swap.reads paging.swap.writes paging.reclaimed paging.cache.lookups "
            + "paging.cache.pages paging.frames paging.processes", string.Join(' ', names));
    }

    /// <summary>Of 32 pages twelve are written to swap, and one fault reads eight. Of ten pages of a file three are dirty.</summary>
    [Fact]
    public void SwapAndTheCacheAreReportedApart()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, RequestHostHugePages = false });
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new Core.Swap.MemorySwapStore(1 << 20), out _));
        using UserProcess process = engine.CreateProcess("p");
        Assert.Equal(Errno.None, process.Memory.Map(VirtualAddress.Zero, 32 * 4096, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        for (uint page = 0; page < 32; page++) process.Memory.Mmu.Write(at + (page * 4096), page < 12 ? 1u : 0u);
        Assert.Equal(Errno.None, process.Memory.Advise(at, 32 * 4096, MemoryAdvice.PageOut));
        Assert.Equal(1u, process.Memory.Mmu.Read<uint>(at + (3 * 4096)));
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new byte[10 * 4096]);
            using GuestFile file = engine.Files.OpenHostFile(path, FileRights.ReadWrite);
            Assert.Equal(Errno.None, file.Read(0, new byte[10 * 4096], out _));
            Assert.Equal(Errno.None, file.Write(4096, new byte[3 * 4096], out _));
            using EngineMetrics metrics = new(engine, "guest 4");
            Dictionary<string, long> seen = Observe("guest 4");
            Assert.Equal((12, 8), (seen["paging.swap.writes"], seen["paging.swap.reads"]));
            Assert.Equal((7, 3), (seen["paging.cache.pages clean"], seen["paging.cache.pages dirty"]));
            Assert.Equal(1, seen["paging.faults major"]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void AnyThreadSeesTheFiguresOfTheMomentOfAnEngineForManyThreads()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, AllowThreads = true });
        using EngineMetrics metrics = new(engine, "guest 5");
        using UserProcess process = engine.CreateProcess("p");
        Assert.Equal(1, OnAnotherThread("guest 5")["paging.processes"]);
    }

    [Fact]
    public void AnotherThreadMayListenAndMayNotPublish()
    {
        using PagingEngine engine = new();
        using EngineMetrics metrics = new(engine, "guest 2");
        Dictionary<string, long> seen = new(StringComparer.Ordinal);
        Exception? refused = null;
        Thread listener = new(() =>
        {
            seen = Observe("guest 2");
            refused = Record.Exception(metrics.Publish);
        });
        listener.Start();
        listener.Join();
        Assert.Equal(0, seen["paging.faults major"]);
        Assert.IsType<InvalidOperationException>(refused);
    }

    [Fact]
    public void ADisposedEngineIsStillShownAndNotPublished()
    {
        PagingEngine engine = new();
        using EngineMetrics metrics = new(engine, "guest 3");
        engine.Dispose();
        Assert.Equal(0, Observe("guest 3")["paging.processes"]);
        Assert.Throws<ObjectDisposedException>(metrics.Publish);
        metrics.Dispose();
        Assert.Empty(Observe("guest 3"));
    }

    /// <summary>All measurements of one engine by name and second tag.</summary>
    private static Dictionary<string, long> OnAnotherThread(string engine)
    {
        Dictionary<string, long> seen = [];
        Thread thread = new(() => seen = Observe(engine));
        thread.Start();
        thread.Join();
        return seen;
    }

    private static Dictionary<string, long> Observe(string engine)
    {
        Dictionary<string, long> seen = new(StringComparer.Ordinal);
        using MeterListener listener = new();
        listener.InstrumentPublished = static (instrument, to) =>
        {
            bool isOurs = string.Equals(instrument.Meter.Name, EngineMetrics.MeterName, StringComparison.Ordinal);
            if (isOurs) to.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string name = tags.Length == 1 ? instrument.Name : $"{instrument.Name} {tags[1].Value}";
            if (engine.Equals(tags[0].Value)) seen.Add(name, value);
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }
}
