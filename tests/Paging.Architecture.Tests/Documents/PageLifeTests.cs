using System.Text;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The life of one page, as ARCHITECTURE draws it after each step, is what a live engine shows.</summary>
public sealed class PageLifeTests
{
    private static readonly PageNumber Page = new(0x40000);
    private static readonly VirtualAddress Address = Page.Address;

    [Fact]
    public void EachPictureIsOfALiveEngine()
    {
        string document = Repository.Read("docs/ARCHITECTURE.md");
        string[] pictures = [.. Pictures()];
        int from = 0;
        foreach (string picture in pictures)
        {
            int at = document.IndexOf(picture, from, StringComparison.Ordinal);
            if (at < 0) Assert.Fail($"ARCHITECTURE does not have this picture:\n{picture}\nAll, in order:\n{string.Join('\n', pictures)}");
            from = at + picture.Length;
        }
    }

    private static IEnumerable<string> Pictures()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        UserProcess parent = engine.CreateProcess("parent");
        List<(string Name, UserProcess Process)> processes = [("parent", parent)];
        FaultCounters before = engine.Faults;
        Assert.Equal(Errno.None, parent.Memory.Map(
            Address, 2 << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        yield return Draw();
        parent.Memory.Mmu.Write(Address, 1u);
        yield return Draw();
        UserProcess child = parent.Fork();
        processes.Add(("child", child));
        yield return Draw();
        child.Memory.Mmu.Write(Address, 2u);
        yield return Draw();
        child.Dispose();
        processes.RemoveAt(1);
        Assert.Equal(Errno.None, parent.Memory.Advise(Address, 1 << 12, MemoryAdvice.PageOut));
        yield return Draw();
        Assert.Equal(1u, parent.Memory.Mmu.Read<uint>(Address));
        yield return Draw();
        using Snapshot snapshot = parent.TakeSnapshot();
        parent.Memory.Mmu.Write(Address, 3u);
        yield return Draw();
        Assert.Equal(Errno.None, snapshot.Restore());
        Assert.Equal(1u, parent.Memory.Mmu.Read<uint>(Address));
        yield return Draw();

        string Draw()
        {
            StringBuilder text = new();
            foreach ((string name, UserProcess process) in processes)
            {
                AreaSnapshot area = process.Memory.Areas.Find(Page)!;
                text.Append($"    {name,-8} area   {area.Range.First.Address}-{area.Range.End.Address} {area.Rights}\n");
                text.Append($"    {"",-8} entry  {EntryOf(process)}\n");
            }

            FaultCounters now = engine.Faults;
            string[] counts = [.. now.ToNamedCounts()
                .Zip(before.ToNamedCounts(), static (after, past) => after with { Count = after.Count - past.Count })
                .Where(static count => count.Count != 0).Select(static count => $"{count.Name} {count.Count}")];
            before = now;
            return text.Append($"    counted         {(counts.Length == 0 ? "nothing" : string.Join(", ", counts))}\n").ToString();
        }

        string EntryOf(UserProcess process)
        {
            PagemapWord word = process.Memory.ReadPagemap(Page);
            if (word.IsSwapped) return $"a slot of the swap device; {engine.Frames.CountOf(FrameState.SwapCache)} frames in the swap cache";
            if (!word.IsPresent) return "zero";
            PageTableEntry entry = Walker.Peek(engine.Ram, engine.Options.Tables, process.Memory.Cr3, Page).Effective;
            FrameDescriptor frame = engine.Frames.Describe(entry.Frame);
            return $"{(entry.IsWritable ? "writable" : "read-only")}{(entry.IsDirty ? ", D" : "")} → frame {entry.Frame}, {frame.State}, "
                + $"{frame.MapCount} {(frame.MapCount == 1 ? "mapping" : "mappings")}, {frame.ReferenceCount} "
                + (frame.ReferenceCount == 1 ? "reference" : "references");
        }
    }
}
