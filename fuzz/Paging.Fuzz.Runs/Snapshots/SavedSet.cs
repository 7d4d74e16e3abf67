using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Fuzz;

/// <summary>The processes of an engine, made again in another one by each way, and compared with the first ones.</summary>
internal static class SavedSet
{
    /// <summary>Says how the made processes differ from those of the engine, which stands at the snapshot; null: they do not.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="snapshot">A snapshot of it as it is.</param>
    /// <param name="way">0 loads, 1 reads lazily, others make two clones.</param>
    /// <param name="seed">Chooses what is written on both sides, to see who shares it.</param>
    public static string? FindDifference(PagingEngine engine, EngineSnapshot snapshot, uint way, uint seed)
    {
        using PagingEngine other = new(new EngineOptions
        {
            RamBytes = 16UL << 20,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            Tables = engine.Options.Tables,
        });
        uint free = other.Frames.CountOf(FrameState.Free).Value;
        UserProcess[] first = [.. engine.Processes], made = Make(snapshot, other, way);
        string? difference = Compare(first, made) ?? Broken(other);
        if (difference is null && way % 4 > 1) difference = WriteOn(made, seed) ?? Broken(other);
        foreach (UserProcess process in made) process.Dispose();
        foreach (SwapDevice device in other.Swap.Devices.ToArray()) _ = other.Swap.SwitchOff(device);
        uint lost = free - other.Frames.CountOf(FrameState.Free).Value;
        return difference ?? Broken(other) ?? (lost == 0 ? null : $"{lost} frames are lost in the other engine");
    }

    private static UserProcess[] Make(EngineSnapshot snapshot, PagingEngine other, uint way)
    {
        using MemoryStream stream = new();
        switch (way % 4)
        {
            case 0:
                snapshot.Save(stream);
                stream.Position = 0;
                return [.. other.SavedProcesses.LoadAll(stream)];
            case 1:
                List<byte[]> pages = [];
                snapshot.Save(stream, page => pages.Add(page.ToArray()));
                stream.Position = 0;
                return [.. other.SavedProcesses.ResumeAll(stream, new KeptPages(pages), out _)];
            default:
                EngineImage image = EngineImage.Of(snapshot);
                UserProcess[] one = [.. other.CloneProcesses(image)];
                if (way % 4 == 2) return one;
                foreach (UserProcess process in one) process.Dispose();
                return [.. other.CloneProcesses(image)];
        }
    }

    /// <summary>A process that writes to shared memory is seen by those that map it there, and by no other page.</summary>
    private static string? WriteOn(UserProcess[] made, uint seed)
    {
        foreach (UserProcess writer in made.Where(static one => !one.HasExited))
        {
            foreach (AreaSnapshot area in writer.Memory.Areas.Snapshot())
            {
                VirtualAddress at = area.Range.First.Address + (seed % area.Range.Count.Value << 12);
                if (!writer.Memory.Mmu.TryRead(at, out uint before) || !writer.Memory.Mmu.TryWrite(at, before + 1)) continue;
                foreach (UserProcess reader in made.Where(one => one != writer && !one.HasExited))
                {
                    AreaSnapshot? same = reader.Memory.Areas.Snapshot().FirstOrDefault(found => found.Range.First <= at.Page
                        && at.Page < found.Range.End && found.IsShared && area.IsShared && found.ObjectId == area.ObjectId
                        && found.ByteOffset + ((ulong)(at.Page - found.Range.First).Value << 12)
                            == area.ByteOffset + ((ulong)(at.Page - area.Range.First).Value << 12));
                    if (same is not null && reader.Memory.Mmu.TryRead(at, out uint seen) && seen != before + 1)
                        return $"process {writer.Id} wrote {before + 1} to shared memory at {at}, and process {reader.Id} reads {seen}";
                }
            }
        }

        return null;
    }

    private static string? Compare(UserProcess[] first, UserProcess[] made)
    {
        if (first.Length != made.Length) return $"{first.Length} processes were saved, and {made.Length} made";
        byte[] then = new byte[4096], now = new byte[4096];
        for (int i = 0; i < first.Length; i++)
        {
            if (first[i].HasExited != made[i].HasExited) return $"process {i} has exited in one engine alone";
            if (first[i].HasExited) continue;
            IReadOnlyList<AreaSnapshot> areas = first[i].Memory.Areas.Snapshot(), others = made[i].Memory.Areas.Snapshot();
            if (!areas.Select(Describe).SequenceEqual(others.Select(Describe), StringComparer.Ordinal))
                return $"process {i} has other areas";
            foreach (AreaSnapshot area in areas)
            {
                for (PageNumber page = area.Range.First; page < area.Range.End; page += PageCount.One)
                {
                    if (first[i].Memory.Mmu.CopyOut(page.Address, then, out MemoryFault fault) != 4096)
                    {
                        if (fault.Kind == MemoryFaultKind.OutOfMemory) continue;
                        if (made[i].Memory.Mmu.CopyOut(page.Address, now, out _) == 4096)
                            return $"process {i} may read page {page.Value:x5}";
                        continue;
                    }

                    if (made[i].Memory.Mmu.CopyOut(page.Address, now, out fault) != 4096)
                        return $"process {i} cannot read page {page.Value:x5}: {fault.Kind}";
                    if (!then.AsSpan().SequenceEqual(now)) return $"process {i} has other bytes in page {page.Value:x5}";
                }
            }
        }

        return null;
    }

    private static string Describe(AreaSnapshot area) =>
        $"{area.Range.First.Value:x} {area.Range.Count.Value} {area.Rights} {area.ByteOffset:x}";

    private static string? Broken(PagingEngine other)
    {
        AuditReport report = other.Audit();
        return report.IsClean ? null : $"in the other engine: {report}";
    }

    /// <summary>The pages that were saved apart, as slots.</summary>
    private sealed class KeptPages(List<byte[]> pages) : ISwapStore
    {
        public string Name => "saved pages";

        public uint SlotCount => (uint)pages.Count;

        public Errno Read(uint slot, Span<byte> page)
        {
            pages[(int)slot].CopyTo(page);
            return Errno.None;
        }

        public Errno Write(uint slot, ReadOnlySpan<byte> page) => Errno.EIO;

        public void Dispose() { }
    }
}
