using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

//   member 0     member 1     …        tail
//  ├────────────┼────────────┼────────┼───────┤   pages of one file, which all processes map
/// <summary>A slow file that all threads map: each has pages of its own, and after them lie some that come and go.</summary>
internal sealed class ThreadsFile
{
    public const int PagesEach = 6, TailPages = 4, TagOffset = 32;
    private const int PageBytes = 4096;
    private const uint First = 0x7000_0000;

    private readonly GuestFile _file;
    private readonly Dictionary<UserProcess, int> _descriptors = [];
    private readonly int _memberCount;

    public ThreadsFile(PagingEngine engine, IReadOnlyList<UserProcess> processes, int memberCount, ulong seed)
    {
        _memberCount = memberCount;
        _file = engine.Files.CreateFile("late", new LateFile(ByteLength, new(seed, failsOneIn: 40)));
        foreach (UserProcess process in processes)
        {
            if (_file.Open(process, FileRights.ReadWrite, out int descriptor) != Errno.None) throw new InvariantException("open");
            _descriptors.Add(process, descriptor);
            Map(process, 0, (memberCount * PagesEach) + TailPages);
        }
    }

    private int ByteLength => ((_memberCount * PagesEach) + TailPages) * PageBytes;

    public VirtualAddress At(int owner, int page) => new(First + (uint)(((owner * PagesEach) + page) * PageBytes));

    public VirtualAddress Tail => At(_memberCount, 0);

    /// <summary>Takes a part of the mapping away, and makes it again.</summary>
    public int MapAgain(PagingEngine engine, UserProcess process, int owner, int page)
    {
        process.Memory.Unmap(At(owner, page), PageBytes);
        using EngineHold hold = engine.EnterSlowPath();
        Map(process, (owner * PagesEach) + page, 1);
        return 2;
    }

    /// <summary>Writes a page with a system call.</summary>
    public Errno Write(UserProcess process, int owner, int page, ReadOnlySpan<byte> bytes) =>
        process.FileDescriptors.Write(_descriptors[process], OffsetOf(owner, page), bytes, out int count) is var error
            && count == bytes.Length
            ? error : Errno.EIO;

    /// <summary>Makes a page zeros.</summary>
    public Errno Punch(UserProcess process, int owner, int page) =>
        process.FileDescriptors.Allocate(
            _descriptors[process], AllocationFlags.PunchHole | AllocationFlags.KeepSize, OffsetOf(owner, page), PageBytes);

    /// <summary>Writes all back, and drops what is not mapped: the next touch reads again.</summary>
    public void Drop(UserProcess process, int owner)
    {
        process.FileDescriptors.SynchronizeRange(_descriptors[process], OffsetOf(owner, 0), PagesEach * PageBytes,
            SyncRangeFlags.WaitBefore | SyncRangeFlags.Write | SyncRangeFlags.WaitAfter);
        process.Memory.Advise(At(owner, 0), PagesEach * PageBytes, MemoryAdvice.PageOut);
        process.FileDescriptors.Advise(_descriptors[process], OffsetOf(owner, 0), PagesEach * PageBytes, FileAdvice.DontNeed);
    }

    /// <summary>The tail goes and comes.</summary>
    public bool TryCut(UserProcess process) =>
        process.FileDescriptors.SetLength(_descriptors[process], ByteLength - (TailPages * PageBytes)) == Errno.None
        && process.FileDescriptors.SetLength(_descriptors[process], ByteLength) == Errno.None;

    private static long OffsetOf(int owner, int page) => (long)((owner * PagesEach) + page) * PageBytes;

    private void Map(UserProcess process, int firstPage, int pages)
    {
        Errno error;
        do
        {
            error = process.Memory.Map(At(0, firstPage), (uint)(pages * PageBytes), MemoryProtection.ReadWrite,
                MapFlags.Shared | MapFlags.Fixed, _descriptors[process], (ulong)firstPage * PageBytes, out _);
        }
        while (error == Errno.ENOMEM);
        if (error != Errno.None) throw new InvariantException($"mmap of a file: {error}");
    }
}
