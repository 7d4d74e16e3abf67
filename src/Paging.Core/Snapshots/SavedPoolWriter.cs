using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   a file of huge pages     its runs are those of small pages; a reservation is a run of its own
//   a process                of each area of the pool its flags and used reservations │ runs of its own huge pages, among the others
/// <summary>Writes the memory of the pool that processes have: files, reservations and private huge pages.</summary>
/// <remarks>Pages of zeros are runs as well: a huge page is there, or it is not. Cost: O(small pages in huge ones).</remarks>
internal sealed class SavedPoolWriter(PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedWriter writer, SavedPageSink sink)
{
    private readonly Dictionary<FrameNumber, SavedPage> _written = [];    // private huge pages, which forks share

    /// <summary>Writes the pages and reservations of a file, and an end mark.</summary>
    public void Write(FileObject file)
    {
        for (uint from = 0; supplies.Huge.TryNext(file, from, out uint index, out FrameNumber block); from = index + 1)
        {
            PageNumber first = new(index << file.HugeOrder);
            if (block == default) SnapshotFormat.WriteRun(writer, first, 1, SnapshotFormat.GuardRun);    // reserved
            else WriteBlock(first, block, bits: 0);
        }

        SnapshotFormat.WriteEndOfRuns(writer);
    }

    /// <summary>Writes what the areas of the pool of a process have beside their records.</summary>
    public void WriteAreas(Space space)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (space.Areas.PoolObject(area) is not { } file) continue;
            uint[] used = area.HasAny(PoolAreas.Owner) ? supplies.PoolMappings.UsedIn(area, file) : [];
            writer.Write((uint)(area.Flags & PoolAreas.Flags));
            writer.Write((uint)used.Length);
            foreach (uint one in used) writer.Write(one);
        }
    }

    /// <summary>Writes a huge page if it is one of the pool. One of a file is written with the file.</summary>
    /// <param name="space">The space.</param>
    /// <param name="page">A page.</param>
    /// <param name="process">The place of the process among the saved ones; null: it is saved alone.</param>
    /// <param name="end">The page after the huge page.</param>
    public bool TryWriteLeaf(Space space, PageNumber page, uint? process, out PageNumber end)
    {
        PageRange pages = space.Tables.Huge.RangeOf(page);
        end = pages.End;
        if (!space.Tables.Huge.TryRead(page, out PageTableEntry leaf) || !space.HugeLines.IsOfPool(leaf)) return false;
        if ((supplies.Store.Frames[leaf.Frame].Private & HugePool.InObject) != 0) return true;
        uint bits = (uint)leaf.Word & SnapshotFormat.SavedBits;
        if (process is { } place && !_written.TryAdd(leaf.Frame, new(place, pages.First)))
        {
            SavedPage first = _written[leaf.Frame];
            SnapshotFormat.WriteRun(writer, pages.First, 1, bits | SnapshotFormat.RepeatedRun);
            writer.Write(first.Process);
            writer.Write(first.Page.Value);
            return true;
        }

        WriteBlock(pages.First, leaf.Frame, bits);
        return true;
    }

    /// <summary>Writes all small pages of a huge one.</summary>
    private void WriteBlock(PageNumber first, FrameNumber block, uint bits)
    {
        uint each = supplies.Huge.Pool.PagesEach.Value;
        for (uint done = 0; done < each;)
        {
            bool isZero = ram.IsZero(block + new FrameCount(done));
            uint count = 1;
            while (count < SnapshotFormat.PagesOfRunMax && done + count < each
                && ram.IsZero(block + new FrameCount(done + count)) == isZero) count++;
            SnapshotFormat.WriteRun(writer, first + new PageCount(done), count, bits | (isZero ? SnapshotFormat.ZeroRun : sink.RunBit));
            for (uint i = done; i < done + count && !isZero; i++) sink.Write(ram.Bytes(block + new FrameCount(i)), first.Value + i);
            done += count;
        }
    }
}
