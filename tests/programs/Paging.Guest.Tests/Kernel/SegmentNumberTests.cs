using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Tests;

/// <summary>Numbers of shared memory: none comes back soon, also where only one slot is free. Linux: ipc/util.c ipc_idr_alloc.</summary>
public sealed class SegmentNumberTests : IDisposable
{
    private const int Most = 4096;    // SHMMNI

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20 });
    private readonly GuestProcess _process = new TaskTable().Init;
    private readonly SharedSegments _segments = new(new GuestClock(1));

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(Most)]
    public void ANumberDoesNotComeBackAtOnce(int count)
    {
        List<SharedSegment> made = [.. Enumerable.Range(0, count).Select(_ => New()!)];
        if (count == Most) Assert.Null(New());
        Assert.Equal(count, made.Select(static one => one.Id).Distinct().Count());
        HashSet<int> known = [.. made.Select(static one => one.Id)];
        SharedSegment last = made[^1];
        for (int i = 0; i < 200; i++)    // at most the slot that was given back is free, if there are as many as there may be
        {
            last.Mode |= SharedSegment.ToGo;
            _segments.DropUnused();
            Assert.Equal(Errno.EINVAL, _segments.Find(last.Id, out _));
            last = New()!;
            Assert.True(known.Add(last.Id), $"{last.Id} again after {i}");
            Assert.Equal((Errno.None, last), (_segments.Find(last.Id, out SharedSegment found), found));
        }
    }

    public void Dispose() => _engine.Dispose();

    private SharedSegment? New()
    {
        Errno error = _segments.Get(null!, IpcWords.Private, 4096, IpcGetFlags.Create,
            () => (SharedSegment.Make(_engine, _process, 0, 4096, FileModes.OwnerReadWrite, 1), Errno.None), out SharedSegment? made);
        Assert.Equal(error == Errno.None, made is not null);
        return made;
    }
}
